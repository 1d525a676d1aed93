"""The picture of learning curves."""

import sys

import pytest

from keras_mtl.errors import MissingExtra
from keras_mtl.report.learning_curves import plot_curves

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
    assert (digit.get_title(), parity.get_title()) == ("digit", "parity")
    lines = {line.get_label(): line.get_xydata().tolist() for line in digit.lines}
    assert lines["alternating"] == [[1, pytest.approx(0.2)], [2, pytest.approx(0.6)]]
    assert lines["alone"] == [[1, 0.1], [2, 0.4]]
    tops = [band.get_paths()[0].vertices[:, 1].max() for band in digit.collections]
    # The standard deviation of 0.5 and 0.7 is 0.2 / sqrt(2), as in the tables of scores.
    assert tops == [pytest.approx(0.6 + 0.2 / 2**0.5), pytest.approx(0.4)]
    assert figures[0].get_suptitle().startswith("mean of 1 to 2 runs; the band is")


def test_without_matplotlib_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)

    with pytest.raises(MissingExtra, match="plots"):
        plot_curves(CURVES, tmp_path / "curves.png")
