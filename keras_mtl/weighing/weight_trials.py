"""The score of the main task with each weight of its helpers, and the weight that is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import NamedTuple

from keras_mtl.common.records import Records


@dataclass(frozen=True)
class WeightTrial:
    """The short runs with one weight of the helpers' losses.

    Attributes:
        weight: What the losses of the helpers are multiplied with; 0 leaves the helpers out.
        score: The mean score of the main task over the seeds; NaN if a run diverged.
        spread: The standard deviation over the seeds; None for one seed.
        chosen: Whether the score is the best one.
    """

    weight: float
    score: float
    spread: float | None
    chosen: bool


class Search(NamedTuple):
    """What was tried on.

    Attributes:
        main: The main task.
        helpers: Its helpers.
        metric: The name of the score in the logs, such as `val_hair_loss`.
        steps: The steps of a run.
        seeds: The number of runs with each weight.
    """

    main: str
    helpers: tuple[str, ...]
    metric: str
    steps: int
    seeds: int


class WeightTrials(Records[WeightTrial]):
    """Scores of the main task by the weight of its helpers: a list to index, a table to print.

    `tune_loss_weights` returns it.

    Attributes:
        search: What was tried on: `main`, `helpers`, `metric`, `steps`, `seeds`.
        loss_weights: The chosen weight of each helper's loss, as `compile(loss_weights=...)` takes
            them.

    Example:
        >>> from keras_mtl.weighing.weight_trials import Search, WeightTrial, WeightTrials
        >>> tried = [WeightTrial(0.0, 1.25, None, False), WeightTrial(0.3, 1.0, None, True)]
        >>> trials = WeightTrials(
        ...     tried, Search("hair", ("sex",), "val_hair_loss", 300, 1), {"sex": 0.3})
        >>> trials.best.weight, trials.search.main, trials.loss_weights
        (0.3, 'hair', {'sex': 0.3})
    """

    def __init__(
        self, records: Sequence[WeightTrial], search: Search, loss_weights: dict[str, float]
    ) -> None:
        super().__init__(records)
        self.search = search
        self.loss_weights = loss_weights

    @property
    def best(self) -> WeightTrial:
        """The chosen trial."""
        return next(trial for trial in self if trial.chosen)

    @property
    def header(self) -> Sequence[str]:
        """Titles of the columns."""
        spread = ["spread"] if self.search.seeds > 1 else []
        return [f"weight of {', '.join(self.search.helpers)}", self.search.metric, *spread, ""]

    def cells(self, record: WeightTrial) -> Sequence[object]:
        """Return what the columns show of a trial."""
        score = "diverged" if isnan(record.score) else f"{record.score:.4f}"
        spread = "" if record.spread is None else f"{record.spread:.4f}"
        columns = [f"{record.weight:g}", score, *([spread] if self.search.seeds > 1 else [])]
        return [*columns, "chosen" if record.chosen else ""]

    @property
    def footer(self) -> str:
        """What the chosen weight says."""
        chosen = [trial for trial in self if trial.chosen]
        if not chosen:
            return ""
        weight, helpers = chosen[0].weight, ", ".join(self.search.helpers)
        runs = f"{self.search.steps} steps, {self.search.seeds} seed{'s' * (self.search.seeds > 1)}"
        if weight == 0:
            return (
                f"{runs}: {self.search.main} does not gain from {helpers}. Leave the data of "
                f"{helpers} out of `fit`: momentum, weight decay and batch statistics would move "
                "the trunk in steps whose loss is multiplied with 0."
            )
        if len(self) > 1 and weight == max(trial.weight for trial in self):
            return f"{runs}: the largest weight is chosen, so larger ones may be better still."
        return f"{runs}."
