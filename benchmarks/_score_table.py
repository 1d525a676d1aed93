"""Scores by number of labels, as a table of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean, stdev

from keras_mtl.common.tables import text_table


def score_table(scores: Mapping[str, Mapping[int, Sequence[float]]]) -> str:
    """Return a table: rows are strategies, columns numbers of labels, cells mean ± deviation.

    Args:
        scores: By strategy and number of labels, the score of each run. The deviation is that of
            a sample; a single run has none.

    Example:
        >>> from _score_table import score_table
        >>> print(score_table({"frozen": {20: [0.5, 0.7], 100: [0.8]}, "kNN": {20: [0.4, 0.4]}}))
        strategy   20 labels       100 labels
        ─────────────────────────────────────
        frozen     0.600 ± 0.141   0.800
        kNN        0.400 ± 0.000   -
    """
    counts = sorted({labels for by_labels in scores.values() for labels in by_labels})
    rows = [
        [name, *(_cell(by_labels.get(labels, ())) for labels in counts)]
        for name, by_labels in scores.items()
    ]
    return text_table(["strategy", *(f"{labels} labels" for labels in counts)], rows)


def _cell(scores: Sequence[float]) -> str | None:
    if not scores:
        return None
    spread = f" ± {stdev(scores):.3f}" if len(scores) > 1 else ""
    return f"{fmean(scores):.3f}{spread}"
