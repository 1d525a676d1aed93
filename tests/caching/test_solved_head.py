"""Heads that `fit_cached` solves for, on every kind of task and data."""

import keras
import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from _fitting import CLASSES, SAMPLES, inputs, labels, trained
from _shrunk_scaler import ShrunkScaler
from _told_workers import ToldWorkers
from _watching import as_numpy
from _zoo import first_ones
from keras_mtl.caching.fit_cached import fit_cached
from keras_mtl.caching.static_pass import StaticPass
from keras_mtl.errors import NotSolvable
from keras_mtl.heads.head import Head
from keras_mtl.linear.losses import SigmoidLoss, SoftmaxLoss, SquaredLoss
from keras_mtl.linear.minimum import Rows
from keras_mtl.linear.solving import solve
from keras_mtl.transferring import transfer

X, Y = inputs(), labels()
COLUMNS = np.stack([Y == 0, Y > 0, Y < 5, X[:, 0] > 0], axis=1).astype(
    "float32"
)  # the third: all 1
NUMBERS = X[:, :2] * [1, 100] + 7
KINDS = {
    "classification": (Head(CLASSES), Y, SoftmaxLoss(), np.eye(CLASSES)[Y]),
    "multilabel": (Head(4, "multilabel"), COLUMNS, SigmoidLoss(), COLUMNS),
    "logits": (Head(CLASSES, from_logits=True), Y[:, None], SoftmaxLoss(), np.eye(CLASSES)[Y]),
    "dropout": (Head(CLASSES, dropout=0.5), Y, SoftmaxLoss(), np.eye(CLASSES)[Y]),
    "binary": (Head(1, "binary"), Y == 1, SigmoidLoss(), (Y == 1)[:, None] * 1.0),
    "regression": (Head(2, "regression"), NUMBERS, SquaredLoss(), NUMBERS),
}
LINKS = {SoftmaxLoss: lambda z: softmax(z, axis=1), SigmoidLoss: expit, SquaredLoss: lambda z: z}


def made(head=None, **options):
    return transfer(trained(), 1, True, head or Head(CLASSES), verify=False, **options)


def features(model):
    return as_numpy(model.trunk.predict(X, verbose=0)).astype("float32")


def weights(model):
    return [as_numpy(variable).copy() for variable in model.head.weights]


@pytest.mark.parametrize("kind", first_ones(KINDS, 1))
def test_every_kind_of_head_is_solved(kind):
    head, y, loss, targets = KINDS[kind]
    model = made(head)

    history = fit_cached(model, X, y, verbose=0)

    solved, _ = solve(loss, Rows(features(model), targets, np.ones(SAMPLES)))
    outputs = solved.outputs(features(model))
    expected = outputs if kind == "logits" else LINKS[type(loss)](outputs)
    got = as_numpy(model.predict(X, verbose=0))
    np.testing.assert_allclose(got, expected, atol=1e-3 * max(1, np.abs(expected).max()))
    evaluated = model.evaluate(X, y, return_dict=True, verbose=0)
    assert history.epoch == [0] and history.model is model is model.history.model
    assert list(history.history) == list(evaluated)
    for name, (value,) in history.history.items():
        assert value == pytest.approx(evaluated[name], rel=1e-4, abs=1e-6)


def test_the_probabilities_are_those_of_a_pipeline_of_scikit_learn():
    model = made()
    fit_cached(model, X, Y, verbose=0)
    _, (strength, *_) = solve(SoftmaxLoss(), Rows(features(model), np.eye(3)[Y], np.ones(SAMPLES)))
    peer = LogisticRegression(C=1 / strength, tol=1e-8, max_iter=10_000)
    given = features(model).astype(float)  # In single precision scikit-learn stops too early.
    pipeline = make_pipeline(ShrunkScaler(), peer).fit(given, Y)
    got = as_numpy(model.predict(X, verbose=0))
    np.testing.assert_allclose(got, pipeline.predict_proba(given), atol=1e-3)


def stream(x, y):
    return [(x[i : i + 8], y[i : i + 8]) for i in range(0, len(x), 8)]


@pytest.mark.slow
def test_arrays_streams_and_views_of_the_disk_give_the_same(tmp_path):
    whole = made()
    fit_cached(whole, X, Y, verbose=0)
    ways = {
        "stream": lambda model: fit_cached(model, stream(X, Y), verbose=0),
        "written": lambda model: fit_cached(model, X, Y, cache=tmp_path, verbose=0),
        "read": lambda model: fit_cached(model, X, Y, cache=tmp_path, verbose=0),
    }
    for name, way in ways.items():
        model = made()
        model.trunk.set_weights(whole.trunk.get_weights())
        way(model)
        for mine, other in zip(weights(model), weights(whole), strict=True):
            np.testing.assert_allclose(mine, other, atol=1e-4, err_msg=name)


@pytest.mark.slow
def test_classes_and_samples_have_weights():
    model = made()
    fit_cached(model, X, Y, class_weight={0: 5.0, 1: 0.5, 2: 0.0}, verbose=0)
    by_class = weights(model)
    fit_cached(model, X, Y, sample_weight=np.array([5.0, 0.5, 0.0])[Y], verbose=0)
    for mine, other in zip(weights(model), by_class, strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-4)
    assert as_numpy(model.predict(X, verbose=0)).argmax(1).max() < 2


VALIDATION = [
    pytest.param({"validation_data": (X[:15], Y[:15])}, id="data"),
    pytest.param({"validation_split": 0.25}, id="split"),
]


