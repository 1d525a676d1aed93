"""The scores of all depths, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from keras_mtl.common.records import Records
from keras_mtl.pictures.scores_by_depth import DepthScore, plot_depths

DIGITS = 6
"""Digits of a merit that are compared: equal features differ in the others by rounding."""


@dataclass(frozen=True)
class Probe:
    """How well the features at one depth suit the task.

    Attributes:
        depth: Place among the depths probed, from 1 at the inputs.
        layer: Name of the last layer kept: what `transfer` takes as `cut`.
        cut: Number of layers removed; None where no number stands for this cut.
        shape: Shape of the features there; None for a dimension of any size.
        params: Number of parameters in the layers kept.
        score: Higher is better. An accuracy may fall below chance, even to 0, for features that
            tell next to nothing: the class of a sample left out is rarer among the others.
        spread: Standard error of the score over the samples left out; None for probes that leave
            none out.
        fit: Fraction of label entropy or variance that ridge explains for samples left out; it
            can be negative. With few labels it ranks depths better than the accuracy, which moves
            in steps of one sample. None for other probes.

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
        """The number that depths are ranked by: `fit` if there is one, else `score`."""
        return self.score if self.fit is None else self.fit


class Probes(Records[Probe]):
    """The probes of a model from its inputs to its outputs: indexes as a list, prints as a table.

    Args:
        model_name: Name of the model.
        metric: What the scores are, such as `"accuracy"`.
        probes: The probes, from the inputs to the outputs.
        chance: The score of predictions that do not look at the features; None for a score that
            has none.

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

    index_column = "depth"

    def __init__(
        self,
        model_name: str,
        metric: str,
        probes: Sequence[Probe],
        chance: float | None = None,
    ) -> None:
        super().__init__(probes)
        self._model_name = model_name
        self._metric = metric
        self._chance = chance

    @property
    def metric(self) -> str:
        """The name of the score, such as `"accuracy"`."""
        return self._metric

    @property
    def chance(self) -> float | None:
        """The score of predictions that do not look at the features, such as 0.5 of two classes.

        None for LogME and H-score, which have none.
        """
        return self._chance

    @property
    def ranking(self) -> list[Probe]:
        """The probes from best to worst; the shallower of equal ones comes first."""
        return sorted(self, key=lambda probe: (-round(probe.merit, DIGITS), probe.depth))

    @property
    def best(self) -> Probe:
        """The first of the `ranking`."""
        return self.ranking[0]

    def plot(self, path: str | Path) -> Path:
        """Save a picture of the score against the depth, with a line at chance.

        A depth whose score is below chance tells nothing of the task: its mark is hollow, and
        stands at chance.

        Args:
            path: Where to save it; the ending says the format, such as `.png` or `.svg`.

        Raises:
            MissingExtra: matplotlib is not installed.
        """
        points = [DepthScore(p.layer, p.score, p.spread or 0.0) for p in self]
        layers = [probe.layer for probe in self]
        return plot_depths(
            {"": points}, path, layers=layers, score_name=self._metric, chance=self._chance
        )

    @property
    def title(self) -> str:
        """The name of the model."""
        return f"Probes of `{self._model_name}`"

    @property
    def header(self) -> Sequence[str]:
        """Titles of the columns."""
        return ("depth", "layer", "shape", "params kept", self._metric, "spread", "fit")

    @property
    def footer(self) -> str:
        """The best layer."""
        return f"Best: `{self.best.layer}`"

    def cells(self, record: Probe) -> Sequence[object]:
        """Return what the columns show of a depth."""
        numbers = map(_rounded, (record.score, record.spread, record.fit))
        return (record.depth, record.layer, str(record.shape), record.params, *numbers)


def _rounded(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f}"
