"""A check of labels leaves everything else about a stream as it is."""

import pickle

import numpy as np
import pytest

from _streams import Batches
from keras_mtl import Head
from keras_mtl.batches.label_check import CheckedPyDataset, LabelCheck, has_labels
from keras_mtl.errors import InvalidLabels
from keras_mtl.heads.labels import LabelRule

CHECK = LabelCheck(LabelRule.of(Head(2)))
X, Y = np.zeros((3, 2)), np.array([0, 1, 5])


def test_batches_that_fit_come_back_as_they_are():
    batch = (X, Y % 2)
    assert CHECK.batch(batch) is batch
    for other in (X, (X,), (X, None), (X, {"a": Y}), {"x": X}, (X, Y, X, X)):
        assert not has_labels(other)
        assert CHECK.batch(other) is other


@pytest.mark.parametrize("batch", [(X, Y), [X, Y], (X, Y, np.ones(3))])
def test_labels_that_do_not_fit_are_refused(batch):
    with pytest.raises(InvalidLabels, match="`y` holds the class 5"):
        CHECK.batch(batch)


def test_a_check_can_be_handed_to_other_processes():
    copy = pickle.loads(pickle.dumps(CHECK))
    with pytest.raises(InvalidLabels, match="`y` holds the class 5"):
        copy.batch((X, Y))


@pytest.mark.parametrize("endless", [False, True])
def test_the_hooks_and_the_length_of_a_data_set_stay_its_own(endless):
    data = Batches(endless=endless)
    checked = CheckedPyDataset(data, LabelCheck(LabelRule.of(Head(3))))
    checked.on_epoch_begin()
    checked[1]
    checked.on_epoch_end()
    assert data.asked == ["begin", 1, "end"]
    assert checked.num_batches == data.num_batches and checked.workers == data.workers
