"""What training keeps of a model, out of Keras's sight."""

import keras
import pytest
from keras import layers

from _two_tasks import two_tasks
from keras_mtl.training.state import OneTaskState

GROUPS = {"age": {"loss": 1.0}, "hair": {"loss": 2.0, "accuracy": 0.5}}


def one_task():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2, name="out")])
    model.compile("sgd", "mse")
    return model


def test_keras_takes_none_of_it_for_a_part_of_the_model():
    model = two_tasks()
    before = model.layers, model.variables, model.metrics_names
    state = model.training_state
    state.objectives, state.graphs.of_task("age"), state.graphs.of_tasks(["age"])
    assert len(state.mean_of_steps.variables) == 2
    after = model.layers, model.variables, model.metrics_names
    assert all(
        [id(one) for one in old] == [id(one) for one in new]
        for old, new in zip(before[:2], after[:2], strict=True)
    )
    assert before[2] == after[2]


def test_it_lasts_until_the_model_is_compiled_again():
    model = two_tasks()
    state = model.training_state
    first = state.compiled_function("key", object)
    assert state.compiled_function("key", object) is first
    assert state.compiled_function("other", object) is not first
    model.trunk.trainable = False  # Steps for other variables are other functions.
    assert state.compiled_function("key", object) is not first
    model.trunk.trainable = True
    assert state.compiled_function("key", object) is first

    objectives = state.objectives
    assert state.objectives is objectives and tuple(objectives) == model.tasks
    model.compile("sgd")
    assert model.training_state is not state
    assert model.training_state.compiled_function("key", object) is not first


def test_logs_of_several_tasks_are_grouped_by_task():
    assert two_tasks().training_state.grouped(3.0, GROUPS) == {"": {"loss": 3.0}, **GROUPS}


def test_logs_of_one_task_have_the_names_of_keras():
    state = OneTaskState(one_task())
    assert state.tasks == ("out",)
    grouped = state.grouped(3.0, {"out": GROUPS["hair"]})
    assert grouped == {"": {"loss": 3.0, "accuracy": 0.5}}
    assert state.step_weight(4) == 4 and two_tasks().training_state.step_weight(4) is None


def test_variables_that_the_optimizer_does_not_know_are_refused():
    model = two_tasks()
    model.training_state.check_variables()
    model.trunk.trainable = False
    model.compile("sgd")
    model.trunk.trainable = True
    with pytest.raises(ValueError, match="began to train after `compile`"):
        model.training_state.check_variables()
    OneTaskState(one_task()).check_variables()  # Its optimizer is not built yet.
