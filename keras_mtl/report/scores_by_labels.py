"""Scores by number of labels, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from keras_mtl.pictures.drawing import saved
from keras_mtl.pictures.lines_by_labels import Line, LinesByLabels, Mark, Point
from keras_mtl.pictures.palette import line_styles
from keras_mtl.results.metric_words import MetricWords
from keras_mtl.results.run import Run
from keras_mtl.results.summary import summarise
from keras_mtl.results.verdict import Verdict

WIDTH, HEIGHT = 720, 430
NO_CROSSING = "No strategy overtakes another beyond the noise"


def plot_scores(
    runs: Sequence[Run],
    verdict: Verdict,
    path: str | Path,
    *,
    metric: str = "accuracy",
    control: str = "from-scratch",
) -> Path:
    """Save a picture of the score against the number of labels, with a line for each strategy.

    A line is the mean over seeds, with a band of one standard deviation to each side. A dotted
    line stands where one strategy overtakes another beyond the noise.

    Args:
        runs: The runs, those that failed too.
        verdict: What they say.
        path: Where to save it; the ending says the format, such as `.png` or `.svg`.
        metric: Name of the score.
        control: The strategy that the others are compared with: its line is dashed.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    drawing = lines_of_scores(runs, verdict, metric, control)
    return saved(drawing.draw, WIDTH, HEIGHT, path)


def lines_of_scores(
    runs: Sequence[Run], verdict: Verdict, metric: str = "accuracy", control: str = "from-scratch"
) -> LinesByLabels:
    """Return the picture of the scores of some runs.

    Args:
        runs: The runs, those that failed too.
        verdict: What they say: where one strategy overtakes another.
        metric: Name of the score.
        control: The strategy that the others are compared with.
    """
    styles = line_styles(list(dict.fromkeys(run.strategy for run in runs)), control)
    words = MetricWords(metric)
    points: dict[str, list[Point]] = {}
    for one in summarise(runs):
        if one.runs:
            reach = one.spread if one.runs > 1 else 0.0
            point = Point(one.labels, one.mean, one.mean - reach, one.mean + reach)
            points.setdefault(one.strategy, []).append(point)
    lines = [Line(name, found, styles[name]) for name, found in points.items()]
    marks = [Mark(one.labels, f"{one.after} overtakes {one.before}") for one in verdict.crossings]
    note = ". ".join(mark.text for mark in marks) if marks else NO_CROSSING
    several = len(verdict.standings) > 1 and len(lines) > 1
    return LinesByLabels(lines, words.name, False, words.is_share, marks, note if several else "")
