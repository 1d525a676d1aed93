"""Fine-tuning in phases: against the same phases by hand, and what it refuses."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_mtl
from _helpers import draw, moved_variables
from _tuning import CLASSES, HELD_OUT, ROWS, WIDTH, Seen, X, Y, three_phases, to_tune, trained
from _watching import as_numpy, assert_close, unchanged
from keras_mtl import Phase, fine_tune, freeze, unfreeze
from keras_mtl.errors import InvalidLabels, LayerNotFound, UnsupportedModel

QUIET = {"verbose": 0, "seed": 1}
LOUD = {**QUIET, "verbose": 2}
ONE_BATCH = {**QUIET, "batch_size": ROWS}  # of all rows, so that their order does not matter


def adam():
    return keras.optimizers.Adam(0.02)


def weights(model):
    return [as_numpy(weight) for weight in model.weights]


@pytest.mark.slow
def test_phases_are_what_freeze_unfreeze_and_fit_do():
    """Slots are carried over by variable, and steps are counted anew."""
    by_hand, tuned = (to_tune(adam(), freeze=False) for _ in range(2))
    for model in (by_hand, tuned):
        model.trunk.get_layer("dropout").rate = 0.0
    freeze(by_hand)
    fitted = {"batch_size": ROWS, "verbose": 0, "validation_data": HELD_OUT}
    logs = [by_hand.fit(X, Y, epochs=2, **fitted)]
    for start in ("second", "first"):
        unfreeze(by_hand, start=start)
        logs.append(by_hand.fit(X, Y, epochs=2, **fitted))
    phases = [Phase(which, epochs=2, optimizer=adam()) for which in ("head", "second", "all")]

    history = fine_tune(tuned, X, Y, phases=phases, **ONE_BATCH)

    assert_close(weights(tuned), weights(by_hand), 1e-4)
    for name in ("loss", "accuracy"):
        expected = np.concatenate([one.history[name] for one in logs])
        np.testing.assert_allclose(history.history[name], expected, rtol=1e-4)
    assert history.history["phase"] == [1, 1, 2, 2, 3, 3]
    assert history.epoch == list(range(6))


@pytest.mark.slow
def test_callbacks_see_one_training_with_one_history():
    seen = Seen()
    model = to_tune()
    history = fine_tune(
        model, X, Y, validation_data=HELD_OUT, phases=three_phases(), callbacks=[seen], **QUIET
    )
    epochs = len(history.epoch)
    assert seen.events == ["begin", *range(epochs), "end"]
    assert {len(values) for values in history.history.values()} == {epochs}
    assert set(history.history) >= {"loss", "accuracy", "val_loss", "val_accuracy", "phase"}
    assert model.history is history


@pytest.mark.slow
def test_a_phase_ends_by_its_monitor_and_gives_the_best_weights():
    until = keras.callbacks.EarlyStopping("loss", mode="max", patience=1)  # the first is the best
    longer, shorter = to_tune("sgd"), to_tune("sgd")
    for model in (longer, shorter):
        model.trunk.get_layer("dropout").rate = 0.0  # torch draws for both from one generator
    phases = [Phase("head", epochs=1, optimizer="sgd"), Phase("all", epochs=9, optimizer="sgd")]
    ended = [phases[0], Phase("all", epochs=9, optimizer="sgd", until=until)]

    history = fine_tune(longer, X, Y, phases=ended, **QUIET)
    fine_tune(shorter, X, Y, phases=[phases[0], Phase("all", epochs=1, optimizer="sgd")], **QUIET)

    assert 2 < len(history.epoch) < 10
    for one, other in zip(longer.trainable_variables, shorter.trainable_variables, strict=True):
        np.testing.assert_array_equal(as_numpy(one), as_numpy(other))
    assert not until.restore_best_weights and until.stopped_epoch == 0


@pytest.mark.slow
def test_the_best_phase_by_the_validation_data_is_kept():
    """A second phase that breaks the model is undone, also what trains."""
    model = to_tune()
    broken = Phase("all", epochs=1, optimizer=keras.optimizers.SGD(50.0))
    phases = [Phase("head", epochs=20, learning_rate=0.1), broken]
    history = fine_tune(model, X, Y, validation_data=(X, Y), phases=phases, **QUIET)
    accuracy = history.history["val_accuracy"]
    found = model.evaluate(X, Y, verbose=0, return_dict=True)
    assert found["accuracy"] == pytest.approx(accuracy[19]) and accuracy[20] < accuracy[19]
    assert not model.trunk.trainable_variables
    assert isinstance(model.optimizer, keras.optimizers.Adam)
    assert not as_numpy(model.optimizer.iterations)


def test_a_callback_that_stops_ends_all_phases(capsys):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    phases = [Phase("head", epochs=3), Phase("all", epochs=2)]
    history = fine_tune(to_tune(), X, Y, phases=phases, callbacks=[Stop()], **LOUD)
    assert history.history["phase"] == [1, 1]
    assert "is kept" not in capsys.readouterr().out  # The later ones were never tried.


@pytest.mark.slow
@pytest.mark.parametrize("batchnorm", ["frozen", "train"])
def test_batchnorm_trains_only_if_asked_for(batchnorm):
    model = to_tune()
    with moved_variables(model) as moved:
        fine_tune(model, X, Y, phases=[Phase("all", epochs=1)], batchnorm=batchnorm, **QUIET)
    statistics = [v.path for v in moved if "norm" in v.path]
    assert bool(statistics) == (batchnorm == "train")


@pytest.mark.slow
def test_batchnorm_trains_again_where_only_its_policy_froze_it():
    model = to_tune(freeze=False)
    phases = [Phase("second", epochs=1), Phase("all", epochs=1)]
    fine_tune(model, X, Y, phases=phases, **QUIET)
    with moved_variables(model) as moved:
        fine_tune(model, X, Y, phases=phases, batchnorm="train", **QUIET)
    assert any("norm" in v.path for v in moved)


def test_callbacks_set_the_rate_of_an_optimizer_that_has_a_number():
    phases = [Phase("all", epochs=2, optimizer=adam())]
    rates = keras.callbacks.LearningRateScheduler(lambda epoch: 0.5)
    history = fine_tune(to_tune(), X, Y, phases=phases, callbacks=[rates], **QUIET).history
    assert history["learning_rate"] == [0.5, 0.5]


# "auto"


def separable(rows, seed=0):
    """Three classes, each around a direction of its own."""
    x = draw(rows, WIDTH, seed=seed)
    y = np.arange(rows) % CLASSES
    return x + 4 * np.eye(WIDTH, dtype="float32")[y], y


@pytest.mark.slow
def test_automatic_phases_with_validation_data():
    model = to_tune()
    x, y = separable(60)
    history = fine_tune(model, x, y, validation_data=separable(30, 1), epochs=2, **QUIET)
    assert history.history["phase"] == [1, 2, 2]
    assert {len(values) for values in history.history.values()} == {3}
    best = max(history.history["val_accuracy"])
    found = model.evaluate(*separable(30, 1), verbose=0, return_dict=True)["accuracy"]
    assert found == pytest.approx(best) and found > 0.8


def test_without_validation_data_both_phases_train_on_all_rows():
    """Also with one label for each class."""
    history = fine_tune(to_tune(), X[:3], Y[:3], epochs=2, **QUIET)
    assert history.history["phase"] == [1, 2, 2]
    assert not {name for name in history.history if name.startswith("val_")}


@pytest.mark.slow
def test_a_trunk_without_weights_has_one_phase():
    source = keras.Sequential([keras.Input((WIDTH,)), layers.Rescaling(2.0), layers.Dense(2)])
    model = keras_mtl.transfer(source, cut=1, head=CLASSES)
    assert set(fine_tune(model, X, Y, **QUIET).history["phase"]) == {1}


def test_a_part_that_was_frozen_by_name_stays_frozen():
    model = to_tune(freeze="norm")
    with moved_variables(model) as moved:
        fine_tune(model, X, Y, validation_data=HELD_OUT, epochs=1, **QUIET)
    kept = model.trunk.get_layer("first")
    assert moved and not kept.trainable
    assert not {id(v) for v in moved}.intersection(map(id, kept.variables))


# Bad input


def phases(*which):
    return [Phase(one, epochs=1) for one in which]


ON_LOSS = keras.callbacks.EarlyStopping("val_los")
REFUSED = {
    "no phases": ({"phases": []}, ValueError, '"auto" or a list of `keras_mtl.Phase`'),
    "other phases": ({"phases": "all"}, ValueError, '"auto" or a list'),
    "unknown layer": ({"phases": phases("secnd")}, LayerNotFound, "Did you mean `second`"),
    "too many layers": ({"phases": phases(60)}, ValueError, r"Phase 1.*from 1 to the 4"),
    "freezes again": (
        {"phases": phases("all", "second")},
        ValueError,
        "Phase 2, `Phase\\('second'\\)`, freezes `first` again, which phase 1 trains",
    ),
    "no length": ({"phases": [Phase("head")]}, ValueError, "has no length"),
    "lengths twice": (
        {"phases": phases("head"), "epochs": 3},
        ValueError,
        "all phases have one. Leave `epochs` out",
    ),
    "no such monitor": (
        {"phases": [Phase("all", epochs=1, until=ON_LOSS)], "validation_data": HELD_OUT},
        ValueError,
        "ends by 'val_los', which is not logged.*Did you mean 'val_loss'",
    ),
    "nothing to monitor": (
        {"phases": three_phases()},
        ValueError,
        "ends by 'val_loss', which is not logged.*There are no `validation_data`",
    ),
    "a class not validated": (
        {"validation_data": (X[:4], np.array([0, 1, 1, 0]))},
        InvalidLabels,
        "no row of the class 2, which `y` has",
    ),
    "labels of another head": ({"y": Y + 1}, InvalidLabels, "the head has 3 classes"),
    "fewer labels": ({"y": Y[:5]}, ValueError, "have as many rows"),
    "no labels": ({"y": None}, ValueError, "`y` is missing"),
    "a generator": (
        {"x": ((X, Y) for _ in range(2)), "y": None},
        ValueError,
        "can be read only once",
    ),
    "another backup": (
        {"callbacks": [keras.callbacks.BackupAndRestore("folder")]},
        ValueError,
        "not several phases",
    ),
    "a rate of its own": (
        {"callbacks": [keras.callbacks.ReduceLROnPlateau("loss")], "phases": three_phases()[:1]},
        ValueError,
        "`ReduceLROnPlateau` sets the learning rate, which in phase 1",
    ),
    "no backup": ({"backup_every": 3}, ValueError, "needs `backup`"),
    "no epochs": ({"epochs": 0}, ValueError, "`epochs` is a positive whole number or None"),
    "batchnorm": ({"batchnorm": "thaw"}, ValueError, '"frozen" or "train"'),
    "class_weight": ({"class_weight": {0: "much"}}, ValueError, "from classes to their weights"),
}


@pytest.fixture(scope="module")
def untouched():
    return to_tune(run_eagerly=False)


@pytest.mark.parametrize(("arguments", "error", "message"), REFUSED.values(), ids=list(REFUSED))
def test_bad_arguments_are_refused_before_any_work(arguments, error, message, untouched):
    given = {"x": X, "y": Y, **QUIET, **arguments}
    with unchanged(untouched), pytest.raises(error, match=message):
        fine_tune(untouched, **given)


def test_other_models_are_refused():
    for model in (trained(), to_tune().trunk):
        with pytest.raises(UnsupportedModel, match=r"`keras_mtl\.transfer` returned with a head"):
            fine_tune(model, X, Y)
    model = keras_mtl.transfer(trained(), cut=1, head=layers.Dense(2))
    with pytest.raises(ValueError, match="is not compiled"):
        fine_tune(model, X, Y)


def test_a_phase_that_unfreezes_nothing_is_refused():
    model = keras_mtl.transfer(
        trained(layers.Dropout(0.5, name="last"), layers.ReLU()), cut=1, head=CLASSES
    )
    with unchanged(model), pytest.raises(ValueError, match=r"`Phase\(1\)`, unfreezes nothing"):
        fine_tune(model, X, Y, phases=[Phase(1, epochs=1)])


def test_names_of_classes_missing_in_the_validation_data_are_named():
    model = to_tune(head=keras_mtl.Head(classes=["cat", "dog", "owl"]))
    names = np.array(model.head.classes)[Y]
    with pytest.raises(InvalidLabels, match="no row of the class 'owl'"):
        fine_tune(model, X, names, validation_data=(X[:2], names[:2]))
