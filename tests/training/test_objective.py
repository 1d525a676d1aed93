"""The loss and metrics of a task are means over the rows that have its label."""

import keras
import numpy as np
import pytest

from _helpers import draw
from _watching import as_numpy
from keras_mtl.errors import InvalidTaskData
from keras_mtl.training.objective import Objective, Rows

ROWS = 6
MASK = np.array([True, False, True, True, False, True])
WEIGHTS = np.array([2.0, 9.0, 0.0, 1.0, 9.0, 0.5], "float32")
CHOSEN = {"all": np.ones(ROWS, bool), "some": MASK}


def numbers():
    return draw(ROWS, 2, seed=1), draw(ROWS, 2, seed=2)


def rows_of(mask, weights=None):
    tensor = keras.ops.convert_to_tensor
    weights = None if weights is None else tensor(weights)
    if mask.all():
        return Rows(weights)
    return Rows(weights, tensor(mask), len(mask), int(mask.sum()))


def made(loss, metrics=None, weighted=None, y=None, y_pred=None):
    objective = Objective("task", loss, metrics, weighted)
    if y is None:
        y, y_pred = numbers()
    tensor = keras.ops.convert_to_tensor
    objective.build(tensor(y[:1]), tensor(y_pred[:1]))
    return objective


def per_row(y, y_pred):
    return ((y - y_pred) ** 2).mean(-1)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("mask", CHOSEN.values(), ids=CHOSEN)
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight"])
def test_the_loss_is_over_the_rows_with_a_label(reduction, mask, weights):
    y, y_pred = numbers()
    losses = per_row(y, y_pred)
    own = np.ones(ROWS) if weights is None else weights
    total = (losses * own)[mask].sum()
    expected = {
        "sum_over_batch_size": total / mask.sum(),  # A zero weight stays in the denominator.
        "sum": total,
        "mean_with_sample_weight": total / own[mask].sum(),
    }[reduction]

    objective = made(keras.losses.MeanSquaredError(reduction=reduction))

    found = objective.loss(y, y_pred, rows_of(mask, weights))
    np.testing.assert_allclose(as_numpy(found), expected, rtol=1e-5)


@pytest.mark.parametrize("loss", ["mse", keras.losses.mean_squared_error], ids=["name", "function"])
def test_a_loss_given_in_another_way(loss):
    y, y_pred = numbers()
    found = made(loss).loss(y, y_pred, rows_of(MASK))
    np.testing.assert_allclose(as_numpy(found), per_row(y, y_pred)[MASK].mean(), rtol=1e-5)


def test_labels_at_every_place_of_a_sequence():
    y = np.arange(ROWS * 4).reshape(ROWS, 4) % 3
    y_pred = np.abs(draw(ROWS, 4, 3, seed=1)) + 0.1
    y_pred /= y_pred.sum(-1, keepdims=True)
    objective = made("sparse_categorical_crossentropy", ["accuracy"], y=y, y_pred=y_pred)

    found = objective.loss(y, y_pred, rows_of(MASK))
    objective.update(y, y_pred, found, rows_of(MASK))

    losses = -np.log(np.take_along_axis(y_pred, y[..., None], -1))[..., 0]
    np.testing.assert_allclose(as_numpy(found), losses[MASK].mean(), rtol=1e-5)
    accuracy = (y_pred.argmax(-1) == y)[MASK].mean()
    np.testing.assert_allclose(as_numpy(objective.result()["accuracy"]), accuracy, rtol=1e-5)


@pytest.mark.parametrize("mask", CHOSEN.values(), ids=CHOSEN)
def test_metrics_are_over_the_rows_with_a_label(mask):
    y, y_pred = numbers()
    objective = made("mse", ["mae"], [keras.metrics.MeanAbsoluteError(name="weighted")])
    rows = rows_of(mask, WEIGHTS)

    objective.update(y, y_pred, objective.loss(y, y_pred, rows), rows)

    errors = np.abs(y - y_pred).mean(-1)[mask]
    found = {name: as_numpy(value) for name, value in objective.result().items()}
    assert list(found) == ["loss", "mae", "weighted"]
    weighted = (errors * WEIGHTS[mask]).sum() / WEIGHTS[mask].sum()
    np.testing.assert_allclose(found["mae"], errors.mean(), rtol=1e-5)
    np.testing.assert_allclose(found["weighted"], weighted, rtol=1e-5)
    loss = (per_row(y, y_pred) * WEIGHTS)[mask].sum() / mask.sum()
    np.testing.assert_allclose(found["loss"], loss, rtol=1e-5)


