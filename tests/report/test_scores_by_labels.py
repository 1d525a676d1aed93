"""The table and the picture of scores against label counts."""

import sys

import pytest

from keras_mtl.errors import MissingExtra
from keras_mtl.report.measured_scores import Score
from keras_mtl.report.scores_by_labels import plot_scores, score_table

SCORES = [
    Score(strategy, labels, seed, value + 0.1 * seed)
    for strategy, value in [("frozen", 0.5), ("from scratch", 0.3)]
    for labels in (100, 20)
    for seed in (0, 1)
]


def test_the_table_has_a_row_a_strategy_and_a_column_a_label_count():
    lines = score_table(SCORES).splitlines()

    assert lines[0].split() == ["strategy", "20", "labels", "100", "labels"]
    assert "0.550 ± 0.071" in lines[2]
    assert lines[3].startswith("from scratch")


def test_a_missing_combination_is_left_open():
    assert score_table([*SCORES, Score("kNN", 20, 0, 0.4)]).splitlines()[-1].endswith("-")


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_the_picture_is_saved(tmp_path, ending):
    path = plot_scores(SCORES, tmp_path / f"scores.{ending}")

    assert path.stat().st_size > 1000


def test_the_picture_shows_where_another_strategy_becomes_the_best(tmp_path, monkeypatch):
    from matplotlib.figure import Figure

    figures, savefig = [], Figure.savefig
    monkeypatch.setattr(
        Figure, "savefig", lambda self, *a, **k: (figures.append(self), savefig(self, *a, **k))
    )
    crossing = [Score("kNN", labels, 0, value) for labels, value in [(20, 0.4), (100, 0.7)]]
    plot_scores([*SCORES, *crossing], tmp_path / "scores.png")

    (axes,) = figures[0].axes
    (line,) = [one for one in axes.lines if one.get_label() == "kNN overtakes frozen"]
    assert 20 < line.get_xdata()[0] < 100
    assert figures[0].get_suptitle().startswith("mean of 1 to 2 runs")


def test_without_matplotlib_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)

    with pytest.raises(MissingExtra, match=r'pip install "keras_mtl\[plots\]"'):
        plot_scores(SCORES, tmp_path / "scores.png")
