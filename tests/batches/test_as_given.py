"""Data of one task as `fit` takes them."""

import keras
import numpy as np

from keras_mtl.batches.as_given import AsGiven, RowsInOrderOfFit
from keras_mtl.batches.batch import Batch

X, Y = np.arange(40, dtype="float32").reshape(20, 2), np.arange(20)


def test_labels_stay_as_they_are():
    labels = np.array([[np.nan], [-1.0], [0.3]])
    batch = AsGiven("head").read((X[:3], labels, np.ones((3, 1))))
    assert batch.mask is None and batch.y.shape == (3, 1) and batch.sample_weight.shape == (3, 1)
    np.testing.assert_array_equal(batch.y, labels.astype("float32"))


def test_each_pass_is_shuffled_as_fit_shuffles_it():
    def orders(**options):
        keras.utils.set_random_seed(0)
        data = RowsInOrderOfFit("head", Batch(X, Y), batch_size=6, **options)
        # The number of a pass does not matter: a run may begin with a later one.
        return [data.order(number).tolist() for number in (3, 4)]

    assert all(sorted(order) == list(range(20)) for order in orders())
    if keras.backend.backend() != "tensorflow":  # There each pass has the same order, see Keras.
        assert orders(peeked=True)[0] == orders()[1]
