import keras
import numpy as np
import pandas
import pytest

from keras_mtl.batches.batch_inputs import Inputs
from keras_mtl.errors import InvalidFeatures, InvalidTaskData

A, B = np.zeros((4, 3), dtype="float32"), np.ones((4, 2, 2), dtype="float32")


def one(*shape, **options):
    return Inputs(keras.Input(shape, name="image", **options))


def two(kind):
    a, b = keras.Input((3,), name="a"), keras.Input((2, None), name="b")
    return Inputs({"list": [b, a], "dict": {"z": a, "y": b}}[kind])


def test_one_array_is_taken_as_it_is():
    assert one(3).read(A, "sex") is A
    assert one(3).read({"image": A}, "sex") is A
    assert one(None).read(A, "sex") is A


@pytest.mark.parametrize("x", [[B, A], (B, A), {"a": A, "b": B}])
def test_several_inputs_come_in_the_order_of_the_list(x):
    read = two("list").read(x, "sex")
    assert read[0] is B
    assert read[1] is A


@pytest.mark.parametrize("x", [{"y": B, "z": A}, {"z": A, "y": B}, {"a": A, "b": B}])
def test_several_inputs_come_under_the_keys_of_the_dict(x):
    read = two("dict").read(x, "sex")
    assert read["y"] is B
    assert read["z"] is A


@pytest.mark.filterwarnings("ignore:When providing `inputs` as a dict")
@pytest.mark.parametrize("kind", ["list", "dict"])
def test_the_model_takes_what_was_read(kind):
    inputs = two(kind)
    flat = keras.layers.Flatten()
    a = next(t for t in inputs.tensors if t.name == "a")
    model = keras.Model(inputs.structure, flat(a))
    assert model(inputs.read({"a": A, "b": B}, "sex")).shape == (4, 3)


def test_frames_and_tensors_become_arrays():
    for x in (pandas.DataFrame(A), keras.ops.array(A), A.tolist(), A.astype("float64")):
        read = one(3).read(x, "sex")
        assert isinstance(read, np.ndarray)
        assert read.dtype == np.float32


def test_a_last_dimension_of_one_is_added_or_dropped():
    images = np.zeros((4, 8, 8), dtype="uint8")
    assert one(8, 8, 1).read(images, "sex").shape == (4, 8, 8, 1)
    assert one(8, 8).read(images[..., None], "sex").shape == (4, 8, 8)
    assert one(1).read(images[:, 0, 0], "sex").shape == (4, 1)


@pytest.mark.parametrize(
    ("inputs", "x", "message"),
    [
        (one(5), A, r"`image` of `sex` have the shape \(4, 3\); the model takes \(None, 5\)"),
        (one(3), A[0], "One sample is no batch"),
        (one(3), np.array([["a"] * 3]), "dtype <U1; the model takes float32"),
        (one(3), pandas.DataFrame({"a": [1], "b": ["x"], "c": [2]}), "dtype object"),
        (one(3), {"picture": A}, r"named \['picture'\]; the model's are \['image'\]"),
        (two("list"), A, r"inputs \['b', 'a'\]; .* Received: ndarray"),
        (two("list"), [A], "Received: 1 arrays"),
        (two("list"), [A, B], "the model takes"),
        (two("dict"), {"z": A}, r"the model's are \['y', 'z'\]"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(inputs, x, message):
    with pytest.raises(InvalidFeatures, match=message):
        inputs.read(x, "sex")


@pytest.mark.parametrize(
    ("inputs", "x", "message"),
    [
        (two("list"), [B, A[:3]], r"same number of rows.*\{'b': 4, 'a': 3\}"),
        (one(3), 5, "one row for each sample. Received: 5"),
        (one(3), [[1], [2, 3]], "no array of numbers"),
    ],
)
def test_inputs_that_are_no_data_are_refused(inputs, x, message):
    with pytest.raises(InvalidTaskData, match=message):
        inputs.read(x, "sex")
