"""Runs with given scores, without a training."""

import numpy as np

from keras_mtl.results.run import Run

SECONDS = {"frozen": 2.0, "fine-tuned": 10.0, "from-scratch": 20.0}


def run(strategy, labels, seed, score, **fields):
    """A run in which only what a test names is special."""
    known = {"cut": None, "seconds": SECONDS.get(strategy, 1.0), "parameters": 10}
    return Run(strategy, labels, seed, score=score, **{**known, **fields})


def runs(scores):
    """Runs from their scores by strategy and number of labels: one for each seed."""
    return [
        run(strategy, labels, seed, score)
        for strategy, by_labels in scores.items()
        for labels, values in by_labels.items()
        for seed, score in enumerate(values)
    ]


def run_of_rows(strategy, labels, seed, gains, **fields):
    """A run whose score is the mean over its rows."""
    gains = np.asarray(gains, np.float32)
    return run(strategy, labels, seed, float(gains.mean()), gains=gains, **fields)
