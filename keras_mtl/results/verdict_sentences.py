"""The sentences of a verdict: each is written only if the numbers carry it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from keras_mtl.results.crossing import Crossing
from keras_mtl.results.expected_gain import ExpectedGain
from keras_mtl.results.metric_words import MetricWords, listed
from keras_mtl.results.run_groups import RunGroups
from keras_mtl.results.speed import Speed
from keras_mtl.results.standing import Standing

NOISE = "beyond the noise"
FASTER = 1.5
"""From which ratio on a strategy is called faster."""


def standing_sentences(standings: Sequence[Standing], words: MetricWords) -> list[str]:
    """Return which strategy is the best, from the most labels down, like ones together.

    Where nothing can be told apart, the most and the fewest labels say enough.
    """
    groups = [list(group)[::-1] for _, group in groupby(reversed(standings), key=_likeness)]
    ends = (0, len(groups) - 1)
    return [
        _standing(alike, words)
        for place, alike in enumerate(groups)
        if place in ends or not alike[0].tied
    ]


def _likeness(one: Standing) -> object:
    """Return what numbers of labels have in common that one sentence tells of."""
    if _is_single(one):
        return "single"
    return one.best if one.is_clear else {one.best, *one.tied}


def _is_single(one: Standing) -> bool:
    """Return whether a single run is all that there is to compare."""
    return bool(one.tied) and all(one.differences[name].seeds < 2 for name in one.tied)


def _standing(alike: Sequence[Standing], words: MetricWords) -> str:
    first = alike[0]
    where = f"With {_counts([one.labels for one in alike])}"
    if first.is_clear:
        return f"{where}, {first.best} is the best: {_lead(alike, words)}, {NOISE}."
    if not first.tied:
        return f"{where}, {first.best} reaches {words.scores([one.mean for one in alike])}."
    highest = _highest(alike, words)
    if _is_single(first):
        doubt = f"a single run of each strategy cannot tell whether that is {NOISE}"
        return f"{where}, {highest}; {doubt}."
    seeds = _range([one.differences[name].seeds for one in alike for name in one.tied])
    names = listed([first.best, *first.tied])
    return f"{where}, {names} cannot be told apart with these {seeds} seeds; {highest}."


def _lead(alike: Sequence[Standing], words: MetricWords) -> str:
    following = {one.behind[0] for one in alike}
    name = f"{following.pop()}, the next" if len(following) == 1 else "the next"
    leads = words.difference(*(one.differences[one.behind[0]].mean for one in alike))
    return f"{words.scores([one.mean for one in alike])}, {leads} more than {name}"


def _highest(alike: Sequence[Standing], words: MetricWords) -> str:
    """Return which strategies have the highest means."""
    if len({one.best for one in alike}) == 1:
        scores = words.scores([one.mean for one in alike])
        return f"{alike[0].best} has the highest score{'s' * bool(alike[1:])}, {scores}"
    named = [f"{words.number(one.mean)} ({one.best})" for one in alike]
    return f"the highest scores are {listed(named)}"


def transfer_sentences(
    standings: Sequence[Standing], control: str, words: MetricWords
) -> list[str]:
    """Return what transfer brings where the control is behind, and where transfer hurts."""
    sentences = []
    better = [one for one in standings if control in one.behind and _is_news(one, control)]
    if better:
        parts = [
            f"{words.numbers(one.differences[control].mean)[0]}{{}} with {one.labels:,}"
            for one in better
        ]
        first = parts[0].format(f"{words.unit} more than {control}") + " labels"
        others = [part.format("") for part in parts[1:]]
        sentences.append(f"Transfer brings {listed([first, *others])}, {NOISE}.")
    hurt = [one.labels for one in standings if one.best == control and one.is_clear]
    if hurt:
        sentences.append(
            f"Transfer hurts with {_counts(hurt)} (negative transfer): "
            f"{control} is better than every other strategy, {NOISE}."
        )
    for one in standings:
        if one.best == control and one.behind and not one.is_clear:
            worse = f"{listed(one.behind)} {'are' if one.behind[1:] else 'is'} worse"
            sentences.append(
                f"With {_count(one.labels)}, {worse} than {control}, {NOISE}: negative transfer."
            )
    return sentences


def _is_news(standing: Standing, control: str) -> bool:
    """Return whether the sentence on the best strategy does not name the control yet."""
    return not (standing.is_clear and standing.behind[0] == control)


def crossing_sentences(crossings: Sequence[Crossing]) -> list[str]:
    """Return where one strategy overtakes another."""
    return [
        f"Between {one.low:,} and {one.high:,} labels, {one.after} overtakes {one.before}."
        for one in crossings
    ]


def gain_sentences(gain: ExpectedGain | None, words: MetricWords) -> list[str]:
    """Return what twice the labels would bring."""
    if gain is None:
        return []
    low, high = words.numbers(gain.low, gain.high)
    if gain.is_clear:
        return [
            f"With {_count(gain.labels)}, {gain.strategy} would likely gain "
            f"{words.difference(gain.mean)} more ({low} to {high})."
        ]
    return [
        f"Whether {_count(gain.labels)} would bring {gain.strategy} more cannot be told "
        f"({low} to {high}{words.unit})."
    ]


def speed_sentences(speeds: Sequence[Speed]) -> list[str]:
    """Return how many times faster some strategies are."""
    faster = [one for one in speeds if one.times >= FASTER]
    if not faster:
        return []
    first, *others = faster
    parts = [
        f"{first.strategy} trains {_times(first.times)} times as fast",
        *(f"{one.strategy} {_times(one.times)} times" for one in others),
    ]
    return [f"Against {first.against}, {listed(parts)}."]


def limits(
    groups: RunGroups,
    standings: Sequence[Standing],
    words: MetricWords,
    *,
    cross_validated: bool,
) -> list[str]:
    """Return what a reader must know of the numbers: failures, how they were measured."""
    sentences = []
    for name in groups.strategies:
        runs = [run for labels in groups.labels for run in groups.all(name, labels)]
        scored = sum(len(groups.scored(name, labels)) for labels in groups.labels)
        if failed := len(runs) - scored:
            sentences.append(f"{failed} of {len(runs)} runs of {name} failed.")
    compared = [one.differences[name] for one in standings for name in one.differences]
    claimed = [one.differences[name] for one in standings for name in one.behind]
    if cross_validated and any(one.seeds > 1 and not one.rows for one in compared):
        sentences.append(
            f"Nothing is told apart by {words.name} in cross-validation, whose repetitions share "
            "their rows: give test rows."
        )
    elif not all(one.rows for one in claimed):
        sentences.append(
            f"The noise is that of the seeds: how much the choice of the test rows adds is not "
            f"known for {words.name}."
        )
    if cross_validated:
        sentences.append("Scores are of cross-validation: no test rows were set aside.")
    return sentences


def _counts(counts: Sequence[int]) -> str:
    if len(counts) == 1:
        return _count(counts[0])
    return f"{listed([f'{count:,}' for count in counts])} labels"


def _count(count: int) -> str:
    return f"{count:,} label{'s' if count != 1 else ''}"


def _range(numbers: Sequence[int]) -> str:
    least, most = min(numbers), max(numbers)
    return f"{most}" if least == most else f"{least} to {most}"


def _times(times: float) -> str:
    return f"{times:.1f}" if times < 9.95 else f"{times:,.0f}"
