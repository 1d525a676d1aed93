"""Which rows have a label, and how much each of them counts."""

import numpy as np
import pytest

from _two_tasks import two_tasks
from _watching import as_numpy
from keras_mtl.batches.batch import Batch
from keras_mtl.training.steps import labelled_rows
from keras_mtl.training.steps.step import Step
from keras_mtl.training.task_data import JOINT_DATA

X = np.zeros((3, 4), "float32")
AGE, HAIR = np.zeros((3, 1), "float32"), np.array([0, 2, 1])
MASK = np.array([True, False, True])


@pytest.fixture(scope="module")
def state():
    return two_tasks().training_state


def joint(age_mask=None, hair_mask=None, weights=None):
    masks = {"age": age_mask, "hair": hair_mask}
    return {JOINT_DATA: Batch(X, {"age": AGE, "hair": HAIR}, weights, masks)}


def test_rows_of_one_task_and_of_joint_data(state):
    alone = labelled_rows.rows_by_task(
        Step(state, ("age",), False), {"age": Batch(X, AGE, np.ones(3), MASK)}
    )["age"]
    assert int(as_numpy(alone.total)) == 3 and int(as_numpy(alone.valid)) == 2
    rows = labelled_rows.rows_by_task(Step(state, state.tasks, True), joint(hair_mask=MASK))
    assert rows["age"].mask is None and rows["age"].valid is None
    assert int(as_numpy(rows["hair"].valid)) == 2


@pytest.mark.parametrize("labels", [HAIR, HAIR[:, None], np.eye(3)[HAIR]])
def test_the_weight_of_a_row_is_that_of_its_class_times_its_own(state, labels):
    classes = {"hair": np.array([1.0, 2.0, 4.0], "float32")}
    step = Step(state, ("hair",), False, classes)
    own = np.array([1.0, 0.5, 3.0], "float32")
    found = labelled_rows.row_weights(step, "hair", labels, own)
    np.testing.assert_array_equal(as_numpy(found), [1.0, 2.0, 6.0])
    np.testing.assert_array_equal(
        as_numpy(labelled_rows.row_weights(step, "hair", labels, None)), [1.0, 4.0, 2.0]
    )
    other = Step(state, ("age",), False, classes)
    assert other.class_weights == {} and other.key != step.key
    assert labelled_rows.row_weights(other, "age", AGE, own) is own


def test_tasks_without_a_label(state):
    together, none = Step(state, state.tasks, True), np.zeros(3, bool)
    present = labelled_rows.tasks_present(together, joint(hair_mask=none))
    assert {task: bool(as_numpy(there)) for task, there in present.items()} == {"hair": False}
    assert labelled_rows.has_labels(together, joint(hair_mask=none))
    assert not labelled_rows.has_labels(together, joint(none, none))
    alone = Step(state, ("hair",), True)
    assert labelled_rows.tasks_present(alone, joint(hair_mask=none)) == {}
    assert not labelled_rows.has_labels(alone, joint(hair_mask=none))
