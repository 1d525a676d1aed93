import numpy as np
import pandas
import pytest

from keras_mtl.batches.reading import OneTask, SeveralTasks
from keras_mtl.errors import InvalidTaskData

X, Y = np.ones((4, 2), "float32"), np.arange(4)


def test_one_task_and_several():
    one = OneTask("sex").read((X, Y, Y))
    assert one.x is X
    assert one.y.tolist() == one.sample_weight.tolist() == [0, 1, 2, 3]
    several = SeveralTasks({"sex": None, "hair": None})
    for labels in ({"sex": Y, "hair": -Y}, pandas.DataFrame({"hair": -Y, "sex": Y})):
        both = several.read([X, labels])
        assert list(both.y) == ["sex", "hair"]
        assert both.y["hair"].tolist() == [0, -1, -2, -3]


def test_labels_of_several_tasks_are_a_dict():
    several = SeveralTasks({"sex": None, "hair": None})
    with pytest.raises(InvalidTaskData, match=r"must be a dict.*Received: `ndarray`\.$"):
        several.read((X, Y))
    with pytest.raises(InvalidTaskData, match=r"Received: `tuple`.*a dict of data sets"):
        several.read(((X, Y), (X, Y)))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (X, r"`\(x, y\)` or .*Received: `ndarray`"),
        ({"image": X}, "Received: `dict`.*as_supervised=True"),
        ((X,), "Received: 1 values"),
        ((X, None), "no labels"),
        ((X, Y[:3]), "same number of rows in all parts"),
        ((X[:0], Y[:0]), "there is no row"),
    ],
)
def test_what_is_no_batch_is_refused(values, message):
    with pytest.raises(InvalidTaskData, match=message):
        OneTask("sex").read(values)
