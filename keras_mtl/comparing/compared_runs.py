"""What the runs of a comparison come to: a table, the best strategy, a verdict, a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from keras_mtl.common.records import Records
from keras_mtl.common.tables import frame
from keras_mtl.comparing.compared_strategy import ComparedStrategy, compared_strategies
from keras_mtl.comparing.comparison_facts import ComparisonFacts
from keras_mtl.comparing.label_draws import FOLDS
from keras_mtl.pictures.drawing import drawn
from keras_mtl.report.scores_by_labels import HEIGHT, WIDTH, lines_of_scores, plot_scores
from keras_mtl.results.metric_words import MetricWords
from keras_mtl.results.run import Run
from keras_mtl.results.verdict import Verdict, verdict


class ComparedRuns(Records[ComparedStrategy]):
    """The strategies of a comparison by number of labels: prints as a table, indexes as a list.

    Args:
        facts: What is said of it.
        runs: The runs that are done.
    """

    def __init__(self, facts: ComparisonFacts, runs: Sequence[Run]) -> None:
        super().__init__(compared_strategies(runs, facts.folds))
        self._facts = facts
        self._runs = tuple(runs)
        self._words = MetricWords(facts.metric)

    @property
    def runs(self) -> tuple[Run, ...]:
        """All runs, those that failed too: by strategy, number of labels and seed."""
        return self._runs

    @property
    def is_complete(self) -> bool:
        """Whether all runs are done; False after an interruption."""
        return len(self._runs) >= self._facts.planned

    @property
    def metric(self) -> str:
        """The name of the score as scikit-learn calls its scorer, such as `"accuracy"`."""
        return self._facts.metric

    @property
    def judged(self) -> str:
        """What the scores were measured on, in words."""
        return self._facts.judged

    def best(self, labels: int | None = None) -> ComparedStrategy:
        """Return the strategy with the highest mean score, which may be so by chance.

        Args:
            labels: Number of labels; the largest by default.

        Raises:
            ValueError: No strategy has a score with this number of labels.
        """
        counts = sorted({row.labels for row in self if row.runs})
        chosen = counts[-1] if labels is None and counts else labels
        if chosen not in counts:
            raise ValueError(f"`labels` is one of {counts}. Received: {labels!r}.")
        return next(row for row in self if row.labels == chosen)

    def verdict(self) -> Verdict:
        """Return in a few sentences what the runs say, and as facts."""
        folds = self._facts.folds
        return verdict(
            self._runs, metric=self.metric, cross_validated=folds is not None, folds=folds or FOLDS
        )

    def plot(self, path: str | Path | None = None) -> Any:
        """Draw the scores against the number of labels: a line for each strategy, with a band.

        Args:
            path: Where to save the picture; the ending says the format, such as `.png` or `.svg`.
                None, the default, to get the figure.

        Returns:
            The path, or a `matplotlib.figure.Figure`, which notebooks show.

        Raises:
            MissingExtra: matplotlib is not installed.
        """
        if path is not None:
            return plot_scores(self._runs, self.verdict(), path, metric=self.metric)
        picture = lines_of_scores(self._runs, self.verdict(), self.metric)
        return drawn(picture.draw, WIDTH, HEIGHT)

    def to_frame(self) -> Any:
        """Return a `pandas.DataFrame` with a row for each strategy and number of labels.

        `pandas.DataFrame(comparison.runs)` has a row for each run.

        Raises:
            MissingExtra: pandas is not installed.
        """
        return frame(self)

    @property
    def title(self) -> str:
        """What was compared, and what the scores were measured on."""
        return f"{self._facts.title}: {self._words.name}, {self.judged}"

    @property
    def header(self) -> Sequence[str]:
        """Titles of the columns."""
        columns = ("labels", "strategy", self._words.name, "spread")
        against = ("against scratch", "95% interval") if self._has_control else ()
        return (*columns, *against, "seconds", "parameters", *self._failed("failed"))

    @property
    def footer(self) -> str:
        """Why runs failed."""
        errors: dict[str, str] = {}
        for run in self._runs:
            if run.error:
                errors.setdefault(run.strategy, run.error)
        return "\n".join(f"`{name}` failed: {error}" for name, error in errors.items())

    def cells(self, record: ComparedStrategy) -> Sequence[object]:
        """Return what the columns show of a strategy."""
        numbers = (_number(record.score), _number(record.spread))
        against = (_signed(record.difference), _interval(record)) if self._has_control else ()
        cost = (_seconds(record.seconds), record.parameters if record.runs else None)
        failed = self._failed(record.failures or None)
        return (record.labels, record.strategy, *numbers, *against, *cost, *failed)

    @property
    def _has_control(self) -> bool:
        return any(row.difference is not None for row in self)

    def _failed(self, cell: object) -> tuple[object, ...]:
        """Return a cell of a column that is there if a run failed."""
        return (cell,) if any(row.failures for row in self) else ()


def _number(value: float | None) -> str | None:
    return None if value is None or value != value else f"{value:.3f}"


def _signed(value: float | None) -> str | None:
    return None if value is None else f"{value:+.3f}"


def _interval(record: ComparedStrategy) -> str | None:
    if record.low is None or record.high is None:
        return None
    return f"{record.low:+.3f} to {record.high:+.3f}"


def _seconds(value: float) -> str | None:
    return None if value != value else f"{value:.3g}"