def test_the_mean_of_the_loss_over_batches_is_that_over_all_rows_with_a_label():
    y, y_pred = numbers()
    objective = made("mse")
    for start, end in ((0, 2), (2, 3), (3, ROWS)):
        part = slice(start, end)
        rows = rows_of(MASK[part]) if not MASK[part].all() else Rows()
        objective.update(y[part], y_pred[part], objective.loss(y[part], y_pred[part], rows), rows)
    mean = as_numpy(objective.result()["loss"])
    np.testing.assert_allclose(mean, per_row(y, y_pred)[MASK].mean(), rtol=1e-5)

    objective.reset()
    assert as_numpy(objective.result()["loss"]) == 0


def test_the_losses_of_parts_of_a_batch_add_up_to_that_of_the_batch():
    """As replicas compute it: each knows the rows of the whole batch."""
    y, y_pred = numbers()
    objective = made("mse")
    mask = keras.ops.convert_to_tensor(MASK)
    parts = []
    for part in (slice(0, 3), slice(3, ROWS)):
        # Each part divides by its own three rows: two replicas, so `total` counts six.
        rows = Rows(None, mask[part], ROWS, int(MASK.sum()))
        parts.append(as_numpy(objective.loss(y[part], y_pred[part], rows)) / 2)
        objective.update(y[part], y_pred[part], parts[-1], rows)
    np.testing.assert_allclose(sum(parts), per_row(y, y_pred)[MASK].mean(), rtol=1e-5)


def test_a_batch_without_a_label_counts_nothing():
    y, y_pred = numbers()
    objective = made("mse", ["mae"])
    rows = rows_of(np.zeros(ROWS, bool))

    loss = objective.loss(y, y_pred, rows)
    objective.update(y, y_pred, loss, rows)

    assert as_numpy(loss) == 0
    assert all(as_numpy(variable) == 0 for variable in objective.variables)


def test_a_loss_of_the_whole_batch_cannot_leave_rows_out():
    y, y_pred = numbers()
    objective = made(lambda y, y_pred: keras.ops.mean(keras.ops.square(y - y_pred)))

    whole = objective.loss(y, y_pred, Rows())

    np.testing.assert_allclose(as_numpy(whole), per_row(y, y_pred).mean(), rtol=1e-5)
    with pytest.raises(InvalidTaskData, match="`task` gives one number for a whole batch"):
        objective.loss(y, y_pred, rows_of(MASK))


@pytest.mark.parametrize(
    "metric",
    [
        lambda: keras.metrics.AUC(multi_label=True, num_labels=2, name="own"),
        lambda: keras.metrics.Precision(name="own"),
        lambda: keras.metrics.F1Score(threshold=0.5, name="own"),
        lambda: keras.metrics.R2Score(name="own"),
        lambda: keras.metrics.BinaryIoU(name="own"),
        lambda: keras.metrics.OneHotMeanIoU(2, name="own"),
    ],
    ids=["auc", "precision", "f1", "r2", "iou", "one-hot iou"],
)
def test_metrics_of_several_labels_leave_rows_out(metric):
    y, y_pred = (draw(ROWS, 2, seed=1) > 0).astype("float32"), np.abs(np.tanh(draw(ROWS, 2)))
    objective = made("binary_crossentropy", [metric()], y=y, y_pred=y_pred)
    expected = metric()
    expected.update_state(y[MASK], y_pred[MASK])

    objective.update(y, y_pred, keras.ops.zeros(()), rows_of(MASK))

    found = as_numpy(objective.result()["own"])
    np.testing.assert_allclose(found, as_numpy(expected.result()), rtol=1e-5)


def test_building_leaves_no_trace_in_the_metrics():
    objective = made("mse", ["mae"], ["mse"])
    assert all(as_numpy(variable) == 0 for variable in objective.variables)
