"""What a step trains on: labelled rows, weights, and the losses of layers."""

import keras
import numpy as np
import pytest
from keras import layers, regularizers

from _helpers import draw
from _two_tasks import (
    EAGER,
    FAST,
    WIDTH,
    Sgd,
    assert_same_weights,
    bits,
    joint_data,
    trunk,
    two_data_sets,
    two_tasks,
)
from _two_tasks import Reference as ReferenceOfWhole
from _watching import as_numpy
from keras_mtl import Head, MultiTaskModel, schedules
from keras_mtl.batches.batch import Batch

LABELLED = np.array([True, False, True, True, False, True, False, True])
ROWS = len(LABELLED)
PLAIN = {"optimizer": keras.optimizers.SGD(0.1)}


class Reference(ReferenceOfWhole):
    """With weights of the rows: their losses are multiplied, the mean is over all rows given."""

    weights_of_rows = None

    def error(self, task, outputs, labels):
        error = super().error(task, outputs, labels)
        weights = (self.weights_of_rows or {}).get(task)
        return error if weights is None else error * weights[:, None]


def with_missing(task, way, labels, mask=LABELLED):
    """Labels with gaps, and the `masks` that `fit` is to be given with them."""
    if way == "mask":
        return labels, {task: mask}
    gap = np.nan if task == "age" or way == "nan" else -1
    dtype = "float32" if gap is np.nan or task == "age" else "int64"
    rows = mask[:, None] if labels.ndim == 2 else mask
    return np.where(rows, labels, gap).astype(dtype), None


@pytest.mark.parametrize(
    ("task", "way"),
    [("age", "nan"), ("age", "mask"), ("hair", "nan"), ("hair", "mask"), ("hair", "minus one")],
)
def test_separate_data_with_missing_labels_train_on_the_others(task, way):
    model = two_tasks(**PLAIN)
    reference = Reference(model, lambda: Sgd(0.1, momentum=0.0))
    data = {name: (x[:ROWS], y[:ROWS]) for name, (x, y) in two_data_sets().items()}
    for name, (x, y) in data.items():
        kept = LABELLED if name == task else slice(None)
        reference.step({name: Batch(x[kept], y[kept])})
    y, masks = with_missing(task, way, data[task][1])
    data[task] = (data[task][0], y)

    model.fit(data, masks=masks, schedule=schedules.RoundRobin(), batch_size=ROWS, **FAST)

    assert_same_weights(model, reference)


@pytest.mark.parametrize("way", ["nan", "mask", "minus one"])
def test_joint_data_with_missing_labels_train_each_task_on_its_own(way):
    model = two_tasks(**PLAIN)
    x, labels = joint_data(ROWS)
    reference = Reference(model, lambda: Sgd(0.1, momentum=0.0))
    other = ~LABELLED
    reference.step(
        {
            "age": Batch(x[LABELLED], labels["age"][LABELLED]),
            "hair": Batch(x[other], labels["hair"][other]),
        }
    )
    age, age_mask = with_missing("age", way, labels["age"])
    hair, hair_mask = with_missing("hair", way, labels["hair"], other)
    masks = {**(age_mask or {}), **(hair_mask or {})} or None

    history = model.fit(x, {"age": age, "hair": hair}, masks=masks, batch_size=ROWS, **FAST)

    assert_same_weights(model, reference)
    assert np.isfinite(history.history["loss"]).all()


@pytest.mark.parametrize("missing", [False, True])
def test_weights_of_rows(missing):
    model = two_tasks(**PLAIN)
    reference = Reference(model, lambda: Sgd(0.1, momentum=0.0))
    x, labels = joint_data(ROWS)
    weights = np.array([1.0, 2.0, 0.0, 0.5, 4.0, 0.0, 3.0, 1.0], "float32")
    kept = LABELLED if missing else np.ones(ROWS, bool)
    reference.weights_of_rows = {"age": weights[kept]}
    reference.step({"age": Batch(x[kept], labels["age"][kept])})
    reference.step({"hair": Batch(x, labels["hair"])})
    y = np.where(kept[:, None], labels["age"], np.nan)

    data = {"age": (x, y, weights), "hair": (x, labels["hair"])}
    model.fit(data, schedule=schedules.RoundRobin(), batch_size=ROWS, **FAST)

    assert_same_weights(model, reference)


def test_weights_of_losses():
    model = two_tasks(**PLAIN, loss_weights={"age": 3.0})
    reference = Reference(model, lambda: Sgd(0.1, momentum=0.0))
    x, labels = joint_data(ROWS)
    reference.weights_of_rows = {"age": np.full(ROWS, 3.0)}
    reference.step({task: Batch(x, y) for task, y in labels.items()})

    history = model.fit(x, labels, batch_size=ROWS, **FAST).history

    assert_same_weights(model, reference)
    total = 3 * history["age_loss"][0] + history["hair_loss"][0]
    assert history["loss"][0] == pytest.approx(total, rel=1e-5)


