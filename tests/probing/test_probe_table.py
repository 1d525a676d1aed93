"""The scores of all depths, as a table, a frame and a picture."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from keras_mtl.errors import MissingExtra
from keras_mtl.probing.probe_table import Probe, Probes, errors_of_differences


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


def test_within_the_noise_the_merit_decides_and_beyond_it_the_score():
    def ranked(*errors):
        rows = [record(1, 0.9, 0.1), record(2, 0.85, 0.9), record(3, 0.5, 0.95)]
        matrix = np.array([[0, e, f] for e, f in [errors]] * 3)
        return Probes("model", "accuracy", rows, errors=np.maximum(matrix, matrix.T))

    assert [p.depth for p in ranked(0.06, 0.3).ranking] == [2, 1, 3]
    assert [p.depth for p in ranked(0.04, 0.3).ranking] == [1, 2, 3]
    assert [p.depth for p in ranked(0.06, 0.5).ranking] == [3, 2, 1]
    assert [p.depth for p in ranked(0.06, 0.3).contenders] == [2, 1]
    assert [p.depth for p in ranked(0.06, 0.3)[:1].contenders] == [1]
    assert ranked(0.06, 0.3).best.depth == 2


def test_the_shallowest_within_the_noise_may_be_the_best():
    errors = np.array([[0, 0.06, 0.3], [0.06, 0, 0.3], [0.3, 0.3, 0]])
    rows = [record(1, 0.85, 0.85), record(2, 0.9, 0.9), record(3, 0.5, 0.5)]
    probes = Probes("model", "R²", rows, errors=errors, shallow_first=True)

    assert [p.depth for p in probes.ranking] == [1, 2, 3]
    assert probes.best.depth == 1
    assert [p.depth for p in probes.contenders] == [1, 2]
    assert probes[1:].best.depth == 2  # a slice keeps the rule
    assert Probes("model", "R²", rows, errors=errors / 2, shallow_first=True).best.depth == 2


def test_the_line_below_the_table_says_how_sure_it_is():
    def footer(count, error):
        rows = [record(depth, 0.5 + depth / 100, depth / 10) for depth in range(1, count + 1)]
        return Probes("model", "accuracy", rows, errors=np.full((count, count), error)).footer

    assert footer(3, 0.0) == "Best: `layer_3`"
    assert footer(2, 0.02) == "Best: `layer_2`; `layer_1` is within the noise"
    assert footer(3, 0.03) == "Best: `layer_3`; `layer_2` and `layer_1` are within the noise"
    noise = "`layer_5`, `layer_4`, `layer_3` and 2 more are within the noise"
    assert footer(6, 0.1) == f"Best: `layer_6`; {noise}"


@pytest.mark.parametrize(("chance", "doubted"), [(0.95, True), (0.71, True), (0.69, False)])
def test_the_line_below_the_table_says_if_no_depth_tells_anything(chance, doubted):
    probes = Probes("model", "accuracy", [record(1, 0.9), record(2, 0.8)], chance)

    said = f"No depth is above chance ({chance:.3f}) by two standard errors"
    assert probes.footer.endswith(said) is doubted


def test_without_the_errors_of_differences_the_spread_of_the_best_counts():
    far, near = record(2, 0.75, 0.9), record(3, 0.85, 0.5)
    probes = Probes("model", "accuracy", [record(1, 0.9, 0.1), far, near])
    assert [p.depth for p in probes.contenders] == [3, 1]


def test_errors_are_those_of_the_differences_on_the_same_samples():
    gains = np.random.default_rng(0).integers(2, size=(4, 30)).astype(float)
    gains[3] = gains[1]
    errors = errors_of_differences(gains)
    for one in range(4):
        for other in range(4):
            difference = gains[one] - gains[other]
            expected = difference.std(ddof=1) / np.sqrt(30)
            assert errors[one, other] == pytest.approx(expected, abs=1e-8)
    assert errors_of_differences(gains[:1]) == [[0.0]]
