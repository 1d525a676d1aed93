"""The loss against the learning rate: a picture."""

import sys

import pytest

from keras_mtl.errors import MissingExtra
from keras_mtl.pictures.loss_by_rate import plot_loss_by_rate

RATES, LOSSES, SMOOTHED = [0.01, 0.1, 1.0], [3.0, 2.0, 9.0], [3.0, 2.5, 4.0]


@pytest.mark.parametrize("suggestion", [0.1, None])
def test_losses_on_a_logarithmic_axis(tmp_path, monkeypatch, suggestion):
    from matplotlib.figure import Figure

    figures, savefig = [], Figure.savefig
    monkeypatch.setattr(
        Figure, "savefig", lambda self, *a, **k: (figures.append(self), savefig(self, *a, **k))
    )
    path = plot_loss_by_rate(RATES, LOSSES, SMOOTHED, tmp_path / "rates.png", suggestion=suggestion)

    (axes,) = figures[0].axes
    assert path.read_bytes().startswith(b"\x89PNG")
    assert axes.get_xscale() == "log"
    lines = {line.get_label(): line.get_xydata().tolist() for line in axes.lines}
    assert lines["smoothed"] == [[0.01, 3.0], [0.1, 2.5], [1.0, 4.0]]
    assert ("suggestion: 0.1" in lines) is (suggestion is not None)


def test_without_matplotlib_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtra, match="plots"):
        plot_loss_by_rate(RATES, LOSSES, SMOOTHED, tmp_path / "rates.png")
