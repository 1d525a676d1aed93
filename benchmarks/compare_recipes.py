"""How far the defaults of `compare` are below the best of some recipes set by hand.

From scratch: the highest rate and the number of steps; alternating with the first task: the rate,
the number of steps and the share of the first task. Handwriting, parity to digit and digit // 2 to
digit, 20, 100 and 500 labels. For each number of labels prints the mean accuracy of the recipes,
the default first; the last line are the points that the default loses to the best (target: 1).

python benchmarks/compare_recipes.py [number of seeds] [--only from-scratch]
"""

import argparse
import warnings
from collections import defaultdict
from dataclasses import replace

import numpy as np
from _task_pairs import task_pairs

from keras_mtl.comparing.strategies import alternating, from_scratch, solved_start
from keras_mtl.comparing.strategies.known_strategies import STRATEGIES
from keras_mtl.comparing.strategies.strategy import TransferTask
from keras_mtl.estimators.labels.class_form import ClassForm
from keras_mtl.estimators.samples import LabelledSamples, Samples
from keras_mtl.estimators.trunk_cache import TrunkCache
from keras_mtl.schedules import Balanced

PAIRS = ("parity > digit", "half > digit")
FIRST_TASK = {"parity > digit": lambda digit: digit % 2, "half > digit": lambda digit: digit // 2}
LABELS = (20, 100, 500)
CUT = "flatten"
SCRATCH = [(3e-3, 600), (1e-3, 300), (1e-3, 600), (1e-3, 1200), (3e-3, 300), (3e-3, 1200)]
ALTERNATING = [(1, 1, 0.25), (0.3, 1, 0.25), (3, 1, 0.25), (1, 2, 0.25), (1, 1, 0.0), (1, 1, 1.0)]


def scratch(recipe):
    from_scratch.RATES, from_scratch.FEWEST_STEPS = (recipe[0],), recipe[1]
    from_scratch.EPOCHS = 40 * recipe[1] / 600


def in_turn(recipe):
    rate, length, share = recipe

    def phase(*arguments):
        default = PHASE(*arguments)
        times = default.learning_rate * rate
        return replace(default, learning_rate=times, steps=default.steps * length)

    solved_start.second_phase = phase
    alternating.Balanced = lambda: Balanced(share)


PHASE = solved_start.second_phase
WAYS = {"from-scratch": (SCRATCH, scratch), "alternating": (ALTERNATING, in_turn)}


def main(seeds, only):
    scores = defaultdict(list)
    for seed in range(seeds):
        for pair in task_pairs(seed):
            if pair.name not in PAIRS:
                continue
            for way, (recipes, use) in WAYS.items():
                if only in (None, way):
                    measure(pair, seed, way, recipes, use, scores)
            if pair.name == PAIRS[-1]:
                break
    for way, (recipes, _) in WAYS.items():
        if only in (None, way):
            report(way, recipes, scores)


def report(way, recipes, scores):
    lost = []
    for count in LABELS:
        means = [100 * np.mean(scores[way, count, recipe]) for recipe in recipes]
        shown = [f"{recipe}: {mean:.1f}" for recipe, mean in zip(recipes, means, strict=True)]
        print(f"{way}, {count} labels: {', '.join(shown)}")
        lost.append(f"{max(means) - means[0]:.1f}")
    print(f"{way}: points below the best recipe, {LABELS} labels (target 1): {', '.join(lost)}")


def measure(pair, seed, way, recipes, use, scores):
    (x, y), test = pair.rows["new"], pair.test
    old_x, old_y = pair.rows["same"]
    form, values = ClassForm.read(y, len(y))
    first = LabelledSamples(Samples([old_x], 32), FIRST_TASK[pair.name](old_y), None)
    tested = Samples([test[0]], 32)
    for recipe in recipes:
        use(recipe)
        # A kept network has the schedule that it was made with.
        task = TransferTask(TrunkCache(pair.network), "auto", form, first, 32)
        for count in LABELS:
            rows = pair.labelled("new", count, seed)
            data = LabelledSamples(Samples([x[rows]], 32), values[rows], None)
            fitted = STRATEGIES.find(way).fit(task, CUT, data, seed)
            score = (fitted.predict(tested) == test[1]).mean()
            scores[way, count, recipe].append(score)
            print(seed, pair.name, way, recipe, count, round(float(score), 4), flush=True)


if __name__ == "__main__":
    warnings.filterwarnings("ignore", category=FutureWarning)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", nargs="?", type=int, default=2)
    parser.add_argument("--only", choices=list(WAYS))
    arguments = parser.parse_args()
    main(arguments.seeds, arguments.only)
