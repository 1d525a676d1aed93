import keras
import numpy as np
import pandas
import pytest

from keras_mtl import Head
from keras_mtl.batches.arrays import ArrayData
from keras_mtl.batches.factory import joint_data, task_data
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.errors import InvalidFeatures, InvalidTaskData, TaskNotFound

X, Y = np.arange(20, dtype="float32").reshape(10, 2), np.arange(10) % 3
HEADS = {"sex": Head(3), "hair": Head(1, "regression")}
LABELS = {"sex": Y, "hair": Y / 2}


@pytest.mark.parametrize(
    "data",
    [
        (X, Y),
        (X, Y, None),
        (X.tolist(), Y.tolist()),
        (pandas.DataFrame(X), pandas.Series(Y, index=range(5, 15))),
        (keras.ops.array(X), keras.ops.array(Y)),
    ],
)
def test_arrays_of_any_kind(data):
    inputs = ModelInputs(keras.Input((2,)))
    made = task_data("sex", data, head=Head(3), inputs=inputs, batch_size=10, shuffle=False)
    assert isinstance(made, ArrayData)
    batch = next(made.batches())
    np.testing.assert_array_equal(batch.x, X)
    np.testing.assert_array_equal(batch.y, Y)
    assert batch.sample_weight is batch.mask is None


def test_weights_in_the_tuple_and_beside_it():
    for data, weights in [((X, Y, Y), None), ((X, Y), Y), ((X, Y, None), Y)]:
        made = task_data("sex", data, sample_weight=weights)
        np.testing.assert_array_equal(made.whole.sample_weight, Y)
    with pytest.raises(InvalidTaskData, match="given twice"):
        task_data("sex", (X, Y, Y), sample_weight=Y)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((X[:0], Y[:0]), "`sex` are empty"),
        ((X, Y[:9]), r"same number of rows.*'x': \[10\], 'y': \[9\]"),
        ((X, Y, Y[:9]), r"'sample_weight': \[9\]"),
        ((X,), r"`\(x, y\)` or .*Received: 1 values"),
        ((X, None), "no labels"),
        ((X, Y, np.full(10, np.nan)), "finite numbers"),
        ((X, Y, X), r"one for each sample. Received: float32, shape \(10, 2\)"),
        ((X, np.full(10, -1)), "No row has a label for `sex`"),
        ([X, Y], r"must be a tuple `\(x, y\)`.*Received: `list`"),
        ({"x": X, "y": Y}, "Received: `dict`"),
        (X, "Received: `ndarray`"),
        (5, "Received: `int`"),
        (None, "Received: `NoneType`"),
    ],
)
def test_data_that_cannot_be_trained_on_are_refused(data, message):
    with pytest.raises(InvalidTaskData, match=message):
        task_data("sex", data, head=Head(3))


@pytest.mark.parametrize("size", [0, -1, 2.0, True])
def test_a_batch_size_is_positive(size):
    with pytest.raises(ValueError, match="`batch_size`"):
        task_data("sex", (X, Y), batch_size=size)


def test_inputs_are_those_of_the_model():
    inputs = ModelInputs(keras.Input((2,), name="image"))
    assert task_data("sex", ({"image": X}, Y), inputs=inputs).whole.x is X
    with pytest.raises(InvalidFeatures, match="`x` of `sex` does not fit"):
        task_data("sex", (X[:, :1], Y), inputs=inputs)


# Joint data


def test_joint_data_have_dicts_of_labels():
    made = joint_data((X, LABELS), HEADS, batch_size=4)
    assert made.name == "sex, hair"
    for batch in made.one_pass():
        np.testing.assert_array_equal(batch.y["sex"], batch.x[:, 0] // 2 % 3)
        np.testing.assert_array_equal(batch.y["hair"], batch.y["sex"] / 2)
        assert batch.sample_weight == batch.mask == {"sex": None, "hair": None}


def test_joint_labels_may_be_missing_for_some_tasks():
    hair = np.where(Y == 1, np.nan, Y)
    sex = np.where(Y == 2, -1, Y)
    made = joint_data((X, {"hair": hair, "sex": sex}), HEADS, masks={"hair": Y > 0})
    assert list(made.whole.y) == ["sex", "hair"]
    np.testing.assert_array_equal(made.whole.mask["hair"], Y == 2)
    np.testing.assert_array_equal(made.whole.mask["sex"], Y < 2)
    made = joint_data((X, LABELS), HEADS, masks={"hair": Y > 0})
    assert made.whole.mask["sex"] is None


def test_joint_weights_are_for_all_tasks_or_for_each():
    for_all = joint_data((X, LABELS, Y), HEADS).whole.sample_weight
    np.testing.assert_array_equal(for_all["sex"], Y)
    np.testing.assert_array_equal(for_all["hair"], Y)
    for_one = joint_data((X, LABELS), HEADS, sample_weight={"hair": Y}).whole.sample_weight
    assert for_one["sex"] is None
    np.testing.assert_array_equal(for_one["hair"], Y)


@pytest.mark.parametrize(
    ("labels", "options", "error", "message"),
    [
        (Y, {}, InvalidTaskData, r"must be a dict by the tasks' names, \['sex', 'hair'\]"),
        ({"sex": Y}, {}, InvalidTaskData, "lack the task 'hair'"),
        ({**LABELS, "hari": Y}, {}, TaskNotFound, "Did you mean 'hair'"),
        (LABELS, {"masks": {"hari": Y > 0}}, TaskNotFound, "masks.*Did you mean 'hair'"),
        (LABELS, {"sample_weight": {"six": Y}}, TaskNotFound, "weights.*Did you mean 'sex'"),
        ({**LABELS, "sex": Y[:9]}, {}, InvalidTaskData, r"'y': \[9, 10\]"),
        ({**LABELS, "hair": Y * np.nan}, {}, InvalidTaskData, "No row has a label for `hair`"),
    ],
)
def test_joint_data_that_do_not_fit_are_refused(labels, options, error, message):
    with pytest.raises(error, match=message):
        joint_data((X, labels), HEADS, **options)
