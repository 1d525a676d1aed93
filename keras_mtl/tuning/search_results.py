"""The results of a search, as a table and a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from keras_mtl.common.records import Records
from keras_mtl.pictures.scores_by_depth import DepthScore, plot_depths


@dataclass(frozen=True)
class SearchTrial:
    """One trial that trained something.

    Attributes:
        trial_id: Its identifier, the name of its folder.
        phase: `"frozen"` or `"fine-tuned"`.
        cut: Name of the last layer kept.
        depth: Place of the cut among those searched, from 1 at the inputs.
        epochs: Number of epochs that it trained, those of the trial before it not counted.
        score: Value of the objective in its best epoch; None if it failed. With cross-validation
            the mean over the folds.
        spread: Standard error of the mean over the folds; None without cross-validation.
        fold_scores: The scores of the folds.
    """

    trial_id: str
    phase: str
    cut: str
    depth: int
    epochs: int
    score: float | None
    spread: float | None = None
    fold_scores: tuple[float, ...] = ()


class SearchResults(Records[SearchTrial]):
    """The trials of a search in the order in which they ran; prints as a table."""

    def __init__(
        self, objective: str, direction: str, layers: Sequence[str], trials: Sequence[SearchTrial]
    ) -> None:
        super().__init__(trials)
        self._objective = objective
        self._direction = direction
        self._layers = tuple(layers)

    @property
    def best(self) -> SearchTrial:
        """The trial with the best score; the first of equal ones.

        Raises:
            ValueError: No trial has a score yet.
        """
        if not self.ranking:
            raise ValueError("No trial has a score. Call `tuner.search(...)` first.")
        return self.ranking[0]

    @property
    def ranking(self) -> Self:
        """The trials with a score, the best one first."""
        scored = [trial for trial in self if trial.score is not None]
        return self.of(sorted(scored, key=self._rank))

    def plot(self, path: str | Path) -> Path:
        """Save a picture: the best score of each depth that was tried, frozen and fine-tuned.

        Args:
            path: Where to save it; the ending says the format, such as `.png` or `.svg`.

        Raises:
            MissingExtra: matplotlib is not installed.
        """
        points = {phase: self._points(phase) for phase in ("frozen", "fine-tuned")}
        return plot_depths(
            points, path, score_name=self._objective, layers=self._layers, connected=False
        )

    def _points(self, phase: str) -> list[DepthScore]:
        best: dict[str, float] = {}
        for trial in self.ranking:
            if trial.phase == phase and trial.score is not None:
                best.setdefault(trial.cut, trial.score)
        return [DepthScore(layer, best[layer]) for layer in self._layers if layer in best]

    def _rank(self, trial: SearchTrial) -> float:
        score = trial.score or 0.0
        return -score if self._direction == "max" else score

    @property
    def header(self) -> Sequence[str]:
        """Titles of the columns."""
        columns = ("trial", "phase", "depth", "cut", "epochs", self._objective)
        return (*columns, "spread") if self._has_spread else columns

    def cells(self, record: SearchTrial) -> Sequence[object]:
        """Return what the columns show of a trial."""
        values = (record.score, record.spread) if self._has_spread else (record.score,)
        numbers = [None if value is None else f"{value:.3f}" for value in values]
        return (record.trial_id, record.phase, record.depth, record.cut, record.epochs, *numbers)

    @property
    def _has_spread(self) -> bool:
        return any(trial.spread is not None for trial in self)
