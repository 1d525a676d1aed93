"""The scores of all depths, as a table, a frame and a picture."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from keras_mtl.errors import MissingExtra
from keras_mtl.probing.probe_table import Probe, Probes


def record(depth, score, fit=None):
    return Probe(depth, f"layer_{depth}", None, (None, 3), 10 * depth, score, 0.1, fit)


def test_the_best_is_decided_by_fit_then_by_depth():
    by_fit = Probes("model", "accuracy", [record(1, 0.9, 0.1), record(2, 0.8, 0.2)])
    by_score = Probes("model", "LogME", [record(1, 0.5), record(2, np.inf), record(3, np.inf)])

    assert by_fit.best.depth == 2
    assert [p.depth for p in by_score.ranking] == [2, 3, 1]


def test_prints_as_a_table_and_slices():
    probes = Probes("model", "accuracy", [record(1, 0.5, 0.1), record(2, 0.75, 0.2)])

    lines = repr(probes).splitlines()
    assert lines[0] == "Probes of `model`"
    assert "accuracy" in lines[1]
    assert "0.750" in lines[4]
    assert lines[-1] == "Best: `layer_2`"
    assert isinstance(probes[:1], Probes)
    assert repr(probes[:0])


def test_becomes_a_frame_and_a_picture(tmp_path):
    probes = Probes("model", "accuracy", [record(1, 0.5, 0.1), record(2, np.inf, 0.2)])

    frame = probes.to_frame()
    assert frame.loc[1, "score"] == 0.5
    assert list(frame["layer"]) == ["layer_1", "layer_2"]
    assert probes.plot(tmp_path / "depths.png").stat().st_size > 1000


def test_a_frame_without_pandas_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)

    with pytest.raises(MissingExtra, match="frames"):
        Probes("model", "accuracy", [record(1, 0.5)]).to_frame()


def test_of_equal_depths_the_shallower_is_the_best():
    equal = [Probe(depth, f"layer{depth}", 1, (None, 2), 3, 0.5, 0.1, 0.5) for depth in (1, 2)]
    better_by_rounding = [equal[0], replace(equal[1], fit=0.5 + 1e-9)]
    assert Probes("some", "accuracy", better_by_rounding).best.layer == "layer1"
