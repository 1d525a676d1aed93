"""Scores by number of labels, as a table and a picture."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from keras_mtl.common.tables import text_table
from keras_mtl.pictures.canvas import band, explain_bands, finish, new_picture, save
from keras_mtl.report.measured_scores import Score, crossovers, summarise


def score_table(scores: Iterable[Score]) -> str:
    """Return a table: rows are strategies, columns numbers of labels, cells mean ± deviation.

    Example:
        >>> from keras_mtl.report.scores_by_labels import score_table
        >>> from keras_mtl.report.measured_scores import Score
        >>> print(score_table([Score("frozen", 20, 0, 0.5), Score("frozen", 20, 1, 0.7)]))
        strategy   20 labels
        ────────────────────────
        frozen     0.600 ± 0.141
    """
    cells = {
        (summary.strategy, summary.labels): f"{summary.mean:.3f} ± {summary.spread:.3f}"
        for summary in summarise(scores)
    }
    strategies = list(dict.fromkeys(strategy for strategy, _ in cells))
    counts = sorted({labels for _, labels in cells})
    return text_table(
        ["strategy", *(f"{labels} labels" for labels in counts)],
        [[name, *(cells.get((name, labels)) for labels in counts)] for name in strategies],
    )


def plot_scores(scores: Iterable[Score], path: str | Path, *, score_name: str = "accuracy") -> Path:
    """Save a picture of the score against the number of labels, with a line for each strategy.

    A line is the mean over seeds, with a band of one standard deviation to each side; the picture
    says so, and of how many seeds. A dotted line stands where another strategy becomes the best.

    Args:
        scores: Measured scores, over any strategies, label counts and seeds.
        path: Where to save it; the ending says the format, such as `.png` or `.svg`.
        score_name: What the vertical axis is called.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    figure = new_picture(7, 4.2)
    axes = figure.subplots()
    summaries = summarise(scores)
    for strategy in dict.fromkeys(summary.strategy for summary in summaries):
        points = sorted((s.labels, s.mean, s.spread) for s in summaries if s.strategy == strategy)
        labels, means, spreads = zip(*points, strict=True)
        (line,) = axes.plot(labels, means, marker="o", label=strategy)
        band(axes, labels, means, spreads, line.get_color())
    for crossing in crossovers(summaries):
        label = f"{crossing.after} overtakes {crossing.before}"
        axes.axvline(crossing.labels, color="0.5", linestyle=":", linewidth=1, label=label)
    counts = sorted({summary.labels for summary in summaries})
    axes.set_xscale("log")
    axes.set_xticks(counts, [str(count) for count in counts], minor=False)
    axes.set_xticks([], minor=True)
    axes.set(xlabel="labels of the main task", ylabel=score_name)
    finish(axes)
    explain_bands(figure, [summary.runs for summary in summaries])
    return save(figure, path)
