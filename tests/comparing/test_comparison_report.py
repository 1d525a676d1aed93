import ast

import numpy as np
import pytest

import keras_mtl
from _comparisons import experiment, named_blobs, with_test
from _estimators import network
from keras_mtl.comparing.comparison_facts import call_text
from keras_mtl.comparing.comparison_report import report_data
from keras_mtl.results.run import Run
from keras_mtl.results.verdict import verdict

RUNS = [Run("frozen", 20, seed, "first", 0.7, 1.0, 51) for seed in range(2)]


@pytest.mark.slow
def test_the_depths_are_those_of_all_labels():
    x, y = named_blobs()
    data = report_data(experiment(cut="auto"), RUNS, verdict(RUNS))
    codes = np.unique(y, return_inverse=True)[1]
    expected = keras_mtl.probe_cuts(network(), x, codes, verbose=0)
    assert [one.layer for one in data.depths.scores] == [one.layer for one in expected]
    assert data.depths.best == expected.best.layer
    assert report_data(experiment(), RUNS, verdict(RUNS)).depths is None


def test_the_call_repeats_the_comparison():
    text = call_text(with_test(strategies=["frozen"], labels="auto", seeds=2))
    assert text.startswith("keras_mtl.compare(\n    model, x, y,\n")
    (call,) = ast.parse(text).body
    given = {one.arg: ast.unparse(one.value) for one in call.value.keywords}
    assert given.pop("test") == "(x_test, y_test)"
    values = {name: ast.literal_eval(value) for name, value in given.items()}
    assert values["labels"] == [10, 20, 40]
    again = with_test(**values)
    assert again.keys == with_test(strategies=["frozen"], labels="auto", seeds=2).keys


def test_settings_and_versions():
    data = report_data(with_test(), RUNS, verdict(RUNS))
    assert data.settings["trained network"] == "old_task, 234 parameters"
    assert data.versions["keras_mtl"] == keras_mtl.__version__
    assert data.judged == "Judged on 20 test rows."
