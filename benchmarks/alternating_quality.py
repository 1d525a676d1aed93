"""Digit with few labels, parity with 30,000: each way of training, on 3,000 test images.

Needs `../shared/data/handwriting.npz`. Every way takes as many steps on the digit's labels; the
first task's network is trained before (frozen, fine-tuned) or beside it (in turn, jointly).

python benchmarks/alternating_quality.py [number of seeds]
"""

import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from _handwriting import Handwriting
from _score_table import score_table

from keras_mtl import MultiTaskModel, fit_cached, from_scratch, schedules, transfer

LABELS = (20, 100, 1000)
STEPS = {20: 150, 100: 300, 1000: 800}  # on the digit's labels
BATCH = 32
CUT = "flatten"


class Setting:
    """The data and the parity network of one seed."""

    def __init__(self, seed):
        self.handwriting = Handwriting(seed)
        self.network = self.handwriting.parity_network()
        first = self.handwriting.first
        images, digits = self.handwriting.images[first], self.handwriting.digits[first]
        self.parity = images, digits % 2

    def epochs(self, digit):
        return max(1, STEPS[len(digit[1])] // -(-len(digit[1]) // BATCH))

    def fitted(self, model, digit, rate=1e-3):
        model.optimizer.learning_rate = rate
        model.fit(*digit, batch_size=BATCH, epochs=self.epochs(digit), verbose=0)
        return model

    def from_scratch(self, digit):
        return self.fitted(
            from_scratch(transfer(self.network, CUT, False, 10, verify=False)), digit
        )

    def frozen(self, digit):
        model = transfer(self.network, CUT, True, 10, verify=False)
        fit_cached(model, *digit, batch_size=BATCH, epochs=self.epochs(digit), verbose=0)
        return model

    def fine_tuned(self, digit):
        return self.fitted(transfer(self.network, CUT, False, 10, verify=False), digit)

    def both(self):
        return MultiTaskModel.from_model(
            self.network, CUT, "parity", {"digit": 10}, batchnorm="train", verify=False
        )

    def in_turn(self, digit):
        """From the parity network on, one step of each task in turn."""
        model = self.both()
        data = {"parity": self.parity, "digit": digit}
        steps = 2 * STEPS[len(digit[1])]
        schedule = schedules.RoundRobin()
        model.fit(data, schedule=schedule, steps_per_epoch=steps, batch_size=BATCH, verbose=0)
        return model.task("digit")

    def jointly(self, digit):
        """The same, both tasks at each step."""
        model = self.both()
        data = {"parity": self.parity, "digit": digit}
        steps = STEPS[len(digit[1])]
        schedule = schedules.Joint()
        model.fit(data, schedule=schedule, steps_per_epoch=steps, batch_size=BATCH, verbose=0)
        return model.task("digit")

    def in_turn_from_scratch(self, digit):
        """Without the parity network: both tasks from random weights."""
        source = from_scratch(self.network, seed=self.handwriting.seed)
        model = MultiTaskModel.from_model(
            source, CUT, "parity", {"digit": 10}, batchnorm="train", verify=False
        )
        data = {"parity": self.parity, "digit": digit}
        steps = 2 * STEPS[len(digit[1])]
        schedule = schedules.RoundRobin()
        model.fit(data, schedule=schedule, steps_per_epoch=steps, batch_size=BATCH, verbose=0)
        return model.task("digit")


WAYS = {
    "single task": Setting.from_scratch,
    "frozen": Setting.frozen,
    "fine-tuned": Setting.fine_tuned,
    "in turn": Setting.in_turn,
    "in turn, from scratch": Setting.in_turn_from_scratch,
    "jointly": Setting.jointly,
}


def main(seeds):
    scores = {way: {labels: [] for labels in LABELS} for way in WAYS}
    for seed in range(seeds):
        setting = Setting(seed)
        x, y = setting.handwriting.test
        for labels in LABELS:
            digit = setting.handwriting.labelled(labels)
            for way, train in WAYS.items():
                keras.utils.set_random_seed(seed)
                start = time.perf_counter()
                model = train(setting, digit)
                accuracy = float(np.mean(model.predict(x, verbose=0).argmax(-1) == y))
                scores[way][labels].append(accuracy)
                print(seed, labels, way, f"{accuracy:.3f} {time.perf_counter() - start:.0f} s")
            keras.utils.clear_session()
    print(score_table(scores))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 5)
