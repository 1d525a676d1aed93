import keras
import numpy as np

from _tuning import CLASSES, to_tune
from keras_mtl import Head
from keras_mtl.finetuning.choice import Criterion, Standing
from keras_mtl.training.state import OneTaskState


def criterion(head):
    state = OneTaskState(to_tune(head=head))
    (task,) = state.tasks
    output = keras.ops.zeros((1, state.graphs.outputs[task].shape[-1]))
    state.objectives[task].build(keras.ops.zeros((1,)) if head == CLASSES else output, output)
    return Criterion(state)


def test_accuracy_decides_and_the_loss_between_equals():
    found = criterion(CLASSES)
    assert (found.metric, found.mode, found.stopping().monitor) == (
        "accuracy",
        "max",
        "val_accuracy",
    )
    better = found.score({"val_accuracy": 0.9, "val_loss": 2.0})
    assert better > found.score({"val_accuracy": 0.8, "val_loss": 1.0})
    assert better < found.score({"val_accuracy": 0.9, "val_loss": 1.0})


def test_without_such_a_metric_the_loss_decides():
    found = criterion(Head(1, "regression"))
    assert (found.metric, found.mode) == ("loss", "min")
    assert found.score({"val_loss": 1.0}) > found.score({"val_loss": 2.0})


def test_the_first_of_equal_phases_is_kept():
    standing = Standing()
    standing.add(0, (0.8, -1.0))
    standing.best_weights = [np.zeros(1)]
    standing.add(1, (0.8, -1.0))
    assert standing.best == 0 and standing.best_weights is not None
    standing.add(2, (0.9, -1.0))
    assert standing.best == 2 and standing.best_weights is None
