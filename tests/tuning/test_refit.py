"""What did best in cross-validation is trained on all rows, as its trials were."""

from types import SimpleNamespace

import keras
import keras_tuner
import pytest

from keras_mtl.tuning.attempts import Attempt
from keras_mtl.tuning.halving import PlannedTrial
from keras_mtl.tuning.refit import refit_of, stages_of, train_on_all_rows


def trial(trial_id, phase, start="", status="COMPLETED", epochs=1):
    values = PlannedTrial(phase, "dense", 5, 0, start).to_values()
    metrics = SimpleNamespace(get_best_value={"epochs": epochs}.get)
    hp = SimpleNamespace(values=values)
    return SimpleNamespace(trial_id=trial_id, hyperparameters=hp, status=status, metrics=metrics)


TRIALS = [
    trial("0000", "probe"),
    trial("0001", "frozen", epochs=3),
    trial("0002", "fine-tuned", "0001", epochs=2),
    trial("0003", "fine-tuned", "0002"),
    trial("0004", "refit", "0003", status="FAILED"),
    trial("0005", "refit", "0001"),
]


def test_the_stages_are_the_trials_that_one_started_from():
    assert [one.trial_id for one in stages_of(TRIALS, "0003")] == ["0001", "0002", "0003"]
    assert [one.trial_id for one in stages_of(TRIALS, "0001")] == ["0001"]


def test_the_model_of_a_trial_is_that_of_its_refit():
    assert refit_of(TRIALS, "0001") == "0005"
    for trial_id in ("0002", "0003"):
        with pytest.raises(keras_tuner.errors.FatalError, match="not trained on all rows"):
            refit_of(TRIALS, trial_id)


def test_each_stage_trains_its_best_epochs_on_all_rows_from_the_weights_before(tmp_path):
    fits = []

    class Hypermodel:
        def fit(self, hp, model, x, y, **arguments):
            before = model.get_weights()[0][0, 0]
            model.layers[0].kernel.assign([[len(fits) + 5.0]])
            fits.append((before, x, y, arguments))

    def build(trial):
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
        model.compile("sgd", "mse")
        model.layers[0].kernel.assign([[1.0]])
        return model

    watching = [keras.callbacks.EarlyStopping("val_loss"), keras.callbacks.EarlyStopping("loss")]
    arguments = {"callbacks": watching, "validation_freq": 2, "batch_size": 4}
    path = tmp_path / "checkpoint.weights.h5"
    stages = stages_of(TRIALS, "0002")
    data = {"x": "x", "y": "y", "fit_arguments": arguments}
    train_on_all_rows(Hypermodel(), build, stages, path, Attempt.begin(tmp_path), seed=0, **data)

    assert [(before, given["epochs"]) for before, *_, given in fits] == [(1.0, 3), (5.0, 2)]
    for _, x, y, given in fits:
        assert (x, y, given["batch_size"]) == ("x", "y", 4)
        assert [one.monitor for one in given["callbacks"]] == ["loss"]
        assert "validation_freq" not in given
    saved = build(None)
    saved.load_weights(path)
    assert saved.get_weights()[0] == 6.0
    assert path.with_name("checkpoint.json").exists()
