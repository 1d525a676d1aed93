"""Only trials that are compared have a record, with the scores of the folds if there are any."""

import pytest
from keras_tuner.engine.hyperparameters import HyperParameters
from keras_tuner.engine.trial import Trial

from keras_mtl.tuning.halving import PlannedTrial
from keras_mtl.tuning.search_records import search_trials


def trial(phase, trial_id, status="COMPLETED", **metrics):
    hp = HyperParameters()
    hp.values = PlannedTrial(phase, "dense", 5).to_values()
    made = Trial(hp, trial_id, status)
    for name, value in metrics.items():
        made.metrics.register(name, "max")
        made.metrics.update(name, value)
    made.score = metrics.get("val_accuracy")
    return made


def test_records_of_compared_trials():
    folds = {"fold/00001": 0.7, "fold/00000": 0.5, "epochs": 3, "val_accuracy": 0.6}
    trials = [
        trial("probe", "0000"),
        trial("frozen", "0001", **folds),
        trial("fine-tuned", "0002", val_accuracy=0.25),
        trial("fine-tuned", "0003", status="FAILED"),
        trial("refit", "0004"),
    ]

    folded, plain, failed = search_trials(trials, ["conv", "dense"])

    assert (folded.trial_id, folded.depth, folded.epochs, folded.score) == ("0001", 2, 5, 0.6)
    assert folded.fold_scores == (0.5, 0.7)
    assert folded.spread == pytest.approx(0.1)
    assert (plain.score, plain.spread, plain.fold_scores) == (0.25, None, ())
    assert failed.score is None
