"""The results of a search, as a table, a frame and a picture."""

import pytest

from keras_mtl.pictures.scores_by_depth import DepthScore
from keras_mtl.tuning import search_results
from keras_mtl.tuning.search_results import SearchResults, SearchTrial

TRIALS = [
    SearchTrial("0001", "frozen", "conv", 1, 2, 0.5),
    SearchTrial("0002", "frozen", "dense", 2, 2, 0.7),
    SearchTrial("0003", "fine-tuned", "dense", 2, 1, None),
    SearchTrial("0004", "fine-tuned", "conv", 1, 1, 0.7),
]


def results(direction="max", trials=TRIALS):
    return SearchResults("val_accuracy", direction, ["conv", "dense"], trials)


def test_the_best_trial_is_the_first_of_equal_ones():
    assert results().best.trial_id == "0002"
    assert results("min").best.trial_id == "0001"
    with pytest.raises(ValueError, match="search"):
        _ = results(trials=TRIALS[2:3]).best


def test_the_ranking_has_the_best_one_first_and_no_trial_that_failed():
    assert [trial.trial_id for trial in results().ranking] == ["0002", "0004", "0001"]
    assert [trial.trial_id for trial in results("min").ranking] == ["0001", "0002", "0004"]
    assert "val_accuracy" in repr(results().ranking)


def test_they_print_as_a_table_and_become_a_frame():
    lines = repr(results()).splitlines()
    assert lines[0].split() == ["trial", "phase", "depth", "cut", "epochs", "val_accuracy"]
    assert lines[4].split() == ["0003", "fine-tuned", "2", "dense", "1", "-"]
    assert list(results().to_frame()["score"].dropna()) == [0.5, 0.7, 0.7]
    assert results()[:1].best.trial_id == "0001"


def test_the_spread_over_folds_is_a_column_where_there_are_folds():
    folded = results(trials=[SearchTrial("0001", "frozen", "conv", 1, 2, 0.5, 0.1, (0.4, 0.6))])
    lines = repr(folded).splitlines()
    assert lines[0].split()[-2:] == ["val_accuracy", "spread"]
    assert lines[2].split()[-2:] == ["0.500", "0.100"]
    assert list(folded.to_frame()["fold_scores"]) == [(0.4, 0.6)]


def test_they_become_a_picture_of_the_best_score_of_each_depth_tried(tmp_path, monkeypatch):
    drawn = {}

    def draw(lines, path, **options):
        drawn.update(lines, **options)
        return path

    monkeypatch.setattr(search_results, "plot_depths", draw)
    again = SearchTrial("0005", "frozen", "conv", 1, 2, 0.6)

    results(trials=[*TRIALS, again]).plot(tmp_path / "depths.png")

    assert drawn["frozen"] == [DepthScore("conv", 0.6), DepthScore("dense", 0.7)]
    assert drawn["fine-tuned"] == [DepthScore("conv", 0.7)]
    assert drawn["connected"] is False  # no line through depths that were never tried


def test_the_picture_is_saved(tmp_path):
    assert results().plot(tmp_path / "depths.png").stat().st_size > 1000
