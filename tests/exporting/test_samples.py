"""Drawn samples fit the inputs, and reach what the model does with them."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_mtl.exporting.checked_source import checked_source
from keras_mtl.exporting.samples import ROWS, sample_that_runs


def drawn(model, preprocess=None):
    source = checked_source(model, preprocess, None)
    sample, _ = sample_that_runs(source.served, source.expected)
    return sample


def test_integers_are_within_the_table_that_they_are_looked_up_in():
    tokens = keras.Input((30,), dtype="int32", name="tokens")
    x = layers.GlobalAveragePooling1D()(layers.Embedding(7, 2)(tokens))
    sample = drawn(keras.Model(tokens, x))["tokens"]
    assert sample.dtype == np.int32 and set(sample.ravel()) == set(range(7))


def test_open_sizes_are_large_enough_for_the_model():
    image = keras.Input((None, None, 3), name="image")
    x = layers.Conv2D(2, 60)(image)
    sample = drawn(keras.Model(image, layers.GlobalAveragePooling2D()(x)))
    assert sample["image"].shape == (ROWS, 128, 128, 3)


def test_pictures_of_another_size_are_drawn_where_they_are_resized():
    image = keras.Input((8, 8, 3), name="image")
    model = keras.Model(image, layers.Flatten()(image))
    sample = drawn(model, ["resize", "scale"])["image"]
    assert sample.shape[1:3] != (8, 8) and 200 < sample.max() < 256


def test_a_model_that_takes_none_is_told_so():
    class Picky(layers.Layer):
        def call(self, x):
            raise ValueError("never satisfied")

        def compute_output_shape(self, shape):
            return shape

    model = keras.Sequential([keras.Input((3,)), Picky()])
    with pytest.raises(ValueError, match=r"give some as `sample`.*never satisfied"):
        drawn(model)
