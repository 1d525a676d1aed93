import keras

from _models import VARIED, random_batch, randomised, zoo
from _watching import as_numpy, assert_close, rounding_of, unchanged
from keras_mtl.surgery.whole_copy import whole_copy


@zoo(fast=VARIED[:4])
def test_a_copy_computes_the_same_and_shares_nothing(build):
    """Its flags are those of the model, layer by layer; so is how it is compiled."""
    model = randomised(build())
    model.layers[-2].trainable = False
    batch = random_batch(model)
    model.compile(keras.optimizers.SGD(0.3), "mse")
    with unchanged(model):
        copy = whole_copy(model)
        flags = [weight.trainable for weight in copy.weights]
        for weight in copy.weights:
            weight.assign(weight * 1)
        outputs = copy(batch, training=False)
        for weight in copy.weights:
            weight.assign(weight * 0)
    assert_close(outputs, model(batch, training=False), rounding_of(model))
    assert flags == [weight.trainable for weight in model.weights]
    assert abs(float(as_numpy(copy.optimizer.learning_rate)) - 0.3) < 1e-6
    assert not whole_copy(model, compiled=False).compiled
