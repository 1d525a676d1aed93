"""What one kind of step trains, reads and changes."""

import keras
import numpy as np
from keras import layers

from _two_tasks import trunk, two_tasks
from keras_mtl import MultiTaskModel
from keras_mtl.batches.batch import Batch
from keras_mtl.training.steps.step import Step, changing_variables, whole_step
from keras_mtl.training.task_data import JOINT_DATA


def test_variables_and_feeds():
    model = two_tasks()
    state = model.training_state
    alone, both = Step(state, ("hair",), False), Step(state, model.tasks, True)

    assert alone.variables.shared == model.trunk.trainable_variables
    assert alone.variables.by_task == {"hair": model.heads["hair"].trainable_variables}
    assert list(both.variables.by_task) == ["age", "hair"]
    assert alone.feeds == ("hair",) and alone.feed_of("hair") == "hair"
    assert both.feeds == (JOINT_DATA,) == (both.feed_of("age"),)
    assert whole_step(state, ["age", "hair"]).feeds == ("age", "hair")
    assert len({step.key for step in (alone, both, Step(state, ("hair",), True))}) == 3


def test_statistics_of_frozen_layers_do_not_change_but_seeds_do():
    inner = [layers.BatchNormalization(name="norm"), layers.Dropout(0.5, name="drop")]
    model = MultiTaskModel(trunk(*inner), {"age": 2})
    norm, drop = inner
    statistics = {id(norm.moving_mean), id(norm.moving_variance)}
    seed = id(drop.seed_generator.state)

    assert set(map(id, changing_variables([model.trunk]))) == {*statistics, seed}
    norm.trainable = drop.trainable = False
    assert set(map(id, changing_variables([model.trunk]))) == {seed}


def test_losses_are_built_for_the_shapes_of_labels_where_outputs_vary():
    inputs = keras.Input((None, 2), name="x")
    base = keras.Model(inputs, layers.Dense(3)(inputs))
    model = MultiTaskModel(base, {"tags": layers.Dense(1)})
    model.compile("sgd", loss="mse")
    step = whole_step(model.training_state, ["tags"])
    step.build({"tags": Batch(np.zeros((4, 7, 2)), np.zeros((4, 7, 1)))})
    assert model.training_state.objectives["tags"].built
    assert step.num_rows({"tags": Batch(None, np.zeros((4, 7, 1)))}) == 4
