"""The loss and metrics of a task are means over the rows that have its label."""

import keras
import numpy as np
import pytest

from _helpers import draw
from _watching import as_numpy
from keras_mtl.errors import InvalidTaskData
from keras_mtl.heads.losses import MEANS_OVER_LABELS
from keras_mtl.keras_private.graphs import get_keras_mask, set_keras_mask
from keras_mtl.training.objective import Objective
from keras_mtl.training.rows import Rows, with_real_steps

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
    return Rows(weights, tensor(mask), mask.size, int(mask.sum()))


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


REAL = np.array(
    [[1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0], [1, 1, 1, 0], [0] * 4, [1, 1, 0, 0]], bool
)
STEPS = np.array([[1, 0, 1, 1], [0, 0, 1, 1], [1] * 4, [0, 1, 1, 1], [1] * 4, [1, 0, 1, 0]], bool)


def tags():
    """Classes of the steps of sequences, and their chances as tensors with a mask of padding."""
    y = np.arange(ROWS * 4).reshape(ROWS, 4) % 3
    y_pred = np.abs(draw(ROWS, 4, 3, seed=1)) + 0.1
    return y, y_pred / y_pred.sum(-1, keepdims=True)


def padded(y_pred, real):
    tensor = keras.ops.convert_to_tensor(y_pred)
    set_keras_mask(tensor, keras.ops.convert_to_tensor(real))
    return tensor


def scored(objective, y, y_pred, rows):
    rows = with_real_steps(rows, y_pred)
    loss = objective.loss(y, y_pred, rows)
    objective.update(y, y_pred, loss, rows)
    return float(as_numpy(loss)), {k: as_numpy(v) for k, v in objective.result().items()}


@pytest.mark.parametrize("weights", [None, WEIGHTS, np.abs(draw(ROWS, 4, seed=4))], ids=np.ndim)
@pytest.mark.parametrize("mask", [np.ones(ROWS, bool), MASK, STEPS], ids=["all", "rows", "steps"])
def test_under_a_mask_of_layers_real_and_labelled_steps_count(mask, weights):
    y, y_pred = tags()
    accuracy = keras.metrics.SparseCategoricalAccuracy
    own = [accuracy(name="own"), lambda y, y_pred: keras.ops.cast(y == 1, "float32")]
    objective = made("sparse_categorical_crossentropy", own, [accuracy()], y=y, y_pred=y_pred)

    loss, found = scored(objective, y, padded(y_pred, REAL), rows_of(mask, weights))

    count = REAL & (mask if mask.ndim == 2 else mask[:, None])
    weight = np.ones((ROWS, 4))
    if weights is not None:
        weight = weight * (weights if weights.ndim == 2 else weights[:, None])
    losses = -np.log(np.take_along_axis(y_pred, y[..., None], -1))[..., 0]
    right = y_pred.argmax(-1) == y
    np.testing.assert_allclose(loss, (losses * weight)[count].mean(), rtol=1e-5)
    np.testing.assert_allclose(found["loss"], loss, rtol=1e-6)
    np.testing.assert_allclose(found["own"], right[count].mean(), rtol=1e-5)
    np.testing.assert_allclose(list(found.values())[2], (y == 1)[count].mean(), rtol=1e-5)
    weighted = found["sparse_categorical_accuracy"]
    np.testing.assert_allclose(weighted, np.average(right[count], weights=weight[count]), rtol=1e-5)


def test_batches_of_longer_sequences_count_by_their_steps():
    """Keras takes the mean over the steps of each batch first."""
    y, y_pred = tags()
    objective = made("sparse_categorical_crossentropy", ["accuracy"], y=y, y_pred=y_pred)
    for rows, steps in ((slice(0, 2), slice(0, 2)), (slice(2, 6), slice(0, 4))):
        part, mask = y[rows, steps], STEPS[rows, steps]
        _, found = scored(
            objective, part, padded(y_pred[rows, steps], REAL[rows, steps]), rows_of(mask)
        )

    count = REAL & STEPS
    count[:2, 2:] = False
    losses = -np.log(np.take_along_axis(y_pred, y[..., None], -1))[..., 0]
    np.testing.assert_allclose(found["loss"], losses[count].mean(), rtol=1e-5)
    np.testing.assert_allclose(found["accuracy"], (y_pred.argmax(-1) == y)[count].mean(), rtol=1e-5)


