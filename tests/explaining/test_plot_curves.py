"""The picture of learning curves."""

import sys

import pytest

from keras_mtl.errors import MissingExtra
from keras_mtl.explaining.plot_curves import plot_curves

CURVES = {
    "digit": {"alternating": [[0.1, 0.5], [0.3, 0.7]], "alone": [[0.1, 0.4]]},
    "parity": {"alternating": [[0.5, 0.6]]},
}


def test_a_panel_a_task_and_a_line_a_way(tmp_path, monkeypatch):
    from matplotlib.figure import Figure

    figures, savefig = [], Figure.savefig
    monkeypatch.setattr(
        Figure, "savefig", lambda self, *a, **k: (figures.append(self), savefig(self, *a, **k))
    )
    path = plot_curves(CURVES, tmp_path / "curves.png")

    digit, parity = figures[0].axes
    assert path.read_bytes().startswith(b"\x89PNG")
    assert [one.get_title(loc="left") for one in (digit, parity)] == ["digit", "parity"]
    lines = {line.get_label(): line.get_xydata().tolist() for line in digit.lines}
    assert lines["alternating"] == [[1, pytest.approx(0.2)], [2, pytest.approx(0.6)]]
    assert lines["alone"] == [[1, 0.1], [2, 0.4]]
    tops = [band.get_paths()[0].vertices[:, 1].max() for band in digit.collections]
    # The standard deviation of 0.5 and 0.7 is 0.2 / sqrt(2), as in the tables of scores.
    assert tops == [pytest.approx(0.6 + 0.2 / 2**0.5), pytest.approx(0.4)]
    assert figures[0].get_suptitle().startswith("mean of 1 to 2 runs; the band is")


def test_without_matplotlib_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    with pytest.raises(MissingExtra, match="plots"):
        plot_curves(CURVES, tmp_path / "curves.png")


def test_one_run_needs_no_list_of_runs():
    (axes,) = plot_curves({"digit": {"alone": [0.1, 0.4]}}, score_name="AUC").axes
    assert axes.lines[0].get_xydata().tolist() == [[1, 0.1], [2, 0.4]]
    assert axes.get_ylabel() == "AUC"


@pytest.mark.parametrize(
    ("curves", "error", "message"),
    [
        ([0.1], TypeError, "by task and way"),
        ({"a": [0.1]}, TypeError, "by task and way"),
        ({}, ValueError, "no curve"),
        ({"a": {}}, ValueError, "no curve"),
        ({"a": {"b": [[0.1], [0.1, 0.2]]}}, ValueError, r"`curves\['a'\]\['b'\]`.*differ"),
        ({"a": {"b": ["high"]}}, ValueError, "differ"),
        ({"a": {"b": []}}, ValueError, "shape"),
    ],
)
def test_what_is_no_curve_is_refused(curves, error, message):
    with pytest.raises(error, match=message):
        plot_curves(curves)
