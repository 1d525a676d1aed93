"""What transfer brings, as statistics: the ways of `keras_mtl.compare` on pairs of tasks.

Each claim is judged by the verdict on the strategies that it is about, so all that it says of one
pair, at all numbers of labels together, is wrong for at most 5% of pairs on which they are equal. A
claim holds or fails at a number of labels only beyond the noise of seeds and of test rows.

Runs are kept in a directory: the same call goes on where a killed one was. The alternating way has
2,000 rows of the first task, of which the network has learnt.

python benchmarks/claims.py DIRECTORY [--pairs NAME ...] [--labels N ...] [--seeds N]
    [--strategies NAME ...]
"""

import argparse
import re
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
from _claim_pairs import PAIRS

from keras_mtl import compare
from keras_mtl.results.summary import summarise
from keras_mtl.results.verdict import verdict

STATIC = ("features+knn", "features+logistic", "frozen")
TUNED = ("fine-tuned",)
ALL = (*STATIC, *TUNED, "alternating", "from-scratch")
AUXILIARY = 2000
CLAIMS = {
    "transfer beats scratch": ((*STATIC, *TUNED), ("from-scratch",)),
    "a static trunk beats fine-tuning": (STATIC, TUNED),
    "alternating beats fine-tuning": (("alternating",), TUNED),
    "logistic regression beats kNN": (("features+logistic",), ("features+knn",)),
}
"""By claim, the strategies of which the best is better, and those of which the best is worse."""


def compared(name, folder, labels, seeds, strategies):
    """Return the comparison of a pair, with the runs that are in the folder already."""
    pair = PAIRS[name]
    rows = pair.rows()
    place = folder / re.sub(r"\W+", "_", name)
    place.mkdir(parents=True, exist_ok=True)
    network = place / "network.keras"
    if not network.exists():
        pair.train(rows).save(network)
    return compare(
        keras.saving.load_model(network),
        *rows.pool,
        test=rows.test,
        auxiliary=tuple(part[:AUXILIARY] for part in rows.first),
        cut=pair.cut,
        labels=labels or list(pair.labels),
        seeds=seeds,
        strategies=list(strategies),
        directory=place / "runs",
        verbose=0,
    )


class Judged(NamedTuple):
    """A claim at one number of labels: the lead in points, negative if the other side leads."""

    labels: int
    points: float
    holds: bool
    fails: bool

    def __str__(self):
        word = "yes" if self.holds else "**no**" if self.fails else "?"
        return f"{self.labels:,}: {self.points:+.1f} {word}"


def judged(runs, better, worse):
    """Return whether the best of some strategies is better, for each number of labels."""
    chosen = [run for run in runs if run.strategy in (*better, *worse)]
    found = []
    for one in verdict(chosen, control=worse[0]).standings:
        leads = one.best in better
        others = [name for name in (worse if leads else better) if name in one.differences]
        if others:
            least = 100 * min(one.differences[name].mean for name in others)
            told = all(name in one.behind for name in others)
            points = least if leads else -least
            found.append(Judged(one.labels, points, told and leads, told and not leads))
    return found


def facts(runs):
    """Return what is said of one pair, by claim."""
    said = {
        claim: "; ".join(map(str, judged(runs, *sides))) or "not measured"
        for claim, sides in CLAIMS.items()
    }
    ways = [run for run in runs if run.strategy in (*STATIC, *TUNED)]
    said["where they cross"] = "; ".join(
        f"{one.after} overtakes {one.before} between {one.low:,} and {one.high:,}"
        for one in verdict(ways).crossings
    )
    whole = verdict(runs)
    said["transfer hurts"] = ", ".join(f"{count:,}" for count in whole.negative_transfer)
    said["times as fast as fine-tuning"] = ", ".join(
        f"{one.strategy} {one.times:.1f}" for one in whole.speeds
    )
    return {claim: words or "nowhere beyond the noise" for claim, words in said.items()}


def scores(runs):
    """Return a table of means in Markdown."""
    summaries = summarise(runs)
    counts = sorted({one.labels for one in summaries})
    means = {(one.strategy, one.labels): one.mean for one in summaries}
    yield f"| accuracy in % | {' | '.join(f'{count:,} labels' for count in counts)} |"
    yield "|---" * (len(counts) + 1) + "|"
    for strategy in dict.fromkeys(one.strategy for one in summaries):
        cells = [f"{100 * means.get((strategy, count), np.nan):.1f}" for count in counts]
        yield f"| {strategy} | {' | '.join(cells)} |"


def written(name, runs):
    """Yield the lines on one pair: scores, the claims, the verdict."""
    seeds, judges = {run.seed for run in runs}, [run for run in runs if run.gains is not None]
    yield from (f"## {name}", "", f"{len(seeds)} seeds, {judges[0].gains.size:,} test rows.", "")
    yield from scores(runs)
    yield from ("", "| claim | lead in points at each number of labels |", "|---|---|")
    yield from (f"| {claim} | {words} |" for claim, words in facts(runs).items())
    yield ""
    yield from (f"> {sentence}  " for sentence in verdict(runs).sentences)
    yield ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("--pairs", nargs="+", default=list(PAIRS), choices=list(PAIRS))
    parser.add_argument("--labels", nargs="+", type=int)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--strategies", nargs="+", default=ALL)
    given = parser.parse_args()
    for name in given.pairs:
        runs = compared(name, given.directory, given.labels, given.seeds, given.strategies).runs
        print("\n".join(written(name, runs)), flush=True)


if __name__ == "__main__":
    main()
