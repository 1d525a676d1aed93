import numpy as np
import pytest

from keras_mtl.errors import InvalidFeatures, InvalidLabels, TaskNotFound
from keras_mtl.explaining.labelled_batches import (
    check_count,
    labelled_batches,
    labels_of_task,
    recognised,
)

X, Y = np.ones((4, 3)), np.arange(4)


def test_batches_come_in_their_order():
    source = recognised(((X[i : i + 2], Y[i : i + 2], X[0]) for i in (0, 2)), None)
    assert [y.tolist() for _, y in labelled_batches(source, None)] == [[0, 1], [2, 3]]


def test_labels_of_one_task():
    labels = {"sex": Y, "hair": Y + 1}
    assert labels_of_task(labels, "hair")[0] == 1 and labels_of_task(Y, None) is Y
    with pytest.raises(InvalidLabels, match="name one by `task`"):
        labels_of_task(labels, None)
    with pytest.raises(TaskNotFound, match="Did you mean 'hair'"):
        labels_of_task(labels, "hiar")


def test_data_without_labels():
    with pytest.raises(InvalidLabels, match=r"`y` is missing.*explain\(model, \*data\)"):
        recognised((X, Y), None)
    with pytest.raises(ValueError, match="`y` goes with arrays"):
        recognised(iter([X]), Y)
    with pytest.raises(InvalidLabels, match="whose batches have no labels"):
        list(labelled_batches(recognised(iter([X]), None), None))
    with pytest.raises(InvalidFeatures, match="gives no batches"):
        list(labelled_batches(recognised(iter([]), None), None))
    with pytest.raises(InvalidLabels, match="4 labels and 5 rows"):
        check_count(5, Y)
    with pytest.raises(InvalidLabels, match="Received: 3"):
        check_count(5, 3)
