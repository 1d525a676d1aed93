"""How often a verdict says "beyond the noise" of equal strategies (target: at most 5% of
comparisons), and how often it finds a difference that is there.

Comparisons are simulated: right and wrong predictions of strategies on the same test rows, with
rows that are easy for all, rows that suit a strategy, and trainings that vary from seed to seed,
for the last strategy twelve times as much as for the first one. The control is the last one.

A comparison is wrong if the verdict tells two strategies with the same effect apart, at any number
of labels. Where there are differences, the points are those between the best strategy and the next,
and between the best one and the control, averaged over the numbers of labels; found is the fraction
of label counts at which the verdict says so.

python benchmarks/calibrated_words.py [number of comparisons for each setting]
"""

import argparse
from dataclasses import replace

import numpy as np
from _simulated_runs import Setting, simulate

from keras_mtl.common.tables import text_table
from keras_mtl.results.verdict import verdict

USUAL = Setting()
EQUAL = {
    "as usual": USUAL,
    **{f"{n} label counts": replace(USUAL, labels=n) for n in (1, 2, 4)},
    **{f"{n} strategies": replace(USUAL, strategies=n) for n in (2, 3, 7)},
    **{f"{n} seeds": replace(USUAL, seeds=n) for n in (3, 10)},
    **{f"{n} test rows": replace(USUAL, rows=n) for n in (50, 3000)},
    "2 strategies, 1 count, 3 seeds": Setting(1, 2, 3),
    "the same, 3000 rows": Setting(1, 2, 3, 3000),
    "trainings vary alike": replace(USUAL, trainings=(0.3, 0.3)),
    "trainings hardly vary": replace(USUAL, trainings=(0.02, 0.02)),
    "the same, rows that suit": replace(USUAL, trainings=(0.02, 0.02), total=3.0),
    "two best are equal": replace(USUAL, effects=(-2, -2, -1, 0, 0)),
    "the same, 1 count, 3 seeds": Setting(1, seeds=3, effects=(-2, -2, -1, 0, 0)),
    "three best, one the control": replace(USUAL, effects=(-2, -2, 0, 0, 0)),
}
UNLIKE = {
    f"{strategies} strategies, {seeds} seeds, {rows} rows, effect {effect}": Setting(
        3, strategies, seeds, rows, (0.05, 0.3), effects=effects
    )
    for strategies, seeds, rows, effect, effects in [
        (2, 5, 500, 0.5, (0.5, 0)),
        (2, 5, 500, 1, (1, 0)),
        *((5, s, r, 0.5, (0.5, 0, 0, -0.3, -0.5)) for s in (3, 5, 10) for r in (500, 3000)),
        *((5, s, r, 1, (1, 0, 0, -0.6, -1)) for s in (3, 5, 10) for r in (500, 3000)),
    ]
}


def said(setting, seed):
    """Return the verdict of one simulated comparison, and its runs."""
    runs = simulate(setting, seed)
    return verdict(runs, control=setting.names[-1]), runs


def is_wrong(setting, found):
    """Return whether a strategy is told apart from a best one that is no better."""
    effects = dict(zip(setting.names, setting.effects or (0,) * setting.strategies, strict=True))
    return any(effects[name] >= effects[one.best] for one in found.standings for name in one.behind)


def level(setting, comparisons):
    """Return how often a verdict is wrong."""
    return np.mean([is_wrong(setting, said(setting, seed)[0]) for seed in range(comparisons)])


def power(setting, comparisons):
    """Return the true differences in points, and how often they are found."""
    best, second, control = setting.names[0], setting.names[1], setting.names[-1]
    points, found = [], []
    for seed in range(comparisons):
        verdict_, runs = said(setting, seed)
        means = {
            name: np.mean([run.score for run in runs if run.strategy == name])
            for name in setting.names
        }
        points.append([means[best] - means[second], means[best] - means[control]])
        is_best = [one.best == best and one.is_clear for one in verdict_.standings]
        beats = [control in one.behind for one in verdict_.standings]
        found.append([np.mean(is_best), np.mean(beats)])
    return 100 * np.mean(points, axis=0), np.mean(found, axis=0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("comparisons", type=int, nargs="?", default=200)
    comparisons = parser.parse_args().comparisons
    rates = {name: level(setting, comparisons) for name, setting in EQUAL.items()}
    print(f"Wrong, of {comparisons} comparisons with equal strategies")
    print(text_table(["setting", "wrong"], [[n, f"{r:.3f}"] for n, r in rates.items()]), "\n")
    rows = []
    for name, setting in UNLIKE.items():
        points, found = power(setting, comparisons)
        rows.append([name, *(f"{v:.1f}" for v in points), *(f"{v:.2f}" for v in found)])
    print("Found, where strategies differ")
    header = ["setting", "points to the next", "points to the control", "best found", "control"]
    print(text_table(header, rows), "\n")
    worst = max(rates, key=rates.__getitem__)
    error = np.sqrt(0.05 * 0.95 / comparisons)
    print(f"Largest rate of wrong verdicts: {rates[worst]:.3f} ({worst}); 0.05 ± {error:.3f} is 5%")
    print(f"Mean rate: {np.mean(list(rates.values())):.3f}")


if __name__ == "__main__":
    main()
