"""What a comparison says, in plain sentences and as facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

from keras_mtl.results.crossing import Crossing, crossings
from keras_mtl.results.expected_gain import ExpectedGain, expected_gain
from keras_mtl.results.metric_words import MetricWords
from keras_mtl.results.run import Run
from keras_mtl.results.run_groups import RunGroups
from keras_mtl.results.speed import Speed, speeds
from keras_mtl.results.standing import Standing, standings
from keras_mtl.results.verdict_sentences import (
    crossing_sentences,
    gain_sentences,
    limits,
    speed_sentences,
    standing_sentences,
    transfer_sentences,
)

LEVEL = 0.04
"""How often a comparison of equal strategies says that one is better, if the noise is normal.

Right and wrong predictions, and a few seeds, are not quite: 0.05 was 0.057 in 1,000 simulations.
"""


@dataclass(frozen=True)
class Verdict:
    """What a comparison says: prints as a few sentences, and has the facts as attributes.

    Attributes:
        standings: For each number of labels, from the fewest up, the best strategy, those that
            cannot be told apart from it, and those that are worse beyond the noise.
        crossings: Where one strategy overtakes another beyond the noise.
        negative_transfer: Numbers of labels with which the control is better than all other
            strategies beyond the noise.
        expected_gain: What twice the labels would bring the best strategy; None if the runs do
            not tell.
        speeds: How many times faster strategies with a static trunk are than fine-tuning.
        sentences: The sentences, the most important one first.
    """

    standings: tuple[Standing, ...]
    crossings: tuple[Crossing, ...]
    negative_transfer: tuple[int, ...]
    expected_gain: ExpectedGain | None
    speeds: tuple[Speed, ...]
    sentences: tuple[str, ...]

    @property
    def best(self) -> Mapping[int, str]:
        """The strategy with the highest mean score, by number of labels."""
        return {one.labels: one.best for one in self.standings}

    @property
    def ties(self) -> Mapping[int, tuple[str, ...]]:
        """The strategies that cannot be told apart from the best one, by number of labels."""
        return {one.labels: one.tied for one in self.standings}

    def __str__(self) -> str:
        return "\n".join(self.sentences)

    def _repr_html_(self) -> str:
        """Return the sentences as notebooks show them."""
        return "".join(f"<p>{escape(sentence)}</p>" for sentence in self.sentences)


def verdict(
    runs: Iterable[Run],
    *,
    metric: str = "accuracy",
    cross_validated: bool = False,
    folds: int = 5,
    control: str = "from-scratch",
) -> Verdict:
    """Return what a comparison says.

    Of comparisons in which strategies are equal, at most 5% say of any two of them, with any
    number of labels, that one is better than the other beyond the noise.

    Args:
        runs: Runs in any order.
        metric: Name of the score, as scikit-learn calls its scorer, such as `"accuracy"`.
        cross_validated: Whether scores are of cross-validations, one for each seed, with `gains`
            of all rows. Default: False.
        folds: Number of folds of a cross-validation, 5 by default.
        control: The strategy that does not use the trained network.

    Raises:
        ValueError: There are no runs, or two of the same strategy, number of labels and seed.
    """
    groups = RunGroups(runs)
    if not groups.labels:
        raise ValueError("A verdict needs runs. Received none.")
    used_folds = folds if cross_validated else None
    words = MetricWords(metric)
    found = standings(groups, LEVEL, used_folds, control)
    hurts = [one.labels for one in found if one.best == control and one.is_clear]
    gain = expected_gain(groups, found[-1].best, words.highest, used_folds) if found else None
    crossed, times = crossings(found), speeds(groups)
    sentences = [
        *standing_sentences(found, words),
        *transfer_sentences(found, control, words),
        *crossing_sentences(crossed),
        *gain_sentences(gain, words),
        *speed_sentences(times),
        *limits(groups, found, words, cross_validated=cross_validated),
    ]
    return Verdict(tuple(found), tuple(crossed), tuple(hurts), gain, tuple(times), tuple(sentences))
