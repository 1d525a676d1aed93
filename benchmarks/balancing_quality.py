"""Test accuracy of the ways to train several tasks at once: sums, a tuned weight, each balancer.

Two questions. "few": a main task with few labels and a helper with many, on other rows; what counts
is the accuracy of the main task. "all": rows that have the labels of all tasks; what counts is the
mean accuracy of the tasks. Handwriting at 14 x 14 pixels (which digit, odd or even, by whom it was
written) on a small CNN, and a made-up table (two classes that depend on the same hidden quantities)
on a small MLP. Every way takes the same steps of Adam from the same weights, on the same rows.

A tuned weight is chosen on a third of the main task's labels ("all": of the rows), by the loss or
by the accuracy, of trainings on the other two thirds; then all labels train with it, so no way has
more labels than another one. "best weight" is chosen on the test rows: no user has it. Pretraining
trains the helper first, and `fine_tune` goes on from there.

Each result is appended to a file at once, and those that are there are not measured again.

python benchmarks/balancing_quality.py [--data handwriting.npz] [--cases digit ...] [--seeds 10]
"""

import argparse
import json
import os
import time
from collections import defaultdict
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from _handwriting import PATH
from scipy import stats

import keras_mtl
from keras_mtl import balancing
from keras_mtl.schedules import Joint
from keras_mtl.training.kept_variables import KeptVariables

FEW, MANY, ALL, TESTED = 100, 2000, 1000, 3000
STEPS, BATCH, RATE = 300, 32, 1e-3
WEIGHTS = (0.0, 0.03, 0.1, 0.3, 1.0, 3.0)
RULES = {
    "UncertaintyWeighting": lambda main: balancing.UncertaintyWeighting(),
    "RandomWeighting": lambda main: balancing.RandomWeighting(),
    "PCGrad": lambda main: balancing.PCGrad(),
    "UPGrad": lambda main: balancing.UPGrad(),
    "DualProj": lambda main: balancing.DualProj(),
    "CAGrad": lambda main: balancing.CAGrad(),
    "NashMTL": lambda main: balancing.NashMTL(),
    "FairGrad": lambda main: balancing.FairGrad(),
    "GradientGate": balancing.GradientGate,
    "Bloop": balancing.Bloop,
}
layers = keras.layers


class Rows:
    """Inputs and the labels of all tasks for the rows of one kind of data."""

    def __init__(self, x, labels):
        self.x, self.labels = x, labels

    def take(self, rows):
        return Rows(self.x[rows], {task: one[rows] for task, one in self.labels.items()})

    def __len__(self):
        return len(self.x)


def handwriting(path):
    """Rows to train on, and rows to test on."""
    if not Path(path).exists():
        return None
    data = np.load(path)

    def part(name, rows):
        image = data[f"{name}_image"][rows].astype("float32")
        small = image.reshape(-1, 14, 2, 14, 2).mean((2, 4))[..., None] / 255
        digit = data[f"{name}_digit"][rows].astype("int32")
        series = (data[f"{name}_series"][rows] > 0).astype("int32")
        return Rows(small, {"digit": digit, "parity": digit % 2, "series": series})

    return part("train", slice(20_000)), part("test", slice(TESTED))


def table():
    """Two labels of three classes, each a function of the same hidden quantities."""
    random = np.random.default_rng(0)
    hidden, outputs = random.normal(size=(20, 12)) * 0.4, random.normal(size=(2, 12, 3))

    def draw(count):
        x = random.normal(size=(count, 20)).astype("float32")
        quantities = np.tanh(x @ hidden)
        quantities = quantities * np.roll(quantities, 1, axis=1) + 0.5 * quantities
        scores = np.einsum("rh,oht->ort", quantities, outputs)
        scores = scores + 0.3 * random.normal(size=scores.shape)
        a, b = scores.argmax(2).astype("int32")
        return Rows(x, {"a": a, "b": b})

    return draw(20_000), draw(TESTED)


CASES = {  # name: (question, source, tasks; the main one first)
    "digit, helped by parity": ("few", "handwriting", ("digit", "parity")),
    "series, helped by digit": ("few", "handwriting", ("series", "digit")),
    "table: a, helped by b": ("few", "table", ("a", "b")),
    "digit, parity, series": ("all", "handwriting", ("digit", "parity", "series")),
    "table: a, b": ("all", "table", ("a", "b")),
}


