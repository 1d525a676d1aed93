"""The results of a search, as a table and a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

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
        score: Value of the objective in its best epoch; None if it failed.
    """

    trial_id: str
    phase: str
    cut: str
    depth: int
    epochs: int
    score: float | None


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
        scored = [trial for trial in self if trial.score is not None]
        if not scored:
            raise ValueError("No trial has a score. Call `tuner.search(...)` first.")
        return self._better(scored)

    def plot(self, path: str | Path) -> Path:
        """Save a picture: score against depth, a line for frozen and one for fine-tuned trunks.

        Args:
            path: Where to save it; the ending says the format, such as `.png` or `.svg`.

        Raises:
            MissingExtra: matplotlib is not installed.
        """
        lines = {phase: self._line(phase) for phase in ("frozen", "fine-tuned")}
        return plot_depths(lines, path, score_name=self._objective, layers=self._layers)

    def _line(self, phase: str) -> list[DepthScore]:
        scored = [t for t in self if t.phase == phase and t.score is not None]
        by_cut = [[t for t in scored if t.cut == layer] for layer in self._layers]
        best = [self._better(trials) for trials in by_cut if trials]
        return [DepthScore(trial.cut, trial.score or 0.0) for trial in best]

    def _better(self, trials: Sequence[SearchTrial]) -> SearchTrial:
        sign = 1 if self._direction == "max" else -1
        return max(trials, key=lambda trial: sign * (trial.score or 0.0))

    @property
    def header(self) -> Sequence[str]:
        """Titles of the columns."""
        return ("trial", "phase", "depth", "cut", "epochs", self._objective)

    def cells(self, record: SearchTrial) -> Sequence[object]:
        """Return what the columns show of a trial."""
        score = None if record.score is None else f"{record.score:.3f}"
        return (record.trial_id, record.phase, record.depth, record.cut, record.epochs, score)
