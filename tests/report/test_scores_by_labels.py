"""The picture of scores against label counts."""

import statistics
import sys

import numpy as np
import pytest

from _report_data import COUNTS, MEANS, failed_run, made_up_runs
from keras_mtl.errors import MissingExtra
from keras_mtl.report.scores_by_labels import NO_CROSSING, lines_of_scores, plot_scores
from keras_mtl.results.verdict import verdict

RUNS = [*made_up_runs(), failed_run()]


def test_lines_are_means_with_bands():
    said = verdict(RUNS)
    drawing = lines_of_scores(RUNS, said)

    assert [line.name for line in drawing.lines] == list(MEANS) and drawing.percent
    for line in drawing.lines:
        assert [point.labels for point in line.points] == list(COUNTS)
        for point in line.points:
            scores = [
                run.score
                for run in RUNS
                if (run.strategy, run.labels) == (line.name, point.labels) and not run.error
            ]
            assert point.value == pytest.approx(np.mean(scores))
            assert point.high - point.value == pytest.approx(statistics.stdev(scores))
            assert point.value - point.low == pytest.approx(statistics.stdev(scores))
    assert not lines_of_scores(RUNS, said, "r2").percent
    assert drawing.note == NO_CROSSING and not drawing.marks


def test_places_are_marked_where_one_strategy_overtakes_another():
    runs = made_up_runs({"frozen": (0.8, 0.8, 0.8), "fine-tuned": (0.3, 0.6, 0.95)}, seeds=5)
    said = verdict(runs)
    (mark,) = lines_of_scores(runs, said).marks
    assert mark.text == lines_of_scores(runs, said).note == "fine-tuned overtakes frozen"
    assert 100 < mark.labels < 500 and mark.labels == said.crossings[0].labels


def test_a_single_run_has_no_band():
    runs = made_up_runs(seeds=1)
    points = [point for line in lines_of_scores(runs, verdict(runs)).lines for point in line.points]
    assert points and all(point.low == point.value == point.high for point in points)


def test_the_picture_is_saved_and_needs_an_extra(tmp_path, monkeypatch):
    path = plot_scores(RUNS, verdict(RUNS), tmp_path / "scores.png")
    assert path.read_bytes().startswith(b"\x89PNG")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtra, match=r'pip install "keras_mtl\[plots\]"'):
        plot_scores(RUNS, verdict(RUNS), path)
