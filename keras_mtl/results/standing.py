"""Which strategy is the best with each number of labels, and which others may be."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from math import comb

from keras_mtl.results.paired_difference import PairedDifference, difference
from keras_mtl.results.run_groups import RunGroups

CONFIDENCE = 0.95
"""How often the interval of a single difference holds the true one."""


@dataclass(frozen=True)
class Standing:
    """The best strategy with one number of labels, and the others.

    Attributes:
        labels: Number of labels.
        best: The strategy with the highest mean score; of equal ones the first by name.
        mean: Its mean score.
        tied: Strategies that cannot be told apart from the best, from the highest mean down.
        behind: Strategies that are worse than the best beyond the noise, likewise.
        differences: How much better the best one is than each of the others.
    """

    labels: int
    best: str
    mean: float
    tied: tuple[str, ...]
    behind: tuple[str, ...]
    differences: Mapping[str, PairedDifference]

    @property
    def is_clear(self) -> bool:
        """Whether the best strategy is better than all others beyond the noise."""
        return bool(self.behind) and not self.tied


def standings(
    groups: RunGroups, level: float, folds: int | None, control: str | None = None
) -> list[Standing]:
    """Return a standing for each number of labels.

    `behind` holds an equal of the best in at most a fraction `level` of comparisons, over all
    numbers of labels. A best strategy is tested against the next one without a correction for
    having been chosen among several: of equal ones, the first leads the second by less than a
    given one the other. Where the best is not clear, those behind it are tested among all pairs,
    the farthest first, and the control among the pairs that it is in. No variance is shared between
    strategies: some vary much more than others. The numbers of labels are tested as Holm does.

    Args:
        groups: The runs.
        level: Probability of a wrong statement.
        folds: Number of folds; None if the scores are not of cross-validations.
        control: The strategy that does not use the trained network; None if there is none.

    Source:
        Gutmann and Maymin, "Is the selected population the best?", 1987; Hung and Fithian, "Rank
        verification for exponential families", 2019; Holm, "A simple sequentially rejective
        multiple test procedure", 1979.
    """
    leads = [_lead(groups, labels, folds) for labels in groups.labels]
    open_leads = sorted((lead for lead in leads if lead and lead.tied), key=_doubt)
    found = {lead.labels: lead for lead in leads if lead}
    while open_leads and _doubt(open_leads[0]) <= level / len(open_leads):
        clear = open_leads.pop(0)
        found[clear.labels] = replace(clear, tied=(), behind=clear.tied)
    for lead in open_leads:
        behind = _far_behind(lead, level / len(open_leads), control)
        tied = tuple(name for name in lead.tied if name not in behind)
        found[lead.labels] = replace(lead, tied=tied, behind=behind)
    return list(found.values())


def _lead(groups: RunGroups, labels: int, folds: int | None) -> Standing | None:
    """Return the best strategy, none of the others behind yet; None if all runs failed."""
    means = {name: groups.mean(name, labels) for name in groups.measured(labels)}
    if not means:
        return None
    best, *others = sorted(means, key=lambda name: (-means[name], name))
    compared = {name: difference(groups, best, name, labels, CONFIDENCE, folds) for name in others}
    return Standing(labels, best, means[best], tuple(others), (), compared)


def _doubt(lead: Standing) -> float:
    """Return the p-value of the best strategy against the one that is told apart worst."""
    return max(_p_value(one) for one in lead.differences.values())


def _p_value(one: PairedDifference) -> float:
    # Where runs failed, the seeds in common may say the opposite of the means.
    return one.p_value if one.mean > 0 else 1.0


def _far_behind(lead: Standing, level: float, control: str | None) -> tuple[str, ...]:
    """Return the strategies that are worse than the best among all pairs, from the highest down."""
    left = set(lead.tied)
    while beaten := {
        name
        for name in left
        if _p_value(lead.differences[name]) <= level / _comparisons(name, left, control)
    }:
        left -= beaten
    return tuple(name for name in lead.tied if name not in left)


def _comparisons(name: str, left: Set[str], control: str | None) -> float:
    """Return by how much the level is divided for one of those left beside the best.

    The control comes first, with nearly half of the level, as the test of it is one-sided. What is
    left pays for the pairs of the others, and for a best strategy that is clear by chance.
    """
    if control not in left:
        return comb(len(left) + 1, 2)
    return len(left) / 0.9 if name == control else 4 * comb(len(left), 2)
