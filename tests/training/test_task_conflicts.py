"""Cosines, norms and weights of the gradients of tasks, against gradients by hand."""

import keras
import numpy as np
import pytest

from _balanced import BalancedReference, labels_of, several_tasks
from _helpers import draw
from _rows import two_tasks
from _two_tasks import EAGER, WIDTH, Sgd, bits, joint_data, sex_and_hair
from keras_mtl import TaskConflicts
from keras_mtl.balancing import Bloop
from keras_mtl.batches import indexed_rows
from keras_mtl.batches.batch import Batch
from keras_mtl.errors import InvalidTaskData
from keras_mtl.schedules import RoundRobin

RUN = {"batch_size": 8, "shuffle": False, "seed": 1, "verbose": 0}


@pytest.mark.parametrize("joint", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_the_gradients_are_those_of_a_loop_by_hand(joint):
    bloop = Bloop(main="age", rate=0.5)
    model = several_tasks(3, optimizer="sgd", balancer=bloop)
    x = draw(20, WIDTH, seed=4)
    labels = {task: labels_of(task, 20) for task in model.tasks}
    given = (x, labels) if joint else ({task: (x, y) for task, y in labels.items()},)
    conflicts = TaskConflicts(*given, rows=16)

    model.fit(x, labels, callbacks=[conflicts], epochs=2, **RUN)

    reference = BalancedReference(model, Sgd, None)
    rows = np.stack(
        [
            np.concatenate([one.ravel() for one in reference.gradients(task, batch)[1]])
            for task, batch in ((task, Batch(x[:16], y[:16])) for task, y in labels.items())
        ]
    )
    norms = np.linalg.norm(rows, axis=1)
    assert conflicts.epochs == [0, 1] and conflicts.block_names == ["dense"]
    np.testing.assert_allclose(conflicts.norms()[-1], norms, rtol=1e-4)
    expected = rows @ rows.T / norms / norms[:, None]
    np.testing.assert_allclose(conflicts.cosines()[-1], expected, atol=1e-4)
    np.testing.assert_array_equal(conflicts.weights[-1], [1, 1, 1])  # of Bloop, without the mean


def test_it_changes_nothing_and_divides_the_trunk_into_blocks():
    from keras import layers

    def run(callbacks):
        keras.utils.set_random_seed(0)
        extra = [layers.Dropout(0.5, seed=1), layers.BatchNormalization(), layers.Dense(3)]
        model = sex_and_hair(extra=extra, run_eagerly=EAGER)
        x, y = draw(16, WIDTH), {"sex": np.arange(16) % 2, "hair": np.arange(16) % 3}
        data = {task: (x, labels) for task, labels in y.items()}
        options = {"validation_split": 0.5, "schedule": RoundRobin(), **RUN}
        model.fit(data, callbacks=callbacks, **options)
        return bits(model)

    conflicts = TaskConflicts(blocks=2)
    assert run([conflicts]) == run([])
    assert len(conflicts.block_names) == 2 and " to " in conflicts.block_names[0]
    np.testing.assert_allclose(
        conflicts.norms(0) ** 2 + conflicts.norms(1) ** 2, conflicts.norms() ** 2
    )
    assert (np.abs(conflicts.cosines()) < 1 + 1e-6).all()


def test_rows_that_are_read_when_needed_are_measured_on_as_arrays(monkeypatch):
    monkeypatch.setattr(indexed_rows, "IN_MEMORY", 0)
    data = two_tasks(40, labelled=1.0, width=WIDTH).joint()
    model = sex_and_hair()
    read, arrays = TaskConflicts(data, rows=8), TaskConflicts(*data, rows=8)
    model.fit(*data, callbacks=[read, arrays], **RUN)
    np.testing.assert_allclose(read.norms(), arrays.norms(), rtol=1e-5)


def test_what_cannot_be_measured():
    model = sex_and_hair()
    x, y = joint_data(8)[0], {"sex": np.arange(8) % 2, "hair": np.arange(8) % 3}
    with pytest.raises(InvalidTaskData, match=r"`TaskConflicts\(x, y\)`, or validate on all"):
        model.fit(x, y, callbacks=[TaskConflicts()], **RUN)
    with pytest.raises(ValueError, match=r"`blocks=2` is more than the layers .* train: 1"):
        model.fit(x, y, callbacks=[TaskConflicts(x, y, blocks=2)], **RUN)
    with pytest.raises(ValueError, match="Nothing was measured yet"):
        TaskConflicts().plot("nowhere.svg")
    with pytest.raises(ValueError, match="`rows`"):
        TaskConflicts(rows=0)