def trunk(source):
    if source == "table":
        body = [layers.Dense(64, "relu"), layers.Dense(32, "relu")]
        return keras.Sequential([keras.Input((20,)), *body], name="base")
    body = [
        layers.Conv2D(8, 3, 2, activation="relu"),
        layers.Conv2D(16, 3, 2, activation="relu"),
        layers.Flatten(),
        layers.Dense(32, "relu"),
    ]
    return keras.Sequential([keras.Input((14, 14, 1)), *body], name="base")


def units(task):
    return {"digit": 10, "a": 3, "b": 3}.get(task, 2)


class Trained:
    """One compiled model of a case, trained again and again from weights of a seed."""

    def __init__(self, source, tasks, balancer=None):
        self.tasks = tasks
        self.model = keras_mtl.MultiTaskModel(trunk(source), {task: units(task) for task in tasks})
        self.weights = {task: keras.Variable(1.0, trainable=False) for task in tasks}
        self.model.compile(
            keras.optimizers.Adam(RATE), loss_weights=self.weights, balancer=balancer
        )
        self.model.optimizer.build(self.model.trainable_variables)
        self.kept = KeptVariables(self.model, self.model.training_state.update_rule.variables)

    def fit(self, data, seed, **weights):
        self.kept.reset(seed)
        for task, variable in self.weights.items():
            variable.assign(weights.get(task, 1.0))
        for number, variable in enumerate(self.model.trainable_variables):
            if len(variable.shape) > 1:
                draw = keras.initializers.GlorotUniform(1000 * seed + number)
                variable.assign(draw(variable.shape))
        with self.kept.drawing(seed):
            self.model.fit(
                *data,
                schedule=Joint(),
                batch_size=BATCH,
                steps_per_epoch=STEPS,
                seed=seed,
                verbose=0,
            )
        return self

    def scores(self, rows, tasks=None):
        """Accuracies and losses of tasks on rows."""
        labels = {task: rows.labels[task] for task in tasks or self.tasks}
        return self.model.evaluate(rows.x, labels, batch_size=500, verbose=0)


class Case:
    """One case: its rows by seed, and its models, each compiled once."""

    def __init__(self, name, sources):
        self.name = name
        self.question, self.source, self.tasks = CASES[name]
        self.main = self.tasks[0]
        self.pool, self.test = sources[self.source]
        self.models = {}

    def trained(self, way=None):
        if way not in self.models:
            balancer = None if way is None else RULES[way](self.main)
            self.models[way] = Trained(self.source, self.tasks, balancer)
        return self.models[way]

    def rows(self, seed):
        """The rows of the main task, or of all, and those of the helper."""
        order = np.random.default_rng(seed).permutation(len(self.pool))
        count = FEW if self.question == "few" else ALL
        return self.pool.take(order[:count]), self.pool.take(order[count : count + MANY])

    def data(self, main, helper):
        """The arguments of `fit`."""
        if self.question == "all":
            return main.x, {task: main.labels[task] for task in self.tasks}
        own = {self.main: main, **dict.fromkeys(self.tasks[1:], helper)}
        return ({task: (rows.x, rows.labels[task]) for task, rows in own.items()},)

    def accuracies(self, trained):
        tasks = (self.main,) if self.question == "few" else self.tasks
        scores = trained.scores(self.test, tasks)
        return {task: 100 * scores[f"{task}_accuracy"] for task in tasks}

    def helped(self, weight):
        return dict.fromkeys(self.tasks[1:], weight)

    def summed(self, seed):
        """Every weight on all labels, and the weights that a third of them chooses."""
        main, helper = self.rows(seed)
        data = self.data(main, helper)
        found = {
            weight: self.accuracies(self.trained().fit(data, seed, **self.helped(weight)))
            for weight in WEIGHTS
        }
        cut = 2 * len(main) // 3
        part, held = self.data(main.take(slice(cut)), helper), main.take(slice(cut, None))
        tasks = (self.main,) if self.question == "few" else self.tasks
        chosen = []
        for weight in WEIGHTS:
            scores = self.trained().fit(part, seed, **self.helped(weight)).scores(held, tasks)
            means = [
                np.mean([scores[f"{task}_{name}"] for task in tasks])
                for name in ("loss", "accuracy")
            ]
            chosen.append((means[0], -means[1]))
        # As `tune_loss_weights` chooses: of equal accuracies the one with the smallest loss.
        by_loss = WEIGHTS[min(range(len(chosen)), key=lambda place: chosen[place])]
        by_accuracy = WEIGHTS[min(range(len(chosen)), key=lambda place: chosen[place][::-1])]
        yield "sum", found[1.0], {}
        yield "tuned weight, by the loss", found[by_loss], {"weight": by_loss}
        yield "tuned weight, by the accuracy", found[by_accuracy], {"weight": by_accuracy}
        best = max(WEIGHTS, key=lambda weight: np.mean(list(found[weight].values())))
        yield "best weight", found[best], {"weight": best}
        if self.question == "few":
            yield "main only", found[0.0], {}
        else:
            yield "each alone", self.each_alone(data, seed), {}

    def each_alone(self, data, seed):
        found = {}
        for task in self.tasks:
            weights = {one: float(one == task) for one in self.tasks}
            found[task] = self.accuracies(self.trained().fit(data, seed, **weights))[task]
        return found

    def pretrained(self, seed):
        main, helper = self.rows(seed)
        weights = {task: float(task != self.main) for task in self.tasks}
        source = self.trained().fit(self.data(main, helper), seed, **weights)
        network = source.model.task(self.tasks[1])
        keras.utils.set_random_seed(seed)
        model = keras_mtl.transfer(network, cut=1, head=units(self.main), verify=False)
        y = main.labels[self.main]
        keras_mtl.fine_tune(model, main.x, y, seed=seed, verbose=0)
        outputs = model.predict(self.test.x, batch_size=500, verbose=0)
        right = outputs.argmax(1) == self.test.labels[self.main]
        yield "pretraining", {self.main: 100 * float(right.mean())}, {}

    def balanced(self, way, seed):
        trained = self.trained(way).fit(self.data(*self.rows(seed)), seed)
        yield way, self.accuracies(trained), {}

    def ways(self):
        yield "sum", self.summed
        for rule in RULES:
            yield rule, lambda seed, rule=rule: self.balanced(rule, seed)
        if self.question == "few":
            yield "pretraining", self.pretrained


