import keras
from keras import layers

from keras_mtl.jobs.custom_objects import custom_classes, make_known


class Doubled(layers.Layer):
    """Known to Keras by the model only."""

    def call(self, inputs):
        return 2 * inputs


def test_layers_of_the_user_are_found_and_made_known():
    inner = keras.Sequential([keras.Input((4,)), Doubled()])
    model = keras.Sequential([keras.Input((4,)), layers.Dense(4), inner])
    assert custom_classes(model) == {"Doubled": Doubled}
    config = model.get_config()
    make_known(custom_classes(model))
    try:
        again = keras.Sequential.from_config(config)
        make_known({"Doubled": layers.Dense})
        assert keras.saving.get_registered_object("Doubled") is Doubled
    finally:
        del keras.saving.get_custom_objects()["Doubled"]
    assert isinstance(again.layers[-1].layers[-1], Doubled)
