"""Streams of three batches of the same ten rows."""

import itertools

import keras
import numpy as np
import pytest

X, Y = np.arange(20, dtype="float32").reshape(10, 2), np.arange(10) % 3
SIZES = [4, 4, 2]


class Batches(keras.utils.PyDataset):
    """Three batches; notes what is asked of it."""

    def __init__(self, endless=False):
        super().__init__()
        self.asked = []
        self.endless = endless

    @property
    def num_batches(self):
        return None if self.endless else 3

    def __getitem__(self, index):
        self.asked.append(index)
        part = slice(4 * (index % 3), 4 * (index % 3) + 4)
        return X[part], Y[part]

    def on_epoch_begin(self):
        self.asked.append("begin")

    def on_epoch_end(self):
        self.asked.append("end")


def generator(count=None):
    for index in itertools.count() if count is None else range(count):
        yield X[index % 5 :], Y[index % 5 :]


def dataset(y=Y, **shuffle):
    tf = pytest.importorskip("tensorflow")
    made = tf.data.Dataset.from_tensor_slices((X, y))
    return (made.shuffle(10, **shuffle) if shuffle else made).batch(4)


class Loader:
    """What every loader is: it has a length, and starts again each time it is iterated."""

    def __len__(self):
        return 3

    def __iter__(self):
        return ([X[start : start + 4], Y[start : start + 4]] for start in (0, 4, 8))


def torch_loader():
    import torch

    pairs = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(Y))
    return torch.utils.data.DataLoader(pairs, batch_size=4)


def first(data, count, start=0):
    return list(itertools.islice(data.batches(start), count))
