"""A panel for the cosines of each block of layers, one for norms, one for weights."""

import numpy as np

from keras_mtl.pictures import conflicts_by_epoch
from keras_mtl.pictures.conflicts_by_epoch import plot_conflicts


def test_a_line_a_pair_of_tasks_and_a_line_a_task(tmp_path, monkeypatch):
    figures = []
    monkeypatch.setattr(conflicts_by_epoch, "save", lambda figure, path: figures.append(figure))
    cosines = np.linspace(-1, 1, 18).reshape(2, 3, 3)
    norms = np.array([[1.0, 2.0, 3.0], [1e3, 0.5, 4.0]])
    blocks = {"low": cosines, "high $": -cosines}

    plot_conflicts([0, 4], ["a", "b", "c"], blocks, norms, norms + 1, tmp_path / "a.png")

    low, high, lengths, weights = figures[0].axes
    assert [line.get_label() for line in low.lines[:3]] == ["a, b", "a, c", "b, c"]
    assert low.lines[1].get_ydata().tolist() == cosines[:, 0, 2].tolist()
    assert high.lines[0].get_ydata().tolist() == (-cosines)[:, 0, 1].tolist()
    assert low.lines[0].get_xdata().tolist() == [1, 5]
    assert [line.get_ydata().tolist() for line in lengths.lines] == norms.T.tolist()
    assert lengths.get_yscale() == "log"
    assert [line.get_ydata().tolist() for line in weights.lines] == (norms + 1).T.tolist()
