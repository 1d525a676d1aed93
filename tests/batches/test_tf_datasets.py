import keras
import numpy as np
import pytest

from _streams import SIZES, Y, dataset, first
from keras_mtl import Head
from keras_mtl.batches.factory import joint_data, task_data
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.errors import InvalidFeatures, InvalidLabels, InvalidTaskData, TaskNotFound


def test_a_shuffled_dataset_is_replayed_by_a_new_process():
    """Simulated by a new dataset: each one draws its orders anew from its seed."""
    whole = first(task_data("sex", dataset(seed=1)), 9)
    for start in (2, 3, 7):
        again = first(task_data("sex", dataset(seed=1)), 9 - start, start)
        for batch, same in zip(again, whole[start:], strict=True):
            np.testing.assert_array_equal(batch.x, same.x)


def test_a_dataset_of_unknown_length():
    made = dataset().filter(lambda x, y: True)
    data = task_data("sex", made)
    assert data.num_batches is None
    assert [len(batch.y) for batch in first(data, 5)] == [*SIZES, 4, 4]
    assert task_data("sex", dataset().repeat()).num_batches is None


def test_an_empty_dataset_is_refused():
    with pytest.raises(InvalidTaskData, match="`sex` are empty"):
        task_data("sex", dataset().take(0))
    data = task_data("sex", dataset().filter(lambda x, y: False))
    with pytest.raises(InvalidTaskData, match="`sex` gave no batch"):
        data.open()


def test_a_dataset_is_checked_before_it_is_read():
    inputs = ModelInputs(keras.Input((5,), name="image"))
    with pytest.raises(InvalidFeatures, match=r"Received: \(None, 2\)"):
        task_data("sex", dataset(), inputs=inputs)
    inputs = ModelInputs(keras.Input((2,), name="image"))
    with pytest.raises(InvalidFeatures, match=r"add `\.batch\(32\)`"):
        task_data("sex", dataset().unbatch(), inputs=inputs)
    with pytest.raises(InvalidTaskData, match=r"must give `\(x, y\)`"):
        task_data("sex", dataset().map(lambda x, y: x))
    with pytest.raises(InvalidTaskData, match="as_supervised=True"):
        task_data("sex", dataset().map(lambda x, y: {"image": x, "label": y}))


@pytest.mark.parametrize(
    ("y", "head", "message"),
    [
        (np.eye(3)[Y], Head(3), r"labels of `sex` do not fit its head: .*argmax"),
        (np.eye(3)[Y], Head(2, "multilabel"), "needs"),
        (np.array(list("abcabcabca")), None, "must be real numbers"),
    ],
)
def test_labels_of_a_dataset_are_checked_before_it_is_read(y, head, message):
    with pytest.raises(InvalidLabels, match=message):
        task_data("sex", dataset(y), head=head)


def test_weights_of_a_dataset_are_checked_before_it_is_read():
    column = dataset(Y).map(lambda x, y: (x, y, y[:, None]))
    with pytest.raises(InvalidTaskData, match="one for each sample"):
        task_data("sex", column)
    misnamed = dataset({"sex": Y}).map(lambda x, y: (x, y, {"sax": y["sex"]}))
    with pytest.raises(TaskNotFound, match="Did you mean 'sex'"):
        joint_data(misnamed, {"sex": None})
    joint_data(dataset({"sex": Y}).map(lambda x, y: (x, y, None)), {"sex": None})


def test_joint_labels_of_a_dataset_are_checked_before_it_is_read():
    heads = {"sex": Head(3), "hair": Head(2)}
    with pytest.raises(InvalidTaskData, match="lack the task 'hair'"):
        joint_data(dataset({"sex": Y}), heads)
    with pytest.raises(InvalidLabels, match="labels of `hair` do not fit"):
        joint_data(dataset({"sex": Y, "hair": np.eye(2)[Y % 2]}), heads)


def test_missing_labels_in_batches():
    gaps = np.where(Y == 0, np.nan, Y)
    data = task_data("sex", dataset(gaps), head=Head(3))
    labels = np.concatenate([batch.y for batch in first(data, 3)])
    masks = np.concatenate([batch.mask for batch in first(data, 3)])
    np.testing.assert_array_equal(masks, Y != 0)
    np.testing.assert_array_equal(labels, Y)
    assert labels.dtype == np.int32


def test_a_batch_without_any_label_is_taken():
    data = task_data("sex", dataset(np.where(np.arange(10) < 4, -1, Y)), head=Head(3))
    masks = [batch.mask for batch in first(data, 3)]
    assert not masks[0].any()
    assert masks[1] is masks[2] is None
