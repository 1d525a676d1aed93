"""The random generators of a data set are found wherever a data set has them."""

import random

import keras
import numpy as np
import pytest

from keras_mtl.batches.own_generators import own_generators

RNG = np.random.default_rng(0)


class Data(keras.utils.PyDataset):
    def __init__(self, **attributes):
        super().__init__()
        self.x = np.zeros(3)
        self.names = ["a"] * 10**6
        self.numpy, self.python = np.random, random  # the modules
        vars(self).update(attributes)

    def __len__(self):
        return 1

    def __getitem__(self, index):
        return np.random.normal(size=3), random.random()


class OfItsClass(Data):
    draws = np.random.RandomState(0)


class OfItsFile(Data):
    def __getitem__(self, index):
        return RNG.normal(size=3)


class Augmenter:
    def __init__(self):
        self.parts = {"noise": np.random.default_rng(0)}


class Generator:  # As a user may call what makes data, and as torch calls its random generator.
    pass


def of_a_function():
    generator = random.Random(0)

    class Enclosed(Data):
        def __getitem__(self, index):
            return generator.random()

    return Enclosed()


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (Data(), []),
        (Data(shared=np.random.random_sample.__self__, other=random.seed.__self__), []),
        (Data(rng=np.random.default_rng(0)), ["rng"]),
        (Data(rng=np.random.RandomState(0), other=random.Random(0)), ["other", "rng"]),
        (Data(seeds=keras.random.SeedGenerator(0)), ["seeds"]),
        (Data(augment=Augmenter()), ["augment"]),
        (Data(layers=[keras.layers.RandomFlip(), keras.layers.Dense(1)]), ["layers"]),
        (Data(layer=keras.layers.Dense(1)), []),
        (Data(maker=Generator()), []),
        (OfItsClass(), ["draws"]),
        (OfItsFile(), ["RNG"]),
        (of_a_function(), ["generator"]),
    ],
)
def test_generators_of_its_own(data, names):
    assert own_generators(data) == names
