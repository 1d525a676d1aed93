"""What the default schedule of `MultiTaskModel.fit` should be: data of unequal and of equal sizes.

Each schedule takes the same number of steps from the same weights. The networks are small and in
NumPy, so that many seeds train at once (`_stacked_networks.py`); at last a convolutional network is
trained on scikit-learn's digits by `MultiTaskModel.fit`. Where it says "learnt", the network has
learnt the first task before, as by `from_model`. Handwriting needs `../shared/data/handwriting.npz`
and is left out without it.

python benchmarks/default_schedule.py [number of seeds]
"""

import os
import sys
from functools import partial

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from _handwriting import PATH, load
from _stacked_networks import Networks
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from keras_mtl import MultiTaskModel, schedules

BATCH = 32
TESTED = 3000
LEARNT = 600  # steps of the first task before
TURNS = (25, 50, 100, 200, 400)  # steps of a small task, for the limit of the warning
layers = keras.layers


def candidates(steps):
    """The schedules of a run of so many steps."""
    return {
        "Interleaved": schedules.Interleaved(),
        "Balanced(.5)": schedules.Balanced(0.5),
        "Balanced(.25)": schedules.Balanced(0.25),
        "Proport.(.5)": schedules.Proportional(0.5),
        "Proport.(.25)": schedules.Proportional(0.25),
        "Annealed(.2)": schedules.Annealed(steps),
        "RoundRobin": schedules.RoundRobin(),
    }