def test_classes_that_the_loss_ignores_are_not_labelled_either():
    y, y_pred = tags()
    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=2)
    objective = made(loss, y=y, y_pred=y_pred)

    found, _ = scored(objective, y, padded(y_pred, REAL), rows_of(MASK))

    count = REAL & MASK[:, None] & (y != 2)
    losses = -np.log(np.take_along_axis(y_pred, y[..., None], -1))[..., 0]
    np.testing.assert_allclose(found, losses[count].mean(), rtol=1e-5)


class Seen(keras.metrics.Metric):
    """Counts real steps, as a metric of a user finds them, in rows of some weight."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.total = self.add_weight(name="total", initializer="zeros")

    def update_state(self, y, y_pred, sample_weight=None):
        real = (
            keras.ops.cast(get_keras_mask(y_pred), "float32")
            if get_keras_mask(y_pred) is not None
            else 0.0
        )
        self.total.assign_add(
            keras.ops.sum(real * (1.0 if sample_weight is None else sample_weight[:, None]))
        )

    def result(self):
        return self.total.value


@pytest.mark.parametrize("mask", CHOSEN.values(), ids=CHOSEN)
def test_a_metric_of_the_user_gets_the_mask_as_keras_hands_it_on(mask):
    y, y_pred = tags()
    objective = made("sparse_categorical_crossentropy", [Seen(name="seen")], y=y, y_pred=y_pred)
    _, found = scored(objective, y, padded(y_pred, REAL), rows_of(mask))
    assert found["seen"] == REAL[mask].sum()


THERE = np.array([[1, 0], [1, 1], [0, 0], [0, 1], [1, 1], [1, 0]], bool)


@pytest.mark.parametrize("loss", MEANS_OVER_LABELS, ids=lambda loss: loss.__name__)
@pytest.mark.parametrize("weights", [None, WEIGHTS, np.abs(draw(ROWS, 2, seed=4))], ids=np.ndim)
def test_a_loss_is_the_mean_over_the_labels_of_rows_that_are_there(loss, weights):
    y, y_pred = (draw(ROWS, 2, seed=1) > 0).astype("float32"), np.abs(np.tanh(draw(ROWS, 2)))
    objective = made(loss(), y=y, y_pred=y_pred)

    found, logs = scored(objective, y, keras.ops.convert_to_tensor(y_pred), rows_of(THERE, weights))

    alone = [
        [loss()(y[r, c, None, None], y_pred[r, c, None, None]) for c in (0, 1)] for r in range(6)
    ]
    losses = np.array([[float(as_numpy(one)) for one in row] for row in alone])
    if weights is not None:
        losses = losses * (weights if weights.ndim == 2 else weights[:, None])
    np.testing.assert_allclose(found, losses[THERE].mean(), rtol=1e-4)
    np.testing.assert_allclose(logs["loss"], found, rtol=1e-6)


@pytest.mark.parametrize(
    "loss", ["categorical_crossentropy", lambda y, p: keras.ops.max(y - p, -1)]
)
def test_a_loss_of_whole_rows_takes_no_parts(loss):
    objective = made(loss)
    assert objective.takes_parts(1) and not objective.takes_parts(2)
    with pytest.raises(InvalidTaskData, match="of `task` are missing in part, but its loss gives"):
        objective.loss(*numbers(), rows_of(THERE))
    with pytest.raises(InvalidTaskData, match="sample weight for each part of a row, but its loss"):
        objective.loss(*numbers(), Rows(np.ones((ROWS, 2), "float32")))


def test_a_loss_of_the_user_for_each_label_takes_parts():
    y, y_pred = numbers()
    found = made(lambda y, y_pred: keras.ops.square(y - y_pred)).loss(y, y_pred, rows_of(THERE))
    np.testing.assert_allclose(as_numpy(found), ((y - y_pred) ** 2)[THERE].mean(), rtol=1e-5)


def test_a_metric_of_whole_rows_takes_no_parts():
    objective = made("mse", [keras.metrics.R2Score(name="r2")])
    assert not objective.takes_parts(2)
    with pytest.raises(InvalidTaskData, match="in part, but its metric `r2` needs whole rows"):
        objective.loss(*numbers(), rows_of(THERE))
