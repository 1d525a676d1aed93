"""What a comparison has found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from keras_mtl.common.records import Records
from keras_mtl.common.tables import frame
from keras_mtl.comparing.compared_strategy import ComparedStrategy, compared_strategies
from keras_mtl.comparing.comparison_report import report_data
from keras_mtl.comparing.experiment import Experiment
from keras_mtl.comparing.final_training import train_on_all
from keras_mtl.comparing.label_draws import FOLDS
from keras_mtl.explaining.explain import explain
from keras_mtl.explaining.explanation import Explanation
from keras_mtl.explaining.read_network import network_parts
from keras_mtl.graph.functional_models import checked_functional
from keras_mtl.pictures.drawing import drawn
from keras_mtl.report.page import write_report
from keras_mtl.report.scores_by_labels import HEIGHT, WIDTH, lines_of_scores, plot_scores
from keras_mtl.results.metric_words import MetricWords
from keras_mtl.results.run import Run
from keras_mtl.results.verdict import Verdict, verdict


class Comparison(Records[ComparedStrategy]):
    """The strategies of a comparison by number of labels: prints as a table, indexes as a list.

    It is what `compare` returns. For each number of labels the strategy with the highest mean
    score comes first; `.verdict()` says which differences are beyond the noise.

    Args:
        experiment: What was compared, on what.
        runs: The runs that are done.

    Example:
        >>> import keras, keras_mtl
        >>> trained = keras.Sequential([
        ...     keras.Input((4,)),
        ...     keras.layers.Dense(8, activation="relu", name="features"),
        ...     keras.layers.Dense(2, activation="softmax"),
        ... ])
        >>> x = np.random.default_rng(0).normal(size=(60, 4))
        >>> comparison = keras_mtl.compare(
        ...     trained, x, x[:, 0] > 0, strategies=["frozen", "features+knn"],
        ...     labels=[20, 40], seeds=2, verbose=0)
        >>> [(row.labels, row.runs) for row in comparison]
        [(20, 2), (20, 2), (40, 2), (40, 2)]
        >>> len(comparison.runs)
        8
        >>> comparison.judged
        '5-fold cross-validation of 60 rows, repeated 2 times'
    """

    def __init__(self, experiment: Experiment, runs: Sequence[Run]) -> None:
        super().__init__(compared_strategies(runs, experiment.folds))
        self._experiment = experiment
        self._runs = tuple(runs)
        self._words = MetricWords(experiment.metric.name)

    @property
    def runs(self) -> tuple[Run, ...]:
        """All runs, those that failed too: by strategy, number of labels and seed."""
        return self._runs

    @property
    def metric(self) -> str:
        """The name of the score as scikit-learn calls its scorer, such as `"accuracy"`."""
        return self._experiment.metric.name

    @property
    def judged(self) -> str:
        """What the scores were measured on, in words."""
        return self._experiment.judged

    @property
    def classes(self) -> tuple[Any, ...] | None:
        """The classes in the order of the outputs of a model; None of measured numbers."""
        return self._experiment.classes

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

    def best_model(self, labels: int | None = None) -> Any:
        """Return the best strategy, trained anew on all labels of `x`.

        Its depth, rates and epochs are chosen by all labels.

        Args:
            labels: Number of labels with which it was the best; the largest by default.

        Returns:
            A `TransferModel`, whose outputs are in the order of `classes`; or an object with
            `predict`: a pipeline of scikit-learn, or the object of yours.
        """
        return train_on_all(self._experiment, self.best(labels).strategy)

    def verdict(self) -> Verdict:
        """Return in a few sentences what the runs say, and as facts."""
        folds = self._experiment.folds
        return verdict(
            self._runs, metric=self.metric, cross_validated=folds is not None, folds=folds or FOLDS
        )

    def explain(self, labels: int | None = None) -> Explanation:
        """Return what `best_model(labels)` gets right and wrong on the test rows.

        Args:
            labels: As for `best_model`.

        Raises:
            ValueError: The comparison had no test rows.
        """
        if self._experiment.test is None:
            raise ValueError(
                "`explain` needs rows that the best model was not trained on, and this comparison "
                "had no `test`. Pass `compare(test=(x, y))`, or call "
                "`keras_mtl.explain(comparison.best_model(), x, y)` with other rows."
            )
        return self._explained(self.best_model(labels))

    def _explained(self, best: Any) -> Explanation:
        """Return what a model, or what has `predict`, gets right and wrong on the test rows."""
        task, test = self._experiment.task, self._experiment.test
        assert test is not None
        x = keras.tree.pack_sequence_as(checked_functional(task.model).input, test.samples.inputs)
        if not isinstance(best, keras.Model):
            return explain(best, x, task.labels.decode(task.labels.targets(test.values)))
        names = None if self.classes is None else list(map(str, self.classes))
        return explain(best, x, test.values, classes=names, verbose=0)

    def report(self, path: str | Path) -> Path:
        """Write a page with all that the comparison says: it needs no network and no script.

        It shows the best model, trained anew on all labels, and with test rows what it gets wrong.

        Args:
            path: Where to write it, such as `"report.html"`; what is there is replaced.

        Raises:
            MissingExtra: jinja2 or matplotlib is not installed.
        """
        model = self.best_model() if any(row.runs for row in self) else None
        tested = model is not None and self._experiment.test is not None
        data = report_data(
            self._experiment,
            self._runs,
            self.verdict(),
            network=network_parts(model) if isinstance(model, keras.Model) else None,
            explanation=self._explained(model) if tested else None,
        )
        return write_report(data, path)

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
        return f"{self._experiment.title}: {self._words.name}, {self.judged}"

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
