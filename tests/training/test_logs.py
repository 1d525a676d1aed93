"""The names and values of logs."""

import math

import numpy as np

from keras_mtl.training.logs import EpochLogs, flat, step_logs

RESULTS = {
    "": {"loss": np.float32(1.5)},
    "hair": {"loss": 2, "iou": np.zeros(2)},
    "sex": {"loss": 3},
}


def test_values_are_numbers_under_the_names_of_their_tasks():
    logs = flat(RESULTS)
    assert list(logs) == ["loss", "hair_loss", "hair_iou", "sex_loss"]
    assert logs["loss"] == 1.5 and type(logs["loss"]) is float and logs["hair_iou"].shape == (2,)


def test_logs_of_steps_leave_idle_tasks_out_and_those_of_epochs_say_nan():
    assert list(step_logs(RESULTS, {"sex"})) == ["loss", "sex_loss"]
    logs = EpochLogs().of_epoch(RESULTS, {"sex"}, ())
    assert list(logs) == list(flat(RESULTS))
    assert math.isnan(logs["hair_loss"]) and math.isnan(logs["hair_iou"]) and logs["sex_loss"] == 3


def test_a_stopped_task_keeps_the_values_of_its_last_step():
    epochs = EpochLogs()
    later = {**RESULTS, "hair": {"loss": 9, "iou": np.ones(2)}}
    first = epochs.of_epoch(RESULTS, {"sex", "hair"}, ())
    waiting = epochs.of_epoch(later, {"sex"}, ())
    stopped = epochs.of_epoch(later, {"sex"}, {"hair"})
    assert math.isnan(waiting["hair_loss"])
    assert stopped["hair_loss"] == first["hair_loss"] == 2
    assert stopped["hair_iou"] is first["hair_iou"]
    assert list(first) == list(waiting) == list(stopped)


def test_a_task_that_was_stopped_before_its_first_step_has_no_values():
    assert math.isnan(EpochLogs().of_epoch(RESULTS, {"sex"}, {"hair"})["hair_loss"])