def test_a_loss_that_is_a_sum():
    summed = {"age": keras.losses.MeanSquaredError(reduction="sum"), "hair": None}
    model = two_tasks(**PLAIN, loss=summed)
    reference = Reference(model, lambda: Sgd(0.1, momentum=0.0))
    x, labels = joint_data(ROWS)
    count = LABELLED.sum()
    reference.weights_of_rows = {"age": np.full(count, count)}
    reference.step(
        {"age": Batch(x[LABELLED], labels["age"][LABELLED]), "hair": Batch(x, labels["hair"])}
    )

    model.fit(x, labels, masks={"age": LABELLED}, batch_size=ROWS, **FAST)

    assert_same_weights(model, reference)


def everything_live():
    """Dropout and BatchNormalization in the trunk and in the heads, and regularisation."""
    inner = [layers.BatchNormalization(name="norm"), layers.Dropout(0.5, name="drop")]
    head = [
        layers.BatchNormalization(name="norm"),
        layers.Dropout(0.5, name="drop"),
        layers.Dense(1, kernel_regularizer="l2", activity_regularizer="l2", name="last"),
    ]
    model = MultiTaskModel(trunk(*inner), {"age": head, "eyes": head})
    model.compile(
        keras.optimizers.Adam(0.01, weight_decay=0.1),
        loss="mse",
        metrics=["mae"],
        run_eagerly=EAGER,
    )
    return model


def test_a_batch_without_labels_leaves_the_whole_model_alone():
    model = everything_live()
    x, y = draw(12, WIDTH, seed=1), draw(12, 1, seed=2)
    holes = y.copy()
    holes[4:] = np.nan
    data = {"age": (x, holes), "eyes": (x, y)}
    only_age = schedules.join(
        [schedules.Blocks({"age": 1}), schedules.RoundRobin()], boundaries=[1000]
    )
    states = []
    note = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda *_: states.append(bits([*model.variables, *model.optimizer.variables]))
    )

    model.fit(
        data, schedule=only_age, batch_size=4, steps_per_epoch=1, epochs=3, callbacks=[note], **FAST
    )

    assert states[0] == states[1] == states[2]


def test_a_joint_batch_without_labels_of_a_task_leaves_its_head_alone():
    model = everything_live()
    x, y = draw(12, WIDTH, seed=1), draw(12, 1, seed=2)
    holes = y.copy()
    holes[4:] = np.nan
    states = {"age": [], "eyes": []}

    def note(*_):
        for task, own in states.items():
            slots = model.optimizer._parts.inner[task].variables
            own.append(bits([*model.heads[task].variables, *slots]))

    model.fit(
        x,
        {"age": holes, "eyes": y},
        batch_size=4,
        steps_per_epoch=1,
        epochs=3,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=note)],
        **FAST,
    )

    assert states["age"][0] == states["age"][1] == states["age"][2]
    assert states["eyes"][0] != states["eyes"][1]


def regularised(activity=None):
    l2 = regularizers.L2(0.05)
    inputs = keras.Input((WIDTH,), name="x")
    dense = layers.Dense(5, "tanh", kernel_regularizer=l2, activity_regularizer=activity)
    base = keras.Model(inputs, dense(inputs), name="base")
    heads = {task: [layers.Dense(1, kernel_regularizer=l2)] for task in ("age", "eyes")}
    model = MultiTaskModel(base, heads)
    model.compile(keras.optimizers.SGD(0.1), loss="mse", run_eagerly=EAGER)
    return model


@pytest.mark.parametrize("activity", [None, "l2"])
@pytest.mark.parametrize("schedule", [schedules.RoundRobin(), None], ids=["in turn", "jointly"])
def test_regularisation_is_that_of_keras(activity, schedule):
    """A step of a task is a step of Keras with the task's own model; a joint one, with all."""
    model = regularised(activity)
    x, labels = (
        draw(ROWS, WIDTH, seed=1),
        {t: draw(ROWS, 1, seed=i) for i, t in enumerate(("age", "eyes"))},
    )
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    losses = []
    if schedule is None:
        clone.compile(
            keras.optimizers.SGD(0.1), loss={"age": "mse", "eyes": "mse"}, run_eagerly=EAGER
        )
        losses.append(clone.train_on_batch(x, labels, return_dict=True)["loss"])
        history = model.fit(x, labels, batch_size=ROWS, **FAST).history
    else:
        for task, y in labels.items():
            own = keras.Model(clone.input, clone.output[task])
            own.compile(keras.optimizers.SGD(0.1), loss="mse", run_eagerly=EAGER)
            losses.append(own.train_on_batch(x, y, return_dict=True)["loss"])
        data = {task: (x, y) for task, y in labels.items()}
        history = model.fit(data, schedule=schedule, batch_size=ROWS, **FAST).history

    for value, expected in zip(model.get_weights(), clone.get_weights(), strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-7)
    assert history["loss"][0] == pytest.approx(np.mean(losses), rel=1e-5)


