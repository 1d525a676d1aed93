"""The scores of all depths, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_mtl.common.records import Records
from keras_mtl.pictures.scores_by_depth import DepthScore, plot_depths
from keras_mtl.scores.spectrum import Floats

DIGITS = 6
"""Digits of a merit that are compared: equal features differ in the others by rounding."""
NAMED = 3
"""Depths within the noise that the line below the table names."""


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
            can be negative. It decides between depths whose scores are within the noise. None for
            other probes.

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
        """The number that decides within the noise: `fit` if there is one, else `score`."""
        return self.score if self.fit is None else self.fit


class Probes(Records[Probe]):
    """The probes of a model from its inputs to its outputs: indexes as a list, prints as a table.

    Args:
        model_name: Name of the model.
        metric: What the scores are, such as `"accuracy"`.
        probes: The probes, from the inputs to the outputs.
        chance: The score of predictions that do not look at the features; None for a score that
            has none.
        errors: Standard errors of the differences between the scores of two depths on the same
            samples, a row and a column for each of `probes`. By default the spread of the better
            one, which is much larger.
        shallow_first: Whether the shallowest depth within the noise is the best, and not the one
            with the highest merit.

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
        errors: Floats | None = None,
        *,
        shallow_first: bool = False,
    ) -> None:
        super().__init__(probes)
        self._model_name = model_name
        self._metric = metric
        self._chance = chance
        self._shallow_first = shallow_first
        numbers = {probe.depth: number for number, probe in enumerate(self)}
        self._numbers, self._errors = numbers, errors

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
        """The probes from best to worst: each is the best one of those that are left.

        The best of several depths is the one with the highest merit of those whose scores are
        within one standard error of the highest score; the shallower of equal ones. For numbers,
        whose merit is their score, it is the shallowest of them (the one-standard-error rule of
        Breiman et al., 1984): depth can only lose what the other task did not need.
        """
        left, ranked = list(self), []
        while left:
            ranked.append(min(self._within_noise(left), key=self._order))
            left.remove(ranked[-1])
        return ranked

    @property
    def best(self) -> Probe:
        """The first of the `ranking`."""
        return self.contenders[0]

    @property
    def contenders(self) -> list[Probe]:
        """The depths that may as well be the best, the best one first.

        Their scores are within one standard error of the highest score. The standard error is
        that of the difference on the same samples, which is smaller than the spread of a score.
        """
        return sorted(self._within_noise(list(self)), key=self._order)

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
        """The best layer, those that may as well be the best, and whether any tells something."""
        return f"Best: {self._named_contenders()}{self._doubt()}"

    def _named_contenders(self) -> str:
        best, *others = (f"`{probe.layer}`" for probe in self.contenders)
        if not others:
            return best
        named = others[:NAMED]
        if more := len(others) - len(named):
            named.append(f"{more} more")
        listed = " and ".join([", ".join(named[:-1]), named[-1]] if named[1:] else named)
        return f"{best}; {listed} {'are' if others[1:] else 'is'} within the noise"

    def _doubt(self) -> str:
        highest = max(self, key=lambda probe: probe.score)
        if self._chance is None or highest.spread is None:
            return ""
        # Two, as the highest of several scores of useless features is often one above chance.
        if highest.score > self._chance + 2 * highest.spread:
            return ""
        return f". No depth is above chance ({self._chance:.3f}) by two standard errors"

    def cells(self, record: Probe) -> Sequence[object]:
        """Return what the columns show of a depth."""
        numbers = map(_rounded, (record.score, record.spread, record.fit))
        return (record.depth, record.layer, str(record.shape), record.params, *numbers)

    def _within_noise(self, probes: Sequence[Probe]) -> list[Probe]:
        highest = max(probes, key=lambda probe: probe.score)
        return [one for one in probes if one.score + self._error(one, highest) >= highest.score]

    def _order(self, probe: Probe) -> tuple[float, int]:
        return 0.0 if self._shallow_first else -round(probe.merit, DIGITS), probe.depth

    def _error(self, one: Probe, highest: Probe) -> float:
        if self._errors is None:
            error = highest.spread or 0.0
        else:
            error = self._errors[self._numbers[one.depth], self._numbers[highest.depth]]
        return error + 10.0**-DIGITS


def errors_of_differences(gains: Floats) -> Floats:
    """Return the standard errors of the differences between the mean scores of two depths.

    Args:
        gains: How good the predictions at each depth are for each sample, of shape
            `(depths, samples)`.

    Returns:
        A symmetric matrix with a row and a column for each depth.
    """
    covariances = np.atleast_2d(np.cov(gains))
    variances = np.diag(covariances)
    differences = variances[:, None] + variances - 2 * covariances
    return np.sqrt(differences.clip(min=0) / gains.shape[1])


def _rounded(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f}"
