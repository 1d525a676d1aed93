"""Metrics with weights of single labels, of steps and of rows: as Keras computes what is chosen."""

import keras
import numpy as np
import pytest

from _helpers import draw
from _watching import as_numpy
from keras_mtl.training.metric_weights import OF_SINGLE_LABELS, takes, update

ROWS, STEPS, LABELS = 5, 4, 3
ARGUMENTS = {
    "PrecisionAtRecall": {"recall": 0.5},
    "RecallAtPrecision": {"precision": 0.5},
    "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5},
}


def drawn(*shape):
    y = (draw(*shape, seed=1) > 0).astype("float32")
    return y, np.abs(np.tanh(draw(*shape, seed=2))), draw(*shape, seed=3) > -0.3


def value(metric, *batch):
    metric.update_state(*batch)
    return as_numpy(metric.result())


def updated(metric, *batch):
    update(metric, *map(keras.ops.convert_to_tensor, batch))
    return as_numpy(metric.result())


@pytest.mark.parametrize("kind", OF_SINGLE_LABELS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("shape", [(ROWS, LABELS), (ROWS, STEPS, LABELS)], ids=["rows", "steps"])
def test_metrics_of_single_labels(kind, shape):
    arguments = ARGUMENTS.get(kind.__name__, {})
    y, y_pred, there = drawn(*shape)
    if kind is keras.metrics.Accuracy:
        y_pred = np.round(y_pred)
    metric = kind(**arguments)
    assert takes(metric, len(shape), len(shape) - 1, None)

    found = updated(metric, y, y_pred, there.astype("float32"))

    expected = value(kind(**arguments), y[there][:, None], y_pred[there][:, None])
    np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.parametrize("weights", [(ROWS,), (ROWS, STEPS)], ids=["rows", "steps"])
@pytest.mark.parametrize(
    "make",
    [
        lambda: keras.metrics.CategoricalAccuracy(),
        lambda: keras.metrics.CategoricalCrossentropy(),
        lambda: keras.metrics.MeanAbsoluteError(),
        lambda: keras.metrics.Precision(),
        lambda: keras.metrics.AUC(multi_label=True, num_labels=LABELS),
        lambda: keras.metrics.F1Score(threshold=0.5),
        lambda: keras.metrics.OneHotMeanIoU(LABELS),
    ],
)
def test_metrics_at_every_step(make, weights):
    y, y_pred, _ = drawn(ROWS, STEPS, LABELS)
    chosen = draw(*weights, seed=4) > 0
    found = updated(make(), y, y_pred, chosen.astype("float32"))

    rows = (array[chosen].reshape(-1, LABELS) for array in (y, y_pred))
    np.testing.assert_allclose(found, value(make(), *rows), rtol=1e-4)


def test_an_auc_of_each_label():
    y, y_pred, there = drawn(40, 2)
    made = [keras.metrics.AUC(multi_label=True, num_labels=2) for _ in range(2)]
    found = updated(made[0], y, y_pred, there.astype("float32"))
    alone = [value(keras.metrics.AUC(), y[t, i], y_pred[t, i]) for i, t in enumerate(there.T)]
    np.testing.assert_allclose(found, np.mean(alone), rtol=1e-4)


@pytest.mark.parametrize("shape", [(ROWS, STEPS), (ROWS, STEPS, 1)])
def test_numbers_at_every_step_with_and_without_a_last_axis(shape):
    y, (_, y_pred, there) = draw(*shape), drawn(ROWS, STEPS, 1)
    found = updated(keras.metrics.MeanSquaredError(), y, y_pred, there[..., 0].astype("float32"))
    expected = (y.reshape(ROWS, STEPS) - y_pred[..., 0])[there[..., 0]] ** 2
    np.testing.assert_allclose(found, expected.mean(), rtol=1e-5)


class Own(keras.metrics.Metric):
    pass


@pytest.mark.parametrize(
    ("make", "rank", "value_rank", "expected"),
    [
        (lambda: keras.metrics.F1Score(), 1, None, True),
        (lambda: keras.metrics.F1Score(), 3, None, False),
        (lambda: keras.metrics.Precision(class_id=1), 3, None, False),
        (lambda: keras.metrics.Recall(top_k=1), 3, None, False),
        (lambda: keras.metrics.CategoricalAccuracy(), 2, None, True),
        (lambda: keras.metrics.CategoricalAccuracy(), 3, None, False),
        (lambda: keras.metrics.MeanMetricWrapper(keras.losses.mean_squared_error), 3, None, True),
        (lambda: keras.metrics.MeanMetricWrapper(lambda y, p: y), 3, 3, False),
        (lambda: keras.metrics.MeanMetricWrapper(lambda y, p: y), 2, 2, True),
        (lambda: keras.metrics.MeanMetricWrapper(lambda y, p: y), 2, 1, False),
        (lambda: Own(), 2, None, True),
        (lambda: Own(), 3, None, False),
    ],
)
def test_which_weights_a_metric_takes(make, rank, value_rank, expected):
    """Predictions of two places, such as the steps of a sequence, and labels at each of these."""
    assert takes(make(), rank, 2, value_rank) is expected
