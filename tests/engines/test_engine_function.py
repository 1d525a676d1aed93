"""An engine runs a model only after it gave what Keras gives, and says what hinders it."""

import keras
import numpy as np
import pytest
from keras import layers

from _engines import install
from keras_mtl.engines.choice import batch_function
from keras_mtl.engines.static_model import StaticModel
from keras_mtl.errors import EngineMismatch, NotConvertible
from keras_mtl.graph.functional_models import checked_functional

ROWS = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")


@pytest.fixture
def engine(monkeypatch):
    return install(monkeypatch)


def two_outputs():
    inputs = {"a": keras.Input((3,), name="a"), "b": keras.Input((3,), dtype="int32", name="b")}
    added = layers.Add(name="added")([inputs["a"], inputs["b"]])
    return keras.Model(inputs, {"sum": added, "wide": layers.Dense(5, name="wide")(added)})


def static(model):
    return StaticModel(model, checked_functional(model).input, model.name)


def test_it_gives_the_structure_of_keras_and_says_once_how_near_it_is(engine, capsys):
    model = two_outputs()
    engine.error = 1e-5
    run = batch_function(static(model), "openvino", verbose=True)
    for rows in (4, 2):
        batch = {"a": ROWS[:rows], "b": np.ones((rows, 3), "uint8")}
        expected = model.predict_on_batch(batch)
        actual = run.of_filled(batch, 4)
        assert set(actual) == set(expected)
        for name, values in expected.items():
            np.testing.assert_allclose(actual[name], values, atol=1e-4)
            assert (actual[name] != values).any(), name  # The engine ran, and not Keras.
    (said,) = capsys.readouterr().out.strip().splitlines()
    assert said.startswith("Plain 1.0 runs `functional") and "1e-04 is allowed" in said
    assert "1.0e-05 of the largest number" in said


def test_a_difference_is_refused_with_its_size_unless_keras_gives_no_numbers(engine):
    engine.error = 1e-3
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, name="dense")], name="net")
    run = batch_function(static(model), "openvino")
    for _ in range(2):  # It is not forgotten.
        with pytest.raises(EngineMismatch, match=r"`net`: .* is 1\.0e-03 of .* 1e-04 is allowed"):
            run(ROWS)
    assert np.isnan(run(ROWS * np.nan)).all()  # Whoever asked says what is wrong with the data.


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (RuntimeError("No translator for FFT"), r"the layer `spectrum`\. RuntimeError: No transl"),
        (OSError("disk full"), r"OSError: disk full"),
    ],
)
def test_what_a_converter_complains_of_is_told_with_the_layer(engine, error, message):
    engine.refusal = error
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)], name="net")
    run = batch_function(static(model), "openvino")
    wanted = rf'^`net` cannot be converted for `engine="openvino"`: {message}.*"auto"'
    with pytest.raises(NotConvertible, match=wanted):
        run(ROWS)


def test_a_first_run_that_fails_is_told_as_a_conversion_that_fails(engine):
    engine.failure = RuntimeError("cannot compile FFT")
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)], name="net")
    run = batch_function(static(model), "openvino")
    for _ in range(2):
        with pytest.raises(NotConvertible, match=r"`net` cannot be converted .*`spectrum`"):
            run(ROWS)
    assert engine.conversions == 2


def test_what_could_not_be_compared_with_keras_is_compared_on_the_next_batch(engine):
    engine.error = 1e-3
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, name="dense")], name="net")
    run = batch_function(static(model), "openvino")
    assert np.isnan(run(ROWS * np.nan)).all()
    with pytest.raises(EngineMismatch):
        run(ROWS)
    assert engine.conversions == 1


def test_a_later_batch_that_cannot_be_run_is_named_with_what_to_do(engine):
    engine.rows = 4
    run = batch_function(static(two_outputs()), "openvino")
    batch = {"a": ROWS, "b": ROWS.astype("int32")}
    for _ in range(2):
        run.begin(None)
        for _ in range(3):
            run(batch)
        wanted = (
            r'^`engine="openvino"` cannot run batch 3 \(counted from 0\), of the shape \(2, 3\), '
            r"\(2, 3\), through `functional.*`: RuntimeError: expected 4 rows, not 2\. Leave"
        )
        with pytest.raises(NotConvertible, match=wanted):
            run(keras.tree.map_structure(lambda array: array[:2], batch))


def test_memory_that_does_not_suffice_is_no_fault_of_the_engine(engine):
    run = batch_function(static(two_outputs()), "openvino")
    batch = {"a": ROWS, "b": ROWS.astype("int32")}
    run(batch)
    engine.failure = MemoryError("none left")
    with pytest.raises(MemoryError, match="none left"):
        run(batch)
