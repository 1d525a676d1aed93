import keras
import numpy as np

import _models as models
from _fitting import inputs, trained, with_dense_layer
from _models import VARIED, zoo
from _watching import as_numpy, same_bits
from keras_mtl.caching.model_parts import StaticPart, TrainedPart
from keras_mtl.caching.static_split import split_model
from keras_mtl.transferring import transfer


@zoo(without=["strings"], fast=VARIED)
def test_both_parts_one_after_the_other_are_the_model(build):
    base = models.randomised(build())
    model = with_dense_layer(transfer(base, 0))
    split = split_model(model)
    batch = models.random_batch(base)
    features = StaticPart(model, split)(batch)
    expected = keras.tree.flatten(model(batch, training=False))
    given = keras.tree.flatten(TrainedPart(model, split)(features, training=False))
    assert same_bits(expected, given)


def test_the_parts_hold_the_variables_of_the_model_in_its_order():
    model = transfer(trained(), 1, freeze="first", head=3, batchnorm="train")
    part = TrainedPart(model, split_model(model))
    for name in ("variables", "trainable_variables", "non_trainable_variables", "metrics"):
        assert list(map(id, getattr(part, name))) == list(map(id, getattr(model, name)))


def test_the_mask_is_part_of_the_features():
    model = with_dense_layer(transfer(models.masked_lstm(), "steps"))
    tokens = np.array([[1, 2, 0, 0, 0]])
    features = StaticPart(model, split_model(model))(tokens)
    np.testing.assert_array_equal(as_numpy(features["mask"]), tokens > 0)
    plain = transfer(trained(), 1, head=3)
    assert list(StaticPart(plain, split_model(plain))(inputs())) == ["features"]


def test_augmentation_draws_only_where_it_is_told_to():
    flip = keras.layers.GaussianNoise(1.0)
    frozen = keras.layers.Dense(3, trainable=False)
    model = keras.Sequential([keras.Input((6,)), flip, frozen, keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    split = split_model(model, views=2)
    quiet, drawing = StaticPart(model, split), StaticPart(model, split, augments=True)
    assert same_bits(quiet(inputs()), quiet(inputs()))
    assert not same_bits(drawing(inputs()), drawing(inputs()))