@pytest.mark.parametrize("activity", [None, "l2"])
def test_joint_steps_on_separate_data_regularise_each_weight_once(activity):
    model = regularised(activity)
    data = {
        t: (draw(ROWS, WIDTH, seed=i), draw(ROWS, 1, seed=i + 9))
        for i, t in enumerate(("age", "eyes"))
    }
    expected = sum(
        0.05 * (as_numpy(v) ** 2).sum() for v in model.trainable_variables if "kernel" in v.path
    )
    for task, (x, y) in data.items():
        own = model.training_state.graphs.of_task(task)
        expected += ((as_numpy(own(x)) - y) ** 2).mean()
        features = as_numpy(model.trunk(x))
        expected += 0.01 * (features**2).sum() / ROWS if activity else 0

    history = model.fit(data, schedule=schedules.Joint(), batch_size=ROWS, **FAST).history

    assert history["loss"][0] == pytest.approx(expected, rel=1e-5)


def test_batchnorm_and_dropout_see_the_rows_of_their_task():
    model = everything_live()
    data = {
        t: (draw(8, WIDTH, seed=i), draw(8, 1, seed=i + 9)) for i, t in enumerate(("age", "eyes"))
    }
    start = {task: bits(head.non_trainable_variables) for task, head in model.heads.items()}
    norm = model.trunk.get_layer("norm")
    dense = model.trunk.get_layer("dense")
    expected = 0.01 * as_numpy(dense(data["age"][0])).mean(0)
    only_age = schedules.join(
        [schedules.Blocks({"age": 1}), schedules.RoundRobin()], boundaries=[1000]
    )

    model.fit(data, schedule=only_age, batch_size=8, steps_per_epoch=1, **FAST)

    np.testing.assert_allclose(as_numpy(norm.moving_mean), expected, rtol=1e-4, atol=1e-6)
    assert bits(model.heads["age"].non_trainable_variables) != start["age"]
    assert bits(model.heads["eyes"].non_trainable_variables) == start["eyes"]


@pytest.mark.backend("tensorflow", "jax", reason="torch draws from its own global state")
def test_frozen_dropout_of_an_ordinary_trunk_draws_anew_at_each_step():
    """Keras's `trainable = False` leaves it active; its seed must go on."""
    model = MultiTaskModel(trunk(layers.Dropout(0.5, name="drop")), {"age": Head(1, "regression")})
    model.trunk.trainable = False
    model.compile("sgd", run_eagerly=EAGER)
    seed = model.trunk.get_layer("drop").seed_generator.state
    start = bits([seed])

    model.fit({"age": two_data_sets()["age"]}, batch_size=8, **FAST)

    assert bits([seed]) != start


def test_weighted_metrics_and_metrics_over_labelled_rows():
    weighted = {"age": [keras.metrics.MeanAbsoluteError(name="weighted")]}
    # A rate of 0: the predictions are those before training.
    model = two_tasks(optimizer=keras.optimizers.SGD(0.0), weighted_metrics=weighted)
    x, labels = joint_data(ROWS)
    weights = np.arange(ROWS, dtype="float32")
    predicted = model.predict(x, verbose=0)

    history = model.fit(
        x, labels, sample_weight={"age": weights}, masks={"age": LABELLED}, batch_size=3, **FAST
    ).history

    errors = np.abs(predicted["age"] - labels["age"])[:, 0]
    own = weights * LABELLED
    assert history["age_mae"][0] == pytest.approx(errors[LABELLED].mean(), rel=1e-5)
    assert history["age_weighted"][0] == pytest.approx((errors * own).sum() / own.sum(), rel=1e-5)
    accuracy = (predicted["hair"].argmax(1) == labels["hair"]).mean()
    assert history["hair_accuracy"][0] == pytest.approx(accuracy, rel=1e-5)
    loss = (errors**2 * own).sum() / LABELLED.sum()
    assert history["age_loss"][0] == pytest.approx(loss, rel=1e-5)


@pytest.mark.slow
def test_masks_given_for_another_task_in_the_next_fit():
    """What is compiled for one layout of the data is not used for another."""
    x, labels = joint_data(ROWS)
    model = two_tasks(**PLAIN, run_eagerly=False)
    model.fit(x, labels, masks={"age": LABELLED}, batch_size=ROWS, **FAST)
    other = two_tasks(**PLAIN, run_eagerly=False)
    other.set_weights(model.get_weights())

    for one in (model, other):
        one.fit(x, labels, masks={"hair": LABELLED}, batch_size=ROWS, **FAST)

    for value, expected in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-6, atol=1e-7)
