"""`CutTuner` against keras-tuner's `RandomSearch` and `Hyperband` on the same space: seconds until
a trial has the validation accuracy that `CutTuner` ends with, less one point.

Parity is the first task, digit with 1,000 labels the second, validated on 2,000 images; all legal
cuts, frozen or not, and the learning rate. The peers train with `fit`, as they do for any
hypermodel; they are stopped when they have taken 15 times as long, so the ratios are lower bounds.

python benchmarks/search_against_keras_tuner.py [number of seeds]
"""

import argparse
import contextlib
import statistics
import tempfile
import time

import keras
import keras_tuner
from _handwriting import Handwriting

from keras_mtl import CutHyperModel, CutTuner

LABELS, VALIDATION, EPOCHS, PATIENCE = 1000, 2000, 10, 15


class Reached(keras_tuner.errors.FatalError):
    """The search may end."""


class Stopwatch(keras.callbacks.Callback):
    """Notes when each validation accuracy was reached; stops at the one aimed at, or too late."""

    def __init__(self, target=2.0, limit=float("inf")):
        super().__init__()
        self.target, self.limit = target, limit
        self.start, self.seen = time.perf_counter(), []

    def __deepcopy__(self, memo):
        return self  # the tuners copy callbacks for each trial

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append((time.perf_counter() - self.start, logs["val_accuracy"]))
        if logs["val_accuracy"] >= self.target or self.seen[-1][0] > self.limit:
            raise Reached

    def when(self, target):
        return next((seconds for seconds, value in self.seen if value >= target), None)

    @property
    def best(self):
        return max(value for _, value in self.seen)


class Plain(CutHyperModel):
    """Trained as keras-tuner trains any hypermodel."""

    fit = keras_tuner.HyperModel.fit


def search(make_tuner, data, watch):
    with tempfile.TemporaryDirectory() as folder:
        tuner = make_tuner(folder)
        (x, y), validation = data
        arguments = {"validation_data": validation, "callbacks": [watch], "verbose": 0}
        if not isinstance(tuner, CutTuner):
            arguments["epochs"] = EPOCHS
        with contextlib.suppress(Reached):
            tuner.search(x, y, **arguments)
    return watch


def one_seed(seed):
    source = Handwriting(seed)
    network = source.parity_network()
    x, y = source.labelled(LABELS + VALIDATION)
    data = (x[:LABELS], y[:LABELS]), (x[LABELS:], y[LABELS:])
    ours = search(
        lambda folder: CutTuner(
            CutHyperModel(network, 10),
            frozen_trials=4,
            tuned_trials=2,
            epochs=EPOCHS,
            seed=seed,
            directory=folder,
        ),
        data,
        Stopwatch(),
    )
    target, whole = ours.best - 0.01, ours.seen[-1][0]
    seconds = ours.when(target)
    print(f"CutTuner: {ours.best:.3f} in {whole:.1f} s; {target:.3f} after {seconds:.1f} s")
    common = {"objective": "val_accuracy", "seed": seed + 1}  # keras-tuner takes 0 for none
    peers = {
        "RandomSearch": lambda folder: keras_tuner.RandomSearch(
            Plain(network, 10), max_trials=1000, directory=folder, **common
        ),
        "Hyperband": lambda folder: keras_tuner.Hyperband(
            Plain(network, 10),
            max_epochs=EPOCHS,
            hyperband_iterations=10,
            directory=folder,
            **common,
        ),
    }
    ratios = {}
    for name, make in peers.items():
        peer = search(make, data, Stopwatch(target, PATIENCE * seconds))
        reached = peer.when(target)
        ratios[name] = (reached or peer.seen[-1][0]) / seconds
        how = f"after {reached:.1f} s" if reached else f"not in {peer.seen[-1][0]:.1f} s"
        print(f"{name}: {target:.3f} {how} (best {peer.best:.3f})", flush=True)
    return ratios


def main(seeds):
    runs = [one_seed(seed) for seed in range(seeds)]
    for name in runs[0]:
        ratio = statistics.median(run[name] for run in runs)
        print(f"ratio, {name} / CutTuner, at least: {ratio:.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", nargs="?", type=int, default=3)
    main(parser.parse_args().seeds)
