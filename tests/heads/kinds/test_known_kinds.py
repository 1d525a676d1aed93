"""A kind of task is one new file: here is one, and everything works with it."""

import keras
import numpy as np
import pytest
from keras import layers

from _helpers import draw, reload
from _watching import as_numpy, same_bits
from keras_mtl import Head, MultiTaskModel, fit_cached, probe_cuts, transfer
from keras_mtl.errors import InvalidLabels
from keras_mtl.heads.kinds.known_kinds import KINDS
from keras_mtl.heads.kinds.task_kind import LabelBounds, TaskKind
from keras_mtl.heads.probe_targets import NumberTargets
from keras_mtl.scores.checks import check_targets

WIDTH, LEVELS, ROWS = 4, 5, 20


@keras.saving.register_keras_serializable("tests")
class LevelError(keras.losses.Loss):
    """The squared distance between the label and the mean of the levels."""

    def call(self, y_true, y_pred):
        levels = keras.ops.arange(keras.ops.shape(y_pred)[-1], dtype=y_pred.dtype)
        y_true = keras.ops.cast(keras.ops.reshape(y_true, (-1,)), y_pred.dtype)
        return keras.ops.square(y_true - keras.ops.sum(y_pred * levels, axis=-1))


@KINDS.register
class Ordinal(TaskKind):
    """Labels are levels `0 .. units - 1` in an order."""

    name = "ordinal"
    activation = "softmax"
    missing_label = -9

    def make_loss(self, *, from_logits):
        return LevelError(name="level_error")

    def make_metrics(self, *, from_logits):
        return [keras.metrics.SparseCategoricalAccuracy(name="same_level")]

    def decode(self, outputs, *, from_logits):
        return np.rint(outputs @ np.arange(outputs.shape[-1])).astype(int)

    def label_shapes(self, units, places):
        return [places]

    def label_bounds(self, units):
        return LabelBounds(0, units - 1, whole=True, rule=f"levels are 0 to {units - 1}")

    def probe_targets(self, labels, samples):
        return NumberTargets(check_targets(labels, samples, name="y"))


def source():
    return keras.Sequential([keras.Input((WIDTH,)), layers.Dense(6, name="dense")], name="source")


X = draw(ROWS, WIDTH)
Y = np.clip(np.rint(X[:, 0] + 2), 0, LEVELS - 1).astype(int)


def test_it_is_found_by_name_beside_the_others():
    assert {"ordinal", "classification", "binary", "multilabel", "regression"} <= set(KINDS.names)
    assert isinstance(Head(LEVELS, "ordinal").task_kind, Ordinal)
    with pytest.raises(ValueError, match="Did you mean 'ordinal'"):
        Head(LEVELS, "ordinl")


def test_a_transferred_model_of_this_kind_trains_predicts_and_is_saved(tmp_path):
    model = transfer(source(), 0, freeze=True, head=Head(LEVELS, "ordinal"))
    history = model.fit(X, Y.astype("float32"), epochs=2, verbose=0).history
    assert set(history) == {"loss", "same_level"}
    fit_cached(model, X, Y, epochs=1, verbose=0)
    with pytest.raises(InvalidLabels, match="`y` holds the class 5; levels are 0 to 4"):
        model.fit(X, np.full(ROWS, LEVELS), verbose=0)
    with pytest.raises(InvalidLabels, match=r"a head of kind `ordinal` with 5 units needs \(20,\)"):
        model.fit(X, np.eye(LEVELS)[Y], verbose=0)

    loaded = reload(model, tmp_path)

    outputs = loaded.predict(X, verbose=0)
    assert same_bits(outputs, model.predict(X, verbose=0))
    assert loaded.head.kind == "ordinal"
    assert loaded.head.has_loss(loaded.loss)
    levels = loaded.head.decode(outputs)
    assert levels.shape == (ROWS,) and set(levels) <= set(range(LEVELS))


@pytest.mark.slow
@pytest.mark.parametrize("batches", [False, True])
def test_a_task_of_this_kind_may_miss_labels(batches):
    if batches and keras.backend.backend() != "tensorflow":
        pytest.skip("tf.data is read in a compiled loop on TensorFlow only")
    labels = np.where(np.arange(ROWS) % 3 > 0, Y, -9)
    model = MultiTaskModel(source(), {"level": Head(LEVELS, "ordinal")})
    model.compile("sgd", run_eagerly=not batches)
    data = (X, labels)
    if batches:
        import tensorflow as tf

        data = tf.data.Dataset.from_tensor_slices(data).batch(5)
    start = model.get_weights()
    model.fit({"level": data}, batch_size=5, shuffle=False, seed=0, verbose=0)
    trained = model.get_weights()

    model.set_weights(start)
    present = labels >= 0
    masked = {"level": (X, np.where(present, Y, 0))}
    options = {"batch_size": 5, "shuffle": False, "seed": 0, "verbose": 0}
    model.fit(masked, masks={"level": present}, **options)

    assert not all(map(np.array_equal, trained, start))
    for found, expected in zip(trained, model.get_weights(), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    with pytest.raises(InvalidLabels, match=r"`level`.*holds the class -1; levels are 0 to 4"):
        model.fit({"level": (X, np.full(ROWS, -1))}, verbose=0)


def test_depths_are_scored_for_this_kind():
    probes = probe_cuts(source(), X, Y, kind="ordinal", verbose=0)
    assert probes.metric == "R²"
    assert probes.best.fit == probes.best.score
    with pytest.raises(InvalidLabels, match="`y` is taken for numbers"):
        probe_cuts(source(), X, Y, kind="ordinal", probe="logistic", verbose=0)


def test_a_name_cannot_be_taken_twice_but_a_class_can_be_defined_again():
    KINDS.register(Ordinal)

    class Another(Ordinal):
        name = "binary"

    with pytest.raises(ValueError, match=r"`kind='binary'` is taken by `.*Binary`"):
        KINDS.register(Another)
    assert as_numpy(Head(1, "binary").decode(np.array([[0.2], [0.7]]))).tolist() == [[0], [1]]
