"""The depths that `probe_cuts` and `CutTuner` pick against training every one (target: a regret of
at most 1 point of accuracy on average). Parity (30,000 labels) is the first task, digit the second.

All legal cuts but the softmax output may be picked. Those that can be the best are trained on the
same labels, frozen and fine-tuned, as are the picks, and judged on 3,000 test images. The regret of
`probe_cuts` is against the best frozen depth, that of `CutTuner` against the best of all; both
bests are those of the test images, which no search can know. Forward passes are those over the
labelled images.

python benchmarks/probe_quality.py [number of seeds]
"""

import argparse
import tempfile
import time
from collections import defaultdict

import keras
import numpy as np
from _handwriting import Handwriting

from keras_mtl import CutHyperModel, CutTuner, fit_cached, probe_cuts, transfer

EPOCHS = {20: 60, 100: 40, 1000: 15}  # for each number of labels
RIVALS = ["conv3", "flatten", "dense1", "dense2"]  # the others stay below 0.5, whatever is done
RATE, TUNING_RATE = 1e-2, 1e-3


def train_all(network, cuts, train, test, epochs, seed):
    """The accuracy of every depth, frozen, and fine-tuned from there."""
    reached = {}
    for cut in cuts:
        keras.utils.set_random_seed(seed)
        frozen = transfer(network, cut, freeze=True, head=10, verify=False)
        compile_for(frozen, RATE)
        fit_cached(frozen, *train, epochs=epochs, verbose=0)
        reached[cut, "frozen"] = accuracy(frozen, test)
        tuned = transfer(network, cut, freeze=False, head=10, verify=False)
        tuned.set_weights(frozen.get_weights())
        compile_for(tuned, TUNING_RATE)
        tuned.fit(*train, epochs=epochs, verbose=0)
        reached[cut, "fine-tuned"] = accuracy(tuned, test)
        keras.utils.clear_session()
    return reached


def compile_for(model, rate):
    model.compile(keras.optimizers.Adam(rate), loss=model.loss, metrics=["accuracy"])


def accuracy(model, data):
    return model.evaluate(*data, batch_size=500, verbose=0)[1]


def tuned_search(network, train, epochs, seed):
    with tempfile.TemporaryDirectory() as folder:
        tuner = CutTuner(
            CutHyperModel(network, 10),
            frozen_trials=3,
            tuned_trials=2,
            epochs=epochs,
            seed=seed,
            directory=folder,
        )
        order = np.random.default_rng(seed).permutation(len(train[1]))
        tuner.search(train[0][order], train[1][order], validation_split=0.25, verbose=0)
        return tuner.results()


def timed(function, *args, **kwargs):
    start = time.perf_counter()
    result = function(*args, **kwargs)
    return result, time.perf_counter() - start


def passes_of(results):
    """One for the probe, one for each frozen trial, one for each epoch of fine-tuning."""
    return 1 + sum(1 if t.phase == "frozen" else t.epochs for t in results)


def main(seeds):
    regrets, costs = defaultdict(list), defaultdict(list)
    for seed in range(seeds):
        data = Handwriting(seed)
        network = data.parity_network()
        for count, epochs in EPOCHS.items():
            train = data.labelled(count)
            probes, probing = timed(probe_cuts, network, *train, verbose=0)
            found, searching = timed(tuned_search, network, train, epochs, seed)
            picks = {
                "probe_cuts": (probes.best.layer, "frozen"),
                "CutTuner": (found.best.cut, found.best.phase),
            }
            cuts = dict.fromkeys([*RIVALS, *(cut for cut, _ in picks.values())])
            reached, training = timed(train_all, network, cuts, train, data.test, epochs, seed)
            frozen = max(value for (_, phase), value in reached.items() if phase == "frozen")
            best = {"probe_cuts": frozen, "CutTuner": max(reached.values())}
            for name, pick in picks.items():
                regrets[name].append(100 * (best[name] - reached[pick]))
                print(
                    f"seed {seed}, {count} labels: {name} picked {' '.join(pick)} "
                    f"({reached[pick]:.3f}; best {best[name]:.3f}), regret "
                    f"{regrets[name][-1]:.1f} points",
                    flush=True,
                )
            costs["probe_cuts"].append((1, 1, probing))
            costs["CutTuner"].append((1 + len(found), passes_of(found), searching))
            # One cached pass a depth and an epoch of fine-tuning each, scaled to all depths.
            depths, seconds = len(probes), training * len(probes) / len(cuts)
            costs["all depths, scaled"].append((2 * depths, depths * (1 + epochs), seconds))
    for name, rows in costs.items():
        trials, passes, seconds = np.mean(rows, axis=0)
        print(f"{name}: {trials:.0f} trials, {passes:.0f} forward passes, {seconds:.1f} s")
    for name, points in regrets.items():
        print(f"mean regret of {name}: {np.mean(points):.2f} points (target: 1)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", nargs="?", type=int, default=5)
    main(parser.parse_args().seeds)