@pytest.mark.parametrize("given", first_ones(VALIDATION, 1))
def test_validation_data_choose_the_strength(given):
    model = made()
    history = fit_cached(model, X, Y, verbose=0, **given)
    names = list(history.history)
    assert {f"val_{name}" for name in names if name[:4] != "val_"} < set(names)
    held_out = given.get("validation_data", (X[30:], Y[30:]))
    evaluated = model.evaluate(*held_out, return_dict=True, verbose=0)
    assert history.history["val_loss"] == [pytest.approx(evaluated["loss"], rel=1e-4)]


@pytest.mark.slow
def test_the_optimizer_takes_no_step_and_training_goes_on_from_there():
    model = made()
    fit_cached(model, X, Y, verbose=0)
    solved = model.evaluate(X, Y, verbose=0)[0]
    assert int(as_numpy(model.optimizer.iterations)) == 0
    model.fit(X, Y, epochs=1, verbose=0)
    assert int(as_numpy(model.optimizer.iterations)) == 2
    assert model.evaluate(X, Y, verbose=0)[0] == pytest.approx(solved, abs=0.05)


@pytest.mark.slow
def test_the_random_state_and_the_order_do_not_matter():
    model = made()
    fit_cached(model, X, Y, verbose=0)
    first = weights(model)
    keras.utils.set_random_seed(77)
    fit_cached(model, X, Y, batch_size=7, shuffle=False, verbose=0)
    for mine, other in zip(weights(model), first, strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-4)


def test_a_plain_model_with_layers_between_the_frozen_ones_and_the_last():
    layers = keras.layers
    frozen = layers.Conv1D(4, 2, trainable=False)
    model = keras.Sequential(
        [
            keras.Input((WIDTH := X.shape[1], 1)),
            frozen,
            layers.Dropout(0.5),
            layers.Flatten(),
            layers.Dense(CLASSES),
            layers.Activation("softmax"),
        ]
    )
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
    targets = np.eye(CLASSES)[Y]

    fit_cached(model, X[..., None], targets, verbose=0)

    flat = as_numpy(frozen(X[..., None])).reshape(SAMPLES, 4 * (WIDTH - 1))
    solved, _ = solve(SoftmaxLoss(), Rows(flat, targets, np.ones(SAMPLES)))
    got = as_numpy(model.predict(X[..., None], verbose=0))
    np.testing.assert_allclose(got, softmax(solved.outputs(flat), axis=1), atol=1e-3)


@pytest.mark.slow
def test_half_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = made()
    finally:
        keras.config.set_dtype_policy("float32")
    fit_cached(model, X, Y, verbose=0)
    found = model.evaluate(X, Y, verbose=0, return_dict=True)
    model.fit(X, Y, epochs=30, verbose=0)
    assert found["loss"] < model.evaluate(X, Y, verbose=0)[0] + 0.1


@pytest.mark.parametrize("policy", ["float16", "mixed_float16"])
def test_a_solution_that_the_precision_cannot_hold_is_refused(policy):
    keras.config.set_dtype_policy(policy)
    try:  # Unlike that of a `Head`, the last layer has the precision of the others.
        frozen, last = keras.layers.Dense(4, trainable=False), keras.layers.Dense(2)
        model = keras.Sequential([keras.Input((X.shape[1],)), frozen, last])
    finally:
        keras.config.set_dtype_policy("float32")
    model.compile("sgd", "mse")
    before = as_numpy(last.kernel).copy()
    with pytest.raises(NotSolvable, match=r"too large for float16, .* float32, .*gradient"):
        fit_cached(model, X, NUMBERS * 1e8, verbose=0)
    np.testing.assert_array_equal(as_numpy(last.kernel), before)


@pytest.mark.parametrize("other", [True, False])
def test_workers_solve_for_a_head_only_if_it_is_affordable_for_all(other, monkeypatch):
    module = "keras_mtl.caching.fit_cached"
    two = ToldWorkers(lambda own: other)
    monkeypatch.setattr(f"{module}.workers_of", lambda model: two)
    monkeypatch.setattr(f"{module}.solve_head", lambda *parts, **options: "solved")
    monkeypatch.setattr(f"{module}.train_on_features", lambda *parts, **options: "trained")
    assert fit_cached(made(), X, Y, verbose=0) == ("solved" if other else "trained")


@pytest.mark.slow
def test_features_that_do_not_fit_into_memory_are_trained_on(monkeypatch):
    monkeypatch.setattr("keras_mtl.caching.solved_head.available_memory", lambda: 0)
    monkeypatch.setattr("keras_mtl.caching.default_training.EPOCHS", 2)
    monkeypatch.setattr("keras_mtl.caching.default_training.STEPS", 2)
    passes = []
    store = StaticPass.store
    monkeypatch.setattr(StaticPass, "store", lambda *a, **k: passes.append(a) or store(*a, **k))
    model = made()
    assert len(fit_cached(model, X, Y, verbose=0).epoch) > 1
    assert len(passes) == 1
    assert fit_cached(model, X, Y, verbose=0, solver="exact").epoch == [0]


@pytest.mark.parametrize(
    ("weights", "message"),
    [(np.zeros(SAMPLES), "weight 0"), (np.linspace(-1, 1, SAMPLES), "from -1.0 to 1.0")],
    ids=["zero", "negative"],
)
def test_weights_that_mean_nothing_are_refused(weights, message):
    with pytest.raises(ValueError, match=message):
        fit_cached(made(), X, Y, sample_weight=weights, verbose=0)


def test_a_line_tells_what_was_found(capsys):
    fit_cached(made(), X, Y)
    assert f"`output` solved for {SAMPLES} samples: accuracy: 0." in capsys.readouterr().out
