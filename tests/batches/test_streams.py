"""Data that come in batches: `tf.data`, `PyDataset`, generators and loaders."""

import itertools

import keras
import numpy as np
import pytest

from keras_mtl import Head
from keras_mtl.batches.batch_inputs import Inputs
from keras_mtl.batches.factory import joint_data, task_data
from keras_mtl.batches.generators import GeneratorData
from keras_mtl.batches.pydatasets import PyDatasetData
from keras_mtl.batches.streams import LoaderData, TfDatasetData
from keras_mtl.errors import (
    DataEnded,
    InvalidFeatures,
    InvalidLabels,
    InvalidTaskData,
    TaskNotFound,
)

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


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        pytest.param(Batches, PyDatasetData, id="pydataset"),
        pytest.param(dataset, TfDatasetData, id="tf.data"),
        pytest.param(Loader, LoaderData, id="loader"),
        pytest.param(
            torch_loader,
            LoaderData,
            id="torch",
            marks=pytest.mark.backend("torch", reason="importing torch takes seconds"),
        ),
    ],
)
def test_streams_start_again(make, kind):
    data = task_data("sex", make(), head=Head(3), shuffle=False)
    assert isinstance(data, kind)
    assert data.num_batches == 3
    batches = first(data, 7)
    assert [len(batch.y) for batch in batches] == [*SIZES, *SIZES, 4]
    for batch in batches:
        assert isinstance(batch.x, np.ndarray)
        assert isinstance(batch.y, np.ndarray)
        np.testing.assert_array_equal(batch.x[:, 0] // 2 % 3, batch.y)
    later = first(data, 3, start=4)
    for batch, same in zip(later, batches[4:], strict=True):
        np.testing.assert_array_equal(batch.x, same.x)
    assert [len(batch.y) for batch in data.one_pass()] == SIZES


@pytest.mark.parametrize("make", [Batches, dataset, Loader], ids=["pydataset", "tf.data", "loader"])
def test_fingerprints_of_streams(make):
    own = task_data("sex", make()).fingerprint()
    assert own == task_data("sex", make()).fingerprint()
    assert own != task_data("hair", make()).fingerprint()


# tf.data


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
    inputs = Inputs(keras.Input((5,), name="image"))
    with pytest.raises(InvalidFeatures, match=r"have the shape \(None, 2\)"):
        task_data("sex", dataset(), inputs=inputs)
    inputs = Inputs(keras.Input((2,), name="image"))
    with pytest.raises(InvalidFeatures, match="One sample is no batch"):
        task_data("sex", dataset().unbatch(), inputs=inputs)
    with pytest.raises(InvalidTaskData, match=r"must give `\(x, y\)`"):
        task_data("sex", dataset().map(lambda x, y: x))


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


# PyDataset


def test_batches_of_a_pydataset_are_shuffled_for_each_pass():
    source = Batches()
    first(task_data("sex", source), 13)
    passes = [source.asked[start : start + 5] for start in (0, 5, 10, 15)]
    for asked in passes:
        assert asked[0] == "begin"
        assert asked[-1] == "end"
        assert sorted(asked[1:-1]) == [0, 1, 2]
    assert len({tuple(asked) for asked in passes}) > 1


def test_a_pydataset_goes_on_without_reading_what_was_read():
    whole, later = Batches(), Batches()
    first(task_data("sex", whole), 11)
    first(task_data("sex", later), 4, start=7)
    assert later.asked[:4] == ["begin", "end", "begin", "end"]
    assert later.asked[5:] == whole.asked[12:]


def test_an_endless_pydataset():
    source = Batches(endless=True)
    data = task_data("sex", source)
    assert data.num_batches is None
    first(data, 3, start=5)
    assert source.asked == ["begin", 5, 6, 7]


# Generators


def test_a_generator_gives_its_batches():
    data = task_data("sex", generator(), head=Head(3))
    assert isinstance(data, GeneratorData)
    assert data.num_batches is None
    assert [len(batch.y) for batch in first(data, 7)] == [10, 9, 8, 7, 6, 10, 9]


def test_a_generator_that_ends_early_is_named():
    data = task_data("sex", generator(3))
    with pytest.raises(DataEnded, match="generator for `sex` ended after 3 batches"):
        first(data, 4)


def test_a_pass_over_a_generator_ends_with_it():
    assert len(list(task_data("sex", generator(3)).one_pass())) == 3


@pytest.mark.parametrize("error", [RuntimeError("disk"), OSError("disk"), KeyError("disk")])
def test_the_errors_of_a_generator_are_its_own(error):
    def failing():
        yield X, Y
        raise error

    with pytest.raises(type(error)) as caught:
        first(task_data("sex", failing()), 2)
    assert caught.value is error


def test_a_generator_cannot_be_resumed():
    data = task_data("sex", generator())
    with pytest.raises(InvalidTaskData, match=r"`sex` are a generator.*cannot be resumed"):
        data.check_resumable()
    task_data("sex", (X, Y)).check_resumable()
    task_data("sex", Batches()).check_resumable()


def test_a_generator_goes_on_wherever_training_is():
    batches = task_data("sex", generator(3)).batches(5)
    assert len(list(itertools.islice(batches, 3))) == 3


# All of them


def test_opening_shows_what_is_wrong_with_the_first_batch():
    data = task_data("sex", iter([(X, Y[:3])]))
    with pytest.raises(InvalidTaskData, match="same number of rows"):
        data.open()
    opened = task_data("sex", generator()).open()
    assert [len(next(opened).y) for _ in range(3)] == [10, 9, 8]


@pytest.mark.parametrize("make", [Batches, generator, dataset])
def test_what_is_for_arrays_is_refused(make):
    with pytest.raises(InvalidTaskData, match=r"`sample_weight` is for arrays.*sample_weight\)`"):
        task_data("sex", make(), sample_weight=Y)
    with pytest.raises(InvalidTaskData, match=r"`mask` is for arrays.*NaN"):
        task_data("sex", make(), mask=Y > 0)


def test_joint_labels_come_in_batches_too():
    heads = {"sex": Head(3), "hair": Head(1, "regression")}
    hair = np.where(Y == 0, np.nan, Y).astype("float32")
    batches = first(joint_data(dataset({"sex": Y, "hair": hair}), heads), 3)
    for batch in batches:
        assert batch.mask["sex"] is None
        np.testing.assert_array_equal(batch.mask["hair"], batch.y["sex"] != 0)
