"""Two installed versions of `keras_mtl` on the same work, in turn (target: 1.05 at most).

Usage: `python benchmarks/before_after.py OTHER_PYTHON [--pairs 10] [WORK ...]`, where OTHER_PYTHON
is the interpreter of an environment that holds the other version. Each version keeps a warm process
of its own, and the two take turns, so that a machine that slows down slows both. Printed are the
medians of the ratios of the pairs, this version to the other one: of the seconds on the clock, and
of the processors' time, which other programs on the machine disturb less.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time

from _paired import timed

SIZE, IMAGES = 96, 256


def pictures():
    import keras
    import numpy as np

    model = keras.applications.MobileNetV2((SIZE, SIZE, 3), weights=None)
    generator = np.random.default_rng(0)
    x = generator.random((IMAGES, SIZE, SIZE, 3), dtype="float32")
    return model, x, generator.integers(10, size=IMAGES)


def epochs(kind, wrap=None):
    """An epoch of two tasks in turn."""
    import alternating_steps as steps

    import keras_mtl

    model = keras_mtl.MultiTaskModel(steps.trunk(kind), {"a": 10, "b": 10})
    data = steps.halves(*steps.arrays(kind), *([steps.as_dataset] if wrap else []))
    return steps.fitted(model, data, **({} if wrap else {"batch_size": steps.BATCH}))


def joint_epochs(kind):
    """An epoch of eight heads at once."""
    import alternating_steps as steps

    import keras_mtl

    x, y = steps.arrays(kind)
    model = keras_mtl.MultiTaskModel(steps.trunk(kind), {f"t{i}": 10 for i in range(8)})
    return steps.fitted(model, (x, dict.fromkeys(model.tasks, y)), batch_size=steps.BATCH)


def copies(name):
    import keras

    import keras_mtl

    model = getattr(keras.applications, name)(weights=None)
    return lambda: keras_mtl.transfer(model, cut=1)


def cuts():
    import keras

    import keras_mtl

    model = keras.applications.NASNetMobile(weights=None)
    return lambda: keras_mtl.cut_points(model)


def probes():
    import keras_mtl

    model, x, y = pictures()
    return lambda: keras_mtl.probe_cuts(model, x, y, verbose=0)


def cached():
    import keras_mtl

    model, x, y = pictures()

    def run():
        head = keras_mtl.transfer(model, 1, head=10, verify=False)
        keras_mtl.fit_cached(head, x, y, epochs=10, verbose=0)

    return run


def searched():
    """A whole search of the cut depth, as `search_against_keras_tuner.py` makes it."""
    import tempfile

    from _handwriting import Handwriting

    import keras_mtl

    source = Handwriting(0)
    network = source.parity_network()
    x, y = source.labelled(1000)
    settings = {"frozen_trials": 4, "tuned_trials": 2, "epochs": 10, "seed": 0}

    def run():
        with tempfile.TemporaryDirectory() as folder:
            hypermodel = keras_mtl.CutHyperModel(network, 10)
            tuner = keras_mtl.CutTuner(hypermodel, directory=folder, **settings)
            tuner.search(x[:500], y[:500], validation_data=(x[500:], y[500:]), verbose=0)

    return run


WORK = {
    "in turn, MLP, arrays": lambda: epochs("mlp"),
    "in turn, MLP, tf.data": lambda: epochs("mlp", wrap=True),
    "in turn, CNN, arrays": lambda: epochs("cnn"),
    "8 heads jointly, MLP": lambda: joint_epochs("mlp"),
    "8 heads jointly, CNN": lambda: joint_epochs("cnn"),
    "transfer, MobileNetV2": lambda: copies("MobileNetV2"),
    "transfer, ResNet50": lambda: copies("ResNet50"),
    "transfer, EfficientNetB0": lambda: copies("EfficientNetB0"),
    "cut_points, NASNetMobile": cuts,
    "probe_cuts, MobileNetV2": probes,
    "fit_cached, MobileNetV2": cached,
    "CutTuner.search, handwriting": searched,
}


def serve(work):
    """Do the work for each line of the standard input; print its seconds, and the processors'."""
    run = WORK[work]()
    run()
    repeats = max(1, round(0.5 / timed(run)))  # Short work would measure how fast a process wakes.
    for _ in sys.stdin:
        before = time.process_time()
        seconds = timed(lambda: [run() for _ in range(repeats)])
        print(seconds / repeats, (time.process_time() - before) / repeats, flush=True)


class Version:
    """A process of one version."""

    def __init__(self, python, work):
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
        environment.pop("PYTHONPATH", None)  # The interpreter alone decides which version it is.
        self._process = subprocess.Popen(
            [python, __file__, "--serve", work],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )

    def seconds(self):
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        return [float(number) for number in self._process.stdout.readline().split()]

    def close(self):
        self._process.stdin.close()
        self._process.wait()


def compare(work, other_python, pairs):
    versions = Version(sys.executable, work), Version(other_python, work)
    ratios = []
    for pair in range(pairs + 1):
        order = versions if pair % 2 else versions[::-1]  # Neither is always the first.
        seconds = {version: version.seconds() for version in order}
        ratios.append([new / old for new, old in zip(*map(seconds.get, versions), strict=True)])
    for version in versions:
        version.close()
    clock, processors = (sorted(column) for column in zip(*ratios[1:], strict=True))
    median = statistics.median(clock)  # The first pair, left out, warmed both up.
    print(
        f"{work}: {median:.3f} ({clock[0]:.3f} to {clock[-1]:.3f}), "
        f"processors' time {statistics.median(processors):.3f}",
        flush=True,
    )
    return median


if __name__ == "__main__":
    if sys.argv[1] == "--serve":
        serve(sys.argv[2])
    else:
        parser = argparse.ArgumentParser(description=__doc__)
        parser.add_argument("other_python")
        parser.add_argument(
            "work", nargs="*", help=f"parts of the names {list(WORK)}; default: all"
        )
        parser.add_argument("--pairs", type=int, default=10)
        given = parser.parse_intermixed_args()  # Options may stand before the work.
        chosen = [name for name in WORK if any(part in name for part in given.work or [""])]
        if not chosen:
            parser.error(f"no work has {given.work} in its name; there are {list(WORK)}")
        medians = [compare(work, given.other_python, given.pairs) for work in chosen]
        print(f"largest ratio: {max(medians):.3f}")