class Case:
    """Tasks that share a network, on data of one kind.

    Args:
        name: The kind of data.
        draws: For each seed a function that draws rows of a task.
        sizes: Numbers of rows by task, the largest first.
        passes: The number of steps, in passes over the data of all tasks.
        learnt: Whether the network has learnt the first task before.
    """

    def __init__(self, name, draws, sizes, passes, learnt=False):
        described = ", ".join(f"{task} {size}" for task, size in sizes.items())
        self.name = f"{name}: {described}{', learnt' if learnt else ''}"
        self.batches = {task: -(-size // BATCH) for task, size in sizes.items()}
        self.steps = round(passes * sum(self.batches.values()))
        self.equal = len(set(sizes.values())) == 1
        self.data = [[draw(size, task) for task, size in sizes.items()] for draw in draws]
        self.test = [[draw(TESTED, task, test=True) for task in sizes] for draw in draws]
        classes = 1 + max(int(y.max()) for own in self.test for _, y in own)
        columns = self.data[0][0][0].shape[1]
        self.start = Networks(range(len(draws)), columns, len(sizes), classes)
        if learnt:
            self.trained(self.start, np.zeros((len(draws), LEARNT), int))

    def trained(self, networks, picked):
        """Train; `picked` has the task of each network at each step."""
        copies = len(picked) // len(self.data)
        data = [self.data[number // copies] for number in range(len(picked))]
        feeds = [
            [_batches(y, [number, task]) for task, (_, y) in enumerate(own)]
            for number, own in enumerate(data)
        ]
        for tasks in picked.T:
            every = list(zip(data, feeds, tasks, strict=True))
            rows = [next(own[task]) for _, own, task in every]
            x, y = (
                np.stack(
                    [own[task][part][r] for (own, _, task), r in zip(every, rows, strict=True)]
                )
                for part in (0, 1)
            )
            networks.step(x, y, tasks)
        return networks

    def accuracies(self, networks):
        """Accuracies in % of shape `(copies, tasks)`, the mean over the seeds."""
        copies = len(networks.every) // len(self.test)
        found = [
            [
                networks.accuracy(number, x, y, task)
                for task, (x, y) in enumerate(self.test[number // copies])
            ]
            for number in networks.every
        ]
        return np.reshape(found, (len(self.test), copies, -1)).mean(axis=0)

    def compared(self):
        """The accuracies by schedule and task."""
        schedules_of_run = candidates(self.steps).values()
        picked = [
            schedule.tasks(np.arange(self.steps), batches=self.batches, seed=seed)
            for seed in range(len(self.data))
            for schedule in schedules_of_run
        ]
        networks = self.start.repeated(len(schedules_of_run))
        return self.accuracies(self.trained(networks, np.stack(picked)))

    def by_turns(self):
        """The accuracy of the smallest task by its number of steps, in turn with the others."""
        networks, found, taken = self.start.repeated(1), [], 0
        for turns in TURNS:
            picked = np.tile(np.arange(len(self.batches)), turns - taken)
            self.trained(networks, np.tile(picked, (len(self.data), 1)))
            found.append(self.accuracies(networks)[0, -1])
            taken = turns
        return found


def _batches(y, seed):
    """Rows of batches, all of one size, shuffled in each pass."""
    random = np.random.default_rng(seed)
    while True:
        order = random.permutation(len(y))
        for start in range(0, len(y), BATCH):
            rows = order[start : start + BATCH]
            yield np.concatenate([rows, random.integers(len(y), size=BATCH - len(rows))])


def cases(seeds):
    """The cases, each with data of several seeds."""
    numbers = range(seeds)
    if PATH.exists():
        made = partial(Case, "handwriting", [Handwriting(seed) for seed in numbers])
        yield made({"parity": 20_000, "digit": 100}, 2, learnt=True)
        yield made({"parity": 20_000, "digit": 100}, 2)
        yield made({"digit": 20_000, "parity": 100}, 2, learnt=True)
        yield made({"half": 20_000, "series": 1000}, 2, learnt=True)
        yield made({"parity": 10_000, "half": 1000, "digit": 100}, 2, learnt=True)
        yield made({"parity": 2000, "digit": 2000}, 6)
    for name, kind in (("centres", near_centres), ("factors", Factors), ("text", topics)):
        first, second, third = kind(0).tasks
        made = partial(Case, name, [kind(seed) for seed in numbers])
        yield made({first: 20_000, second: 100}, 2, learnt=True)
        yield made({first: 20_000, second: 100}, 1)
        yield made({second: 20_000, first: 100}, 2)
        yield made({first: 4000, second: 500}, 5, learnt=True)
        yield made({first: 20_000, second: 1000, third: 100}, 2)
        yield made({first: 2000, second: 2000}, 6)


class Handwriting:
    """Images as 50 principal components, labelled for a task."""

    def __init__(self, seed):
        data = load()
        self.random = np.random.default_rng(seed)
        pictures = {
            kind: data[f"{kind}_image"].reshape(-1, 784) / 255 for kind in ("train", "test")
        }
        components = PCA(50, random_state=0).fit(pictures["train"][:5000])
        self.x = {kind: components.transform(x).astype("float32") for kind, x in pictures.items()}
        self.labels = {kind: self.by_task(data, kind) for kind in pictures}

    @staticmethod
    def by_task(data, kind):
        digit, series = (data[f"{kind}_{name}"].astype(int) for name in ("digit", "series"))
        return {"parity": digit % 2, "half": digit // 2, "digit": digit, "series": series > 0}

    def __call__(self, count, task, test=False):
        kind = "test" if test else "train"
        y = self.labels[kind][task].astype(int)
        rows = np.arange(count) if test else self.random.choice(len(y), count, replace=False)
        return self.x[kind][rows], y[rows]


class Drawn:
    """Made-up rows of ten classes, labelled for a task."""

    def __init__(self, names, draw):
        pair, ten, half = names
        self.tasks = {pair: lambda y: y // 2, ten: lambda y: y, half: lambda y: y % 2}
        self.draw = draw

    def __call__(self, count, task, test=False):
        x, y = self.draw(count)
        return x.astype("float32"), self.tasks[task](y)


def near_centres(seed):
    """Ten classes, as five pairs of near centres in 40 dimensions."""
    random = np.random.default_rng(seed)
    pairs, ten = random.normal(size=(5, 40)) * 0.5, random.normal(size=(10, 40)) * 0.3

    def draw(count):
        y = random.integers(10, size=count)
        return pairs[y // 2] + ten[y] + random.normal(size=(count, 40)), y

    return Drawn(("pair", "class", "half"), draw)


def topics(seed):
    """Counts of 100 words in texts of 20, on ten topics: two and two share a vocabulary."""
    random = np.random.default_rng(seed)
    common = random.dirichlet(np.full(100, 0.3))
    pairs, ten = (random.dirichlet(np.full(100, 0.05), size=n) for n in (5, 10))
    shares = 0.45 * common + 0.3 * pairs.repeat(2, axis=0) + 0.25 * ten

    def draw(count):
        y = random.integers(10, size=count)
        return random.multinomial(20, shares[y] / shares[y].sum(1, keepdims=True)) / 2, y

    return Drawn(("pair", "topic", "half"), draw)


class Factors:
    """A table of 30 columns that follow six hidden factors; each task asks something of these."""

    tasks = ("income", "degree", "owner")

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.mixing = self.random.normal(size=(6, 30))
        self.weights = self.random.normal(size=(6, 3))

    def __call__(self, count, task, test=False):
        hidden = self.random.normal(size=(count, 6))
        x = np.tanh(hidden @ self.mixing / 2) + 0.5 * self.random.normal(size=(count, 30))
        score = hidden @ self.weights[:, self.tasks.index(task)] + hidden[:, 0] * hidden[:, 1]
        return x.astype("float32"), (score + 0.5 * self.random.normal(size=count) > 0).astype(int)


def by_keras(seed, many, few, units):
    """The accuracies by schedule of a convolutional network, trained by `MultiTaskModel.fit`."""
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(y))
    x, y = x[order].reshape(-1, 8, 8, 1).astype("float32") / 16, y[order]
    labels = {"parity": y % 2, "digit": y}
    data = {many: (x[:1000], labels[many][:1000]), few: (x[1000:1050], labels[few][1000:1050])}
    keras.utils.set_random_seed(seed)
    trunk = [keras.Input((8, 8, 1)), layers.Conv2D(16, 3, activation="relu")]
    trunk += [layers.Conv2D(32, 3, strides=2, activation="relu"), layers.Flatten()]
    model = MultiTaskModel(keras.Sequential([*trunk, layers.Dense(64, "relu")]), units)
    steps, found, start = 20 * 34, [], []

    class Anew(keras.callbacks.Callback):
        """Notes the accuracies after each epoch, and begins anew."""

        def on_train_begin(self, logs=None):
            start[:] = [v.numpy() for v in model.variables + model.optimizer.variables]

        def on_epoch_end(self, epoch, logs=None):
            outputs = model.predict(x[1050:], verbose=0)
            found.append([
                100 * np.mean(outputs[task].argmax(-1) == labels[task][1050:]) for task in data
            ])  # fmt: skip
            for v, value in zip(model.variables + model.optimizer.variables, start, strict=True):
                v.assign(value)

    # All in one `fit`, an epoch each: to compile the steps takes longer than to run them.
    every = list(candidates(steps).values())
    joined = schedules.join(every, [steps * n for n in range(1, len(every))])
    run = {"steps_per_epoch": steps, "epochs": len(every), "seed": seed, "verbose": 0}
    model.fit(data, schedule=joined, callbacks=[Anew()], **run)
    return np.array(found)


def print_row(name, values):
    print(f"{name:60}", *(f"{value:>15}" for value in values), flush=True)


def print_case(name, accuracies):
    print_row(name, ["/".join(f"{value:.1f}" for value in one) for one in accuracies])


def print_summary(title, found):
    """Means over the cases, and what each schedule loses to the best one of the case."""
    for what, number in (("largest", 0), ("smallest", -1)):
        values = np.mean([one[:, number] for one in found], axis=0)
        print_row(f"{title}: {what} task", [f"{value:.2f}" for value in values])
    means = np.array([one.mean(axis=1) for one in found])
    print_row(f"{title}: mean of the tasks", [f"{value:.2f}" for value in means.mean(axis=0)])
    lost = means.max(axis=1, keepdims=True) - means
    print_row(f"{title}: lost to the best, mean", [f"{value:.2f}" for value in lost.mean(axis=0)])
    print_row(f"{title}: lost to the best, worst", [f"{value:.1f}" for value in lost.max(axis=0)])


def main(seeds):
    unequal, equal, turns = [], [], {}
    print_row("accuracy in % by task", candidates(1))
    for case in cases(seeds):
        found = case.compared()
        print_case(case.name, found)
        (equal if case.equal else unequal).append(found)
        if min(case.batches.values()) < 5:
            turns[case.name] = case.by_turns()
    units = {"parity": 2, "digit": 10}
    for many, few in (("parity", "digit"), ("digit", "parity")):
        found = np.mean([by_keras(seed, many, few, units) for seed in range(seeds)], axis=0)
        print_case(f"8 px, convolutional: {many} 1000, {few} 50", found)
        unequal.append(found)
    print_summary("unequal sizes", unequal)
    print_summary("equal sizes", equal)
    print()
    print_row("accuracy of the smallest task in % by its steps", TURNS)
    for name, found in turns.items():
        print_row(name, [f"{value:.1f}" for value in found])
    print_row("mean", [f"{value:.1f}" for value in np.mean(list(turns.values()), axis=0)])


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 5)
