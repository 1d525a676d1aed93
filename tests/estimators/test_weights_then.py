import keras

from keras_mtl.estimators.weights_then import WeightsThen


def test_a_change_of_any_weight_or_statistic_is_noticed():
    normalization = keras.layers.BatchNormalization()
    inner = keras.Sequential([keras.Input((2,)), normalization])
    then = WeightsThen(keras.Sequential([keras.Input((2,)), inner]).layers)
    assert then.are_unchanged()
    normalization.moving_mean.assign([1.0, 0.0])
    assert not then.are_unchanged()
    normalization.moving_mean.assign([0.0, 0.0])
    assert then.are_unchanged()
