import keras
import numpy as np
import pandas
import pytest

from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.errors import InvalidFeatures, InvalidTaskData

A, B = np.zeros((4, 3), dtype="float32"), np.ones((4, 2, 2), dtype="float32")


def one(*shape, **options):
    return ModelInputs(keras.Input(shape, name="image", **options))


def two(kind):
    a, b = keras.Input((3,), name="a"), keras.Input((2, None), name="b")
    return ModelInputs({"list": [b, a], "dict": {"z": a, "y": b}}[kind])


def test_one_array_is_taken_as_it_is():
    assert one(3).read(A, "`x`") is A
    assert one(3).read({"image": A}, "`x`") is A
    assert one(None).read(A, "`x`") is A


@pytest.mark.parametrize("x", [[B, A], (B, A), {"a": A, "b": B}])
def test_several_inputs_come_in_the_order_of_the_list(x):
    read = two("list").read(x, "`x`")
    assert read[0] is B
    assert read[1] is A


@pytest.mark.parametrize("x", [{"y": B, "z": A}, {"z": A, "y": B}, {"a": A, "b": B}])
def test_several_inputs_come_under_the_keys_of_the_dict(x):
    read = two("dict").read(x, "`x`")
    assert read["y"] is B
    assert read["z"] is A


@pytest.mark.filterwarnings("ignore:When providing `inputs` as a dict")
@pytest.mark.parametrize("kind", ["list", "dict"])
def test_the_model_takes_what_was_read(kind):
    inputs = two(kind)
    flat = keras.layers.Flatten()
    a = next(t for t in inputs.tensors if t.name == "a")
    model = keras.Model(inputs.structure, flat(a))
    assert model(inputs.read({"a": A, "b": B}, "`x`")).shape == (4, 3)


def test_frames_and_tensors_become_arrays():
    for x in (pandas.DataFrame(A), keras.ops.array(A), A.tolist(), A.astype("float64")):
        read = one(3).read(x, "`x`")
        assert isinstance(read, np.ndarray)
        assert read.dtype == np.float32


def test_a_last_dimension_of_one_is_added_or_dropped():
    images = np.zeros((4, 8, 8), dtype="uint8")
    assert one(8, 8, 1).read(images, "`x`").shape == (4, 8, 8, 1)
    assert one(8, 8).read(images[..., None], "`x`").shape == (4, 8, 8)
    assert one(1).read(images[:, 0, 0], "`x`").shape == (4, 1)


def test_what_is_there_beside_the_inputs_is_ignored():
    x = {"a": A, "b": B, "more": A}
    assert two("list").read(x, "`x`")[1] is A
    assert two("dict").read({"z": A, "y": B, "more": A}, "`x`")["z"] is A


def test_the_only_input_in_a_list_or_as_a_list_of_rows():
    assert one(3).read([A], "`x`") is A
    assert one(3).read((A,), "`x`") is A
    assert one(3).read(list(A), "`x`").shape == (4, 3)
    assert one(1).read([A[:, 0]], "`x`").shape == (4, 1)


def test_a_data_frame_is_read_by_columns_where_inputs_have_names():
    age, colour = keras.Input((1,), name="age"), keras.Input((1,), dtype="string", name="colour")
    frame = pandas.DataFrame({"colour": ["red", "blue"], "age": [3, 4], "more": [None, None]})
    read = ModelInputs([age, colour]).read(frame, "`x`")
    assert read[0].tolist() == [[3], [4]]
    assert read[1].tolist() == [["red"], ["blue"]]
    assert ModelInputs({"age": age}).read(frame, "`x`")["age"].tolist() == [[3], [4]]


@pytest.mark.parametrize(
    ("inputs", "x", "message"),
    [
        (one(5), A, r"`x` does not fit the input `image`.*\(None, 5\)\. Received: \(4, 3\)\.$"),
        (one(3), A[0], r"one sample is `x\[None\]`"),
        (one(2, 2), np.zeros((4, 4)), r"`x\.reshape\(-1, 2, 2\)`"),
        (one(3), np.array([["a"] * 3]), r"`image` in `x` takes numbers \(float32\).*'a'"),
        (one(3), np.zeros((4, 3), complex), "Received: complex128"),
        (one(3, dtype="string"), A, "takes text. Received: float32"),
        (one(3), {"imag": A}, r"\['image'\]. Received: \['imag'\].*missing. Did you mean 'imag'"),
        (one(3), [A, A], "one input, 'image': `x` must be one array. Received: 2 arrays"),
        (two("list"), A, r"inputs, \['b', 'a'\]: `x` must be a dict .*Received: `ndarray`"),
        (two("list"), [A], "Received: 1 arrays"),
        (two("list"), [A, B], "does not fit the input `b`"),
        (two("dict"), {"z": A}, r"inputs \['y', 'z'\]. Received: \['z'\] in `x`; 'y' is missing"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(inputs, x, message):
    with pytest.raises(InvalidFeatures, match=message):
        inputs.read(x, "`x`")


@pytest.mark.parametrize(
    ("inputs", "x", "message"),
    [
        (two("list"), [B, A[:3]], r"same number of rows.*\{'b': 4, 'a': 3\}"),
        (one(3), 5, "one row for each sample. Received: 5"),
        (one(3), [[1], [2, 3]], "no array of numbers"),
        (
            one(3),
            pandas.DataFrame({"a": [1], "b": ["x"], "c": [2]}),
            "The column 'b' of the input `image` in `x` holds text",
        ),
    ],
)
@pytest.mark.parametrize("error", [InvalidFeatures, InvalidTaskData])
def test_inputs_that_are_no_data_are_refused(inputs, x, message, error):
    with pytest.raises(error, match=message):
        inputs.read(x, "`x`")


def test_rows_are_counted_without_a_copy():
    assert two("list").count_rows([B, A.astype("float64")], "`x`") == 4
    with pytest.raises(InvalidFeatures, match="no samples in `x`"):
        one(3).count_rows(A[:0], "`x`")


def test_batches_that_are_samples():
    with pytest.raises(InvalidFeatures, match=r"sample by sample: add `\.batch\(32\)`"):
        one(3).read(A[0], "A batch of `x`", batched=True)


def test_arrays_are_arranged_without_a_copy():
    inputs = ModelInputs({"age": keras.Input((1,), name="age"), "b": keras.Input((2,), name="b")})
    age, b = np.arange(4.0), np.ones((4, 2))
    arranged = inputs.arrange({"other": b, "b": b, "age": age}, "`x`")
    assert list(arranged) == ["age", "b"]
    assert arranged["b"] is b
    assert np.shares_memory(arranged["age"], age)
    assert (arranged["age"].shape, arranged["age"].dtype) == ((4, 1), age.dtype)
    with pytest.raises(InvalidFeatures, match="does not fit the input `b`"):
        inputs.arrange([age, b[:, :1]], "`x`")