def measure(arguments, rows):
    done = {(row["case"], row["seed"], row["way"]) for row in rows}
    sources = {"table": table(), "handwriting": handwriting(arguments.data)}
    if sources["handwriting"] is None:
        print(f"Without handwriting: {arguments.data} is missing.")
    names = [name for name in CASES if not arguments.cases or name in arguments.cases]
    cases = [Case(name, sources) for name in names if sources[CASES[name][1]] is not None]
    with arguments.results.open("a") as file:
        for seed in range(arguments.seeds):
            for case in cases:
                for name, way in case.ways():
                    if (case.name, seed, name) in done:
                        continue
                    start = time.perf_counter()
                    # The one that gives the name is the last to be written.
                    for title, accuracies, more in list(way(seed))[::-1]:
                        row = {"case": case.name, "seed": seed, "way": title, **more}
                        row["accuracy"] = float(np.mean(list(accuracies.values())))
                        row["by_task"] = accuracies
                        rows.append({**row, "seconds": round(time.perf_counter() - start, 2)})
                        print(json.dumps(rows[-1]), file=file, flush=True)


def report(rows):
    by_case = defaultdict(lambda: defaultdict(dict))  # case > way > seed > accuracy
    for row in rows:
        by_case[row["case"]][row["way"]][row["seed"]] = row["accuracy"]
    for case, ways in by_case.items():
        seeds = set.intersection(*(set(one) for one in ways.values()))
        print(f"\n{case} ({CASES[case][0]}): accuracy in %, {len(seeds)} seeds; points more than")
        print("the sum, with the 95% interval over the seeds")
        summed = np.array([ways["sum"][seed] for seed in sorted(seeds)])
        means = {way: np.array([own[seed] for seed in sorted(seeds)]) for way, own in ways.items()}
        for way, values in sorted(means.items(), key=lambda pair: -pair[1].mean()):
            more = values - summed
            line = f"{way:30} {values.mean():6.2f}   {more.mean():+6.2f}"
            if way != "sum" and len(seeds) > 1:
                reach = stats.t(len(seeds) - 1).ppf(0.975) * stats.sem(more)
                line += f" ({more.mean() - reach:+.2f} to {more.mean() + reach:+.2f})"
            print(line)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", default=PATH, help="handwriting.npz")
    parser.add_argument("--cases", nargs="+", default=None, choices=list(CASES))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--results", type=Path, default=Path("balancing_quality.jsonl"))
    arguments = parser.parse_args()
    known = arguments.results.read_text().splitlines() if arguments.results.exists() else []
    rows = [json.loads(line) for line in known]
    measure(arguments, rows)
    report(rows)


if __name__ == "__main__":
    main()
