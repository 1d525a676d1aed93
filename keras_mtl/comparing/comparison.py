"""What a comparison has found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from keras_mtl.comparing.compared_runs import ComparedRuns
from keras_mtl.comparing.comparison_facts import facts_of
from keras_mtl.comparing.comparison_report import report_data
from keras_mtl.comparing.experiment import Experiment
from keras_mtl.comparing.final_training import train_on_all
from keras_mtl.explaining.explain import explain
from keras_mtl.explaining.explanation import Explanation
from keras_mtl.explaining.read_network import network_parts
from keras_mtl.graph.functional_models import checked_functional
from keras_mtl.report.page import write_report
from keras_mtl.results.run import Run


class Comparison(ComparedRuns):
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
        super().__init__(facts_of(experiment), runs)
        self._experiment = experiment

    @property
    def classes(self) -> tuple[Any, ...] | None:
        """The classes in the order of the outputs of a model; None of measured numbers."""
        return self._experiment.classes

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
