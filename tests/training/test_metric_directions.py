"""Which metrics are better when they are larger, and the callbacks that are told so."""

import keras
import pytest

from _two_tasks import joint_data, two_tasks
from keras_mtl.training.metric_directions import directions, set_auto_modes
from keras_mtl.training.steps.step import whole_step
from keras_mtl.training.task_data import RowOptions, read_data

CALLBACKS = (
    keras.callbacks.EarlyStopping,
    keras.callbacks.ReduceLROnPlateau,
    lambda monitor, **mode: keras.callbacks.ModelCheckpoint("m.keras", monitor, **mode),
)


@pytest.fixture(scope="module")
def state():
    state = two_tasks(metrics={"age": ["mae"]}).training_state
    data = read_data(state, *joint_data(4), RowOptions())
    whole_step(state, data.sets).build(
        {name: next(one.batches()) for name, one in data.sets.items()}
    )
    return state


def test_directions_of_metrics(state):
    found = {task: directions(one.metrics) for task, one in state.objectives.items()}
    assert found == {
        "age": {"loss": "down", "mae": "down"},
        "hair": {"loss": "down", "accuracy": "up"},
    }


@pytest.mark.parametrize("make", CALLBACKS)
def test_modes_of_callbacks(state, make):
    for name, mode in {
        "hair_accuracy": "max",
        "val_hair_accuracy": "max",
        "age_loss": "min",
    }.items():
        automatic, given = make(name, mode="auto"), make(name, mode="min")
        set_auto_modes(state, [automatic, given])
        # `ModelCheckpoint` has no mode, but the function that it compares with.
        assert getattr(automatic, "mode", mode) == mode and getattr(given, "mode", "min") == "min"
    other = make("something", mode="auto")
    set_auto_modes(state, [other])
    assert getattr(other, "mode", "auto") == "auto"
