"""Inputs that are not finite, in every verb that runs over the data once."""

import keras
import ml_dtypes
import numpy as np
import pytest
from keras_tuner.errors import FatalValueError

from _searches import search_in
from keras_mtl import FeatureExtractor, fit_cached, probe_cuts, transfer
from keras_mtl.batches.finite_inputs import FiniteInputs
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.errors import InvalidFeatures

ROWS = 12
X = np.random.default_rng(0).normal(size=(ROWS, 8, 8, 1))
Y = np.arange(ROWS) % 3


def inputs(*dtypes):
    return [keras.Input((2,), dtype=dtype, name=f"input_{i}") for i, dtype in enumerate(dtypes)]


FINITE = [
    ("float32", np.full((3, 2), np.finfo("float32").max)),
    ("float32", np.full((3, 2), 1e38)),  # the sum is infinite, each number is not
    ("float32", np.full((3, 2), np.iinfo("int64").max)),
    ("float32", np.array([[True, False]])),
    ("float16", np.array([[65504, -65504]])),
    ("bfloat16", np.full((1, 2), 1e38)),
    ("int32", np.full((1, 2), 1e9)),
    ("string", np.array([["a", "nan"]], dtype=object)),
]
NOT_FINITE = [
    ("float32", np.nan, "1 NaN and 0 infinite as float32"),
    ("float32", -np.inf, "0 NaN and 1 infinite as float32"),
    ("float32", 1e39, "0 NaN and 1 infinite as float32"),
    ("float16", 65600.0, "infinite as float16"),
    ("float16", 70000, "infinite as float16"),
    ("float64", 1e308, "infinite as float32"),  # the precision of Keras here
    ("int32", np.nan, "1 NaN"),
    ("uint8", np.inf, "1 infinite"),
]


@pytest.mark.parametrize(("dtype", "array"), FINITE)
def test_finite_numbers_and_text_pass(dtype, array):
    FiniteInputs(inputs(dtype), "`x`").check(array)


@pytest.mark.parametrize(("dtype", "value", "message"), NOT_FINITE)
def test_what_is_not_finite_for_the_input_is_refused(dtype, value, message):
    array = np.ones((4, 2), type(value))
    array[2, 1] = value
    with pytest.raises(InvalidFeatures, match=f"`input_0` in `x` .*{message}.* 1 of 4 .*sample 2"):
        FiniteInputs(inputs(dtype), "`x`").check(array)


@pytest.mark.parametrize("dtype", ["float16", "float32", ml_dtypes.bfloat16])
def test_arrays_of_every_precision_are_looked_at(dtype):
    array = np.ones((4, 2), dtype)
    array[3] = np.nan
    with pytest.raises(InvalidFeatures, match="2 NaN"):
        FiniteInputs(inputs("float32"), "`x`").check(array)


def test_samples_are_counted_through_the_batches():
    check = FiniteInputs(inputs("float32", "float32"), "a batch")
    check.check([np.ones((5, 2)), np.ones((5, 2))])
    with pytest.raises(InvalidFeatures, match=r"`input_1` in a batch .* sample 6"):
        check.check([np.ones((2, 2)), np.array([[1, 1], [1, np.nan]])])


@pytest.fixture(scope="module")
def trained():
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((8, 8, 1), name="image"),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.Lambda(lambda x: keras.ops.where(x > 0, x, 0.0), name="swallows"),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )


def static(trained):
    model = transfer(trained, "swallows", head=3, verify=False)
    model.run_eagerly = True
    return model


VERBS = {
    "fit_cached": lambda model, *data: fit_cached(static(model), *data, verbose=0),
    "validation": lambda model, *data: fit_cached(
        static(model), X, Y, validation_data=data if len(data) > 1 else data[0], verbose=0
    ),
    "probe_cuts": lambda model, *data: probe_cuts(model, *data, verbose=0),
    "extractor": lambda model, x, *y: FeatureExtractor(model, "swallows").transform(x),
}


class Loader:
    def __init__(self, x):
        self.x = x

    def __iter__(self):
        return iter([(self.x[:4], Y[:4]), (self.x[4:], Y[4:])])


KINDS = {"arrays": lambda x: (x, Y), "batches": lambda x: (Loader(x),)}


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e308])
@pytest.mark.parametrize("give", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_values_that_layers_swallow_are_refused(verb, give, value, trained):
    x = X.copy()
    x[7, 3, 3, 0] = value
    with pytest.raises(InvalidFeatures, match="`image` in"):
        verb(trained, *give(x))


@pytest.mark.parametrize("argument", ["x", "validation_data"])
def test_a_search_does_not_begin(argument, tmp_path):
    broken = np.where(np.arange(ROWS)[:, None, None, None] == 7, np.nan, X)
    tuner = search_in(tmp_path, head=3)
    given = {"x": X, "y": Y, "validation_data": (X, Y)} | {
        argument: (broken, Y) if argument == "validation_data" else broken
    }
    with pytest.raises(FatalValueError, match=r"must hold finite numbers.*sample 7"):
        tuner.search(**given, verbose=0)
    assert not list(tmp_path.rglob("trial.json"))


def test_sparse_arrays_are_looked_at_batch_by_batch():
    scipy = pytest.importorskip("scipy.sparse")
    dense = keras.Sequential(
        [keras.Input((8,)), keras.layers.Dense(3, "relu"), keras.layers.Dense(2)]
    )
    x = np.eye(12, 8, dtype="float32")
    x[5, 5] = np.nan
    model = transfer(dense, 1, head=3, verify=False)
    with pytest.raises(InvalidFeatures, match=r"1 NaN .* sample 5"):
        fit_cached(model, scipy.csr_matrix(x), Y, batch_size=4, verbose=0)


def test_models_of_text_and_numbers_are_read():
    age = keras.Input((1,), name="age")
    word = keras.Input((1,), dtype="string", name="word")
    given = ModelInputs([age, word])
    assert given.count_rows({"age": [1.0, 2.0], "word": ["a", "b"]}, "`x`") == 2
    with pytest.raises(InvalidFeatures, match="`age` in `x`"):
        given.count_rows({"age": [1.0, np.nan], "word": ["a", "b"]}, "`x`")
