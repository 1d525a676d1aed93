"""What a search found: a record a trial, a table, a frame and a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

from keras_mtl.common.tables import frame, text_table
from keras_mtl.pictures.scores_by_depth import DepthScore, plot_depths


@dataclass(frozen=True)
class SearchTrial:
    """One trial that trained something.

    Attributes:
        trial_id: Its identifier, the name of its folder.
        phase: `"frozen"` or `"fine-tuned"`.
        cut: Name of the last layer kept.
        depth: Place of the cut among those searched, from 1 at the inputs.
        epochs: Number of epochs that it trained, not counting the trial it went on from.
        score: Value of the objective in its best epoch; None if it failed.
    """

    trial_id: str
    phase: str
    cut: str
    depth: int
    epochs: int
    score: float | None


class SearchResults(Sequence[SearchTrial]):
    """The trials of a search in the order in which they ran; prints as a table."""

    def __init__(
        self, objective: str, direction: str, layers: Sequence[str], trials: Sequence[SearchTrial]
    ) -> None:
        self._objective = objective
        self._direction = direction
        self._layers = tuple(layers)
        self._trials = tuple(trials)

    @property
    def best(self) -> SearchTrial:
        """The trial with the best score; of equal ones the first.

        Raises:
            ValueError: No trial has a score yet.
        """
        scored = [trial for trial in self if trial.score is not None]
        if not scored:
            raise ValueError("No trial has a score. Call `tuner.search(...)` first.")
        return self._better(scored)

    def to_frame(self) -> Any:
        """A `pandas.DataFrame` with a row a trial.

        Raises:
            MissingExtra: pandas is not installed.
        """
        return frame(self)

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

    def __len__(self) -> int:
        return len(self._trials)

    @overload
    def __getitem__(self, index: int) -> SearchTrial: ...
    @overload
    def __getitem__(self, index: slice) -> SearchResults: ...
    def __getitem__(self, index: int | slice) -> SearchTrial | SearchResults:
        if isinstance(index, slice):
            chosen = self._trials[index]
            return SearchResults(self._objective, self._direction, self._layers, chosen)
        return self._trials[index]

    def __iter__(self) -> Iterator[SearchTrial]:
        return iter(self._trials)

    def __repr__(self) -> str:
        header = ("trial", "phase", "depth", "cut", "epochs", self._objective)
        rows = [
            (
                t.trial_id,
                t.phase,
                t.depth,
                t.cut,
                t.epochs,
                f"{t.score:.3f}" if t.score is not None else None,
            )
            for t in self
        ]
        return text_table(header, rows)
