import numpy as np
import pytest

from _streams import SIZES, Batches, Loader, X, Y, dataset, first, generator, torch_loader
from keras_mtl import Head
from keras_mtl.batches.factory import joint_data, task_data
from keras_mtl.batches.loaders import LoaderData
from keras_mtl.batches.pydatasets import PyDatasetData
from keras_mtl.batches.tf_datasets import TfDatasetData
from keras_mtl.errors import InvalidTaskData


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
