"""The scores of many depths: frozen records that print as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

from keras_mtl.common.tables import frame, text_table
from keras_mtl.pictures.scores_by_depth import DepthScore, plot_depths

DIGITS = 6
"""Of a merit; what comes after them is rounding, in which equal features differ."""


@dataclass(frozen=True)
class Probe:
    """How well the features at one depth suit the task.

    Attributes:
        depth: Place among the depths probed, from 1 at the inputs.
        layer: Name of the last layer kept: what `transfer` takes as `cut`.
        cut: Number of layers removed; None where no number stands for this cut.
        shape: Shape of the features there; None for a dimension of any size.
        params: Number of parameters in the layers kept.
        score: Higher is better. An accuracy may fall below chance, even to 0, where features tell
            next to nothing: without its own sample each class is rarer than the others.
        spread: Standard error of the score over the samples left out; None for scores that leave
            none out.
        fit: Share of the entropy of the classes, or of the variance of numbers, that ridge tells
            right for samples left out; it can be negative. With few labels it ranks depths better
            than the accuracy, in steps of one sample, can. None for other probes.

    Example:
        >>> import keras_mtl
        >>> probe = keras_mtl.Probe(1, "conv", 3, (None, 6, 6, 8), 80, 0.75, 0.04, fit=0.4)
        >>> probe.merit
        0.4
    """

    depth: int
    layer: str
    cut: int | None
    shape: tuple[int | None, ...]
    params: int
    score: float
    spread: float | None
    fit: float | None = None

    @property
    def merit(self) -> float:
        """What depths are ranked by: `fit` where there is one, `score` elsewhere."""
        return self.score if self.fit is None else self.fit


class Probes(Sequence[Probe]):
    """The probes of a model from its inputs to its outputs; indexes as a list, prints as a table.

    Args:
        model_name: Name of the model.
        metric: What the scores are, such as `"accuracy"`.
        probes: The probes, from the inputs to the outputs.

    Example:
        >>> import keras_mtl
        >>> conv = keras_mtl.Probe(1, "conv", 1, (None, 6, 6, 8), 80, 0.75, 0.04, fit=0.4)
        >>> dense = keras_mtl.Probe(2, "dense", 0, (None, 4), 1236, 0.5, 0.05, fit=0.2)
        >>> keras_mtl.Probes("small", "accuracy", [conv, dense])
        Probes of `small`
        depth   layer   shape             params kept   accuracy   spread   fit
        ─────────────────────────────────────────────────────────────────────────
            1   conv    (None, 6, 6, 8)            80   0.750      0.040    0.400
            2   dense   (None, 4)               1,236   0.500      0.050    0.200
        Best: `conv`
    """

    def __init__(self, model_name: str, metric: str, probes: Sequence[Probe]) -> None:
        self._model_name = model_name
        self._metric = metric
        self._probes = tuple(probes)

    @property
    def metric(self) -> str:
        """What the score is, such as `"accuracy"`."""
        return self._metric

    @property
    def ranking(self) -> list[Probe]:
        """The probes from best to worst; of equal ones the shallower comes first."""
        return sorted(self, key=lambda probe: (-round(probe.merit, DIGITS), probe.depth))

    @property
    def best(self) -> Probe:
        """The first of the `ranking`."""
        return self.ranking[0]

    def plot(self, path: str | Path) -> Path:
        """Save a picture of the score against the depth.

        Args:
            path: Where to save it; the ending says the format, such as `.png` or `.svg`.

        Raises:
            MissingExtra: matplotlib is not installed.
        """
        points = [DepthScore(p.layer, p.score, p.spread or 0.0) for p in self]
        layers = [probe.layer for probe in self]
        return plot_depths({"probe": points}, path, layers=layers, score_name=self._metric)

    def to_frame(self) -> Any:
        """A `pandas.DataFrame` with a row a depth.

        Raises:
            MissingExtra: pandas is not installed.
        """
        return frame(self).set_index("depth")

    def __len__(self) -> int:
        return len(self._probes)

    @overload
    def __getitem__(self, index: int) -> Probe: ...
    @overload
    def __getitem__(self, index: slice) -> Probes: ...
    def __getitem__(self, index: int | slice) -> Probe | Probes:
        if isinstance(index, slice):
            return Probes(self._model_name, self._metric, self._probes[index])
        return self._probes[index]

    def __iter__(self) -> Iterator[Probe]:
        return iter(self._probes)

    def __repr__(self) -> str:
        title = f"Probes of `{self._model_name}`"
        if not self._probes:
            return f"{title}: none"
        header = ("depth", "layer", "shape", "params kept", self._metric, "spread", "fit")
        rows = [
            (p.depth, p.layer, str(p.shape), p.params, *map(_rounded, (p.score, p.spread, p.fit)))
            for p in self
        ]
        return f"{title}\n" + text_table(header, rows, footer=f"Best: `{self.best.layer}`")


def _rounded(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f}"
