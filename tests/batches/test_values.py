import keras
import numpy as np
import pandas
import pytest
import scipy.sparse

from keras_mtl.batches.values import as_array, as_structure, as_tensors, dense_array, is_text
from keras_mtl.errors import InvalidFeatures, InvalidInputs, InvalidTaskData

WORDS = ["red", "blue"]
NUMBERS = np.array([[1.0, 2.0], [3.0, 4.0]], dtype="float32")


@pytest.mark.parametrize(
    "value",
    [
        WORDS,
        np.array(WORDS),
        np.array(WORDS, dtype=object),
        pandas.Series(WORDS, index=[4, 2]),
        pandas.Series(WORDS, dtype="category"),
        pandas.Series(WORDS, dtype="string"),
    ],
)
def test_text_of_any_kind_becomes_objects(value):
    array = as_array(value, "`x`")
    assert is_text(array)
    assert array.tolist() == WORDS
    assert as_array(np.array([b"red"]), "`x`").tolist() == [b"red"]


@pytest.mark.parametrize(
    "value",
    [
        NUMBERS,
        NUMBERS.astype("float64"),
        NUMBERS.tolist(),
        NUMBERS.astype(object),
        keras.ops.array(NUMBERS),
        pandas.DataFrame(NUMBERS),
        pandas.DataFrame(NUMBERS).convert_dtypes(),
        pandas.DataFrame({"a": [1, 3], "b": [2.0, 4.0]}),
    ],
)
def test_numbers_of_any_kind_become_floats_of_the_model(value):
    array = np.asarray(as_array(value, "`x`"), dtype=keras.config.floatx())
    np.testing.assert_array_equal(array, NUMBERS)


def test_half_precision_of_the_backends():
    import ml_dtypes

    assert as_array(NUMBERS.astype(ml_dtypes.bfloat16), "`x`").dtype == keras.config.floatx()


def test_nothing_is_copied_in_vain():
    assert np.shares_memory(as_array(NUMBERS, "`x`"), NUMBERS)
    assert dense_array(NUMBERS.astype("float64"), "`x`").dtype == np.float64


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (5, "one row for each sample. Received: 5"),
        ("a text that is longer than what a message shows", "Received: str"),
        ([[1], [2, 3]], "no array of numbers or text"),
        (["red", None], "`x`: the value in row 1 is missing"),
        ([[1, 2], [3, None]], "row 1 is missing"),
        (pandas.Series([1, None], dtype="Int64"), "row 1 is missing"),
        (pandas.Series(["red", None], dtype="category"), "row 1 is missing"),
        (
            pandas.DataFrame({"a": ["red", None]}),
            "column 'a' of `x`: .* row 1 is missing",
        ),
        (pandas.DataFrame({"a": [1], "b": ["red"]}), "column 'b' of `x` holds text"),
        (pandas.DataFrame(index=[0]), "no columns"),
    ],
)
@pytest.mark.parametrize("error", [InvalidInputs, InvalidFeatures, InvalidTaskData, ValueError])
def test_what_is_no_array_is_refused(value, message, error):
    with pytest.raises(error, match=message):
        as_array(value, "`x`")


def test_structures_for_the_adapters_of_keras():
    series = pandas.Series([1, 2])
    made = as_structure({"a": series, "b": [NUMBERS, np.array(WORDS)]}, "`x`")
    assert made["a"].tolist() == [[1], [2]]  # as in `fit`
    assert made["b"][1].dtype == object
    assert as_structure(None, "`y`") is None
    sparse = scipy.sparse.csr_matrix(NUMBERS)
    assert as_structure(sparse, "`x`") is sparse
    columns = as_structure(pandas.DataFrame({"a": [1, 2]}), "`x`", by_columns=True)
    assert columns["a"].tolist() == [[1], [2]]
    with pytest.raises(InvalidInputs, match=r"`x`\['a'\]: the value in row 0 is missing"):
        as_structure({"a": [None]}, "`x`")


@pytest.mark.backend("tensorflow", reason="other backends have no string tensors")
def test_text_for_keras():
    words, numbers = as_tensors([np.array([WORDS], dtype=object), NUMBERS])
    assert words.dtype == "string"
    assert numbers is NUMBERS
