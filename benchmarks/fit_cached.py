"""`fit_cached` against `fit` on a frozen MobileNetV2 (96 px, 1,024 images), tracing included: at
least 8 times faster at 10 epochs and 30 times at 50; at 10 epochs within 2 warm forward passes.

Run in turn, medians of paired ratios. The time of `fit` for 50 epochs is that for 10 and 40 times
the median of its epochs after the first."""

import argparse
import statistics
import time

import keras
import numpy as np
from _paired import timed

from keras_mtl import fit_cached, transfer

IMAGES, SIZE, BATCH_SIZE, CLASSES = 1024, 96, 32, 10
SHORT, LONG = 10, 50


class EpochTimes(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.times.append(time.perf_counter() - self.start)

    def on_train_begin(self, logs=None):
        self.times = []


def one_round(base, x, y):
    """Seconds for each way, each with a model of its own."""
    options = {"batch_size": BATCH_SIZE, "verbose": 0}
    short, long, whole = (transfer(base, 1, head=CLASSES, verify=False) for _ in range(3))
    epochs = EpochTimes()
    seconds = {
        "cached": timed(lambda: fit_cached(short, x, y, epochs=SHORT, **options)),
        "forward": timed(lambda: base.predict(x, **options)),
        "cached_long": timed(lambda: fit_cached(long, x, y, epochs=LONG, **options)),
        "fit": timed(lambda: whole.fit(x, y, epochs=SHORT, callbacks=[epochs], **options)),
    }
    later = statistics.median(epochs.times[1:])
    return {**seconds, "fit_long": seconds["fit"] + (LONG - SHORT) * later}


def report(rounds, name, other, text, target):
    ratio = statistics.median(seconds[name] / seconds[other] for seconds in rounds)
    print(f"{text}: {ratio:.2f} (target: {target})")


def main(runs):
    keras.utils.set_random_seed(0)
    base = keras.applications.MobileNetV2(input_shape=(SIZE, SIZE, 3), weights=None)
    x = np.random.default_rng(0).random((IMAGES, SIZE, SIZE, 3), dtype="float32")
    y = np.random.default_rng(1).integers(CLASSES, size=IMAGES)
    base.predict(x, batch_size=BATCH_SIZE, verbose=0)  # from here on it is warm
    rounds = []
    for _ in range(runs):
        rounds.append(one_round(base, x, y))
        print({name: round(seconds, 2) for name, seconds in rounds[-1].items()}, flush=True)
    print()
    report(rounds, "fit", "cached", f"fit / fit_cached, {SHORT} epochs", "at least 8")
    report(rounds, "fit_long", "cached_long", f"fit / fit_cached, {LONG} epochs", "at least 30")
    report(rounds, "cached", "forward", f"fit_cached, {SHORT} epochs / forward pass", "at most 2")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    main(parser.parse_args().runs)
