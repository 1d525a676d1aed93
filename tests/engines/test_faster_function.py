"""`"auto"` converts where the batches that are left save more than that takes, and never fails."""

import logging
import re
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import layers

from _engines import install
from keras_mtl.engines import faster_function
from keras_mtl.engines.choice import batch_function
from keras_mtl.engines.known_engines import ENGINES
from keras_mtl.engines.static_model import StaticModel

ROWS = np.ones((2, 3), "float32")


class Clock:
    """A clock that a run by Keras moves: by `first` seconds at first, then by `later`."""

    def __init__(self, monkeypatch, engine, first=2.0, later=1.0, by_engine=0.1):
        self.now = 0.0
        monkeypatch.setattr(faster_function, "CONVERSION", 4.0)
        monkeypatch.setattr(faster_function, "SAVED", 0.5)
        monkeypatch.setattr(faster_function, "time", SimpleNamespace(perf_counter=lambda: self.now))
        seconds = iter([first])
        by_keras, outputs = StaticModel.by_keras, engine.outputs

        def slow(static, inputs):
            self.now += next(seconds, later)
            return by_keras(static, inputs)

        def fast(inputs, names):
            self.now += by_engine
            return outputs(inputs, names)

        monkeypatch.setattr(StaticModel, "by_keras", slow)
        monkeypatch.setattr(engine, "outputs", fast)


@pytest.fixture
def engine(monkeypatch):
    return install(monkeypatch)


def run():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, layers.Dense(2)(inputs), name="net")
    return batch_function(StaticModel(model, model.input, "net"), "auto")


def batches_by_engine(function, engine, total, batches):
    before = engine.calls
    function.begin(total)
    outputs = [function(ROWS) for _ in range(batches)]
    for one in outputs:
        np.testing.assert_allclose(one, outputs[0], rtol=1e-6)
    return engine.calls - before


@pytest.mark.parametrize(
    ("clock", "total", "batches", "by_engine"),
    [
        # Compiling took 1 s, so a conversion takes at most 4; each batch saves half a second.
        ({}, 11, 11, 0),
        ({}, 12, 12, 9 + 2),  # Nine are left; two more compare the engine with Keras.
        ({"first": 1.0}, 4, 4, 1 + 2),  # It was compiled before.
        ({"first": 100.0}, 100, 100, 0),
        ({"by_engine": 1.5}, 100, 100, 2),  # It is slower than Keras here.
        ({}, None, 8, 0),  # As many are expected as have been seen.
        ({}, None, 12, 3 + 2),
    ],
)
def test_it_converts_where_that_pays(clock, total, batches, by_engine, engine, monkeypatch):
    Clock(monkeypatch, engine, **clock)
    assert batches_by_engine(run(), engine, total, batches) == by_engine


def test_a_pass_that_is_long_enough_converts_later_and_the_next_one_keeps_it(engine, monkeypatch):
    Clock(monkeypatch, engine)
    function = run()
    assert batches_by_engine(function, engine, 4, 4) == 0
    assert batches_by_engine(function, engine, 20, 20) == 19 + 2
    assert batches_by_engine(function, engine, 4, 4) == 4


def test_short_passes_that_come_again_and_again_are_worth_a_conversion(engine, monkeypatch):
    Clock(monkeypatch, engine)
    function = run()
    by_engine = [batches_by_engine(function, engine, 2, 2) for _ in range(7)]
    # Ten batches save five seconds; a conversion takes four.
    assert by_engine == [0, 0, 0, 0, 0, 1 + 2, 2]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"refusal": RuntimeError("no FFT")}, "goes on with Keras. `net` cannot be .* `spectrum`"),
        ({"failure": RuntimeError("no FFT")}, "goes on with Keras. `net` cannot be .* `spectrum`"),
        ({"error": 1e-2}, "goes on with Keras. .* is 1.0e-02 of the largest number"),
        ({"packages": ("no_such_package",)}, r'uses Keras. .*"keras_mtl\[openvino\]"'),
    ],
)
def test_keras_goes_on_with_one_line_of_log(fault, message, engine, monkeypatch, caplog):
    Clock(monkeypatch, engine)
    for name, value in fault.items():
        monkeypatch.setattr(engine, name, value)
    monkeypatch.delitem(ENGINES, "onnxruntime")
    with caplog.at_level(logging.WARNING, "keras_mtl"):
        function = run()
        calls = batches_by_engine(function, engine, 100, 100)
        batches_by_engine(function, engine, 100, 100)
    assert calls <= 1
    (record,) = caplog.records
    assert re.search(message, record.getMessage())
    assert "Leave `engine` out" not in record.getMessage()


def test_an_engine_is_not_taken_that_could_not_be_compared(engine, monkeypatch, caplog):
    Clock(monkeypatch, engine)
    function = run()
    function.begin(100)
    outputs = [function(ROWS * np.nan) for _ in range(9)]
    assert np.isnan(outputs).all() and engine.calls == 1
    assert "whose values are not finite" in caplog.text


@pytest.mark.parametrize("passes", [1, 2])
def test_keras_goes_on_from_a_batch_that_the_engine_cannot_run(passes, engine, monkeypatch, caplog):
    Clock(monkeypatch, engine)
    engine.rows = len(ROWS)
    function = run()
    with caplog.at_level(logging.WARNING, "keras_mtl"):
        for _ in range(passes):
            function.begin(100)
            outputs = [function(ROWS) for _ in range(20)]
        ran = engine.calls
        others = [function(np.ones((3, 3), "float32")) for _ in range(2)]
        function.begin(100)
        outputs += [function(ROWS) for _ in range(20)]
    assert engine.calls == ran + 1  # It is not tried again.
    for one in (*others, *outputs):
        np.testing.assert_allclose(one, np.tile(outputs[0][:1], (len(one), 1)), rtol=1e-6)
    (record,) = caplog.records
    said = record.getMessage()
    assert re.search(
        r"goes on with Keras. .* cannot run batch 20 .* the shape \(3, 3\), .*`net`", said
    )
    assert "Leave `engine` out" not in said
