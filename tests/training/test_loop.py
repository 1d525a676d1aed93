"""Epochs, steps and logs of `fit`."""

import keras
import numpy as np
import pytest

from _helpers import draw
from _two_tasks import bits, classes, same_logs, sex_and_hair, two_sets
from _watching import assert_close
from keras_mtl import Head, transfer
from keras_mtl.errors import InvalidSchedule, NonFiniteLoss
from keras_mtl.schedules import Blocks, Interleaved, Joint, Proportional, RoundRobin, join

FITTED = {"batch_size": 2, "verbose": 0, "seed": 1}


class Picks(keras.callbacks.Callback):
    """Which task trained at each step: the one whose number of labelled rows grew."""

    def __init__(self):
        super().__init__()
        self.counts = []

    def on_train_batch_end(self, batch, logs=None):
        own = self.model.training_state.objectives
        self.counts.append({task: float(one.mean.count) for task, one in own.items()})


def test_logs_are_means_over_an_epoch():
    model = sex_and_hair(
        optimizer=keras.optimizers.SGD(0.0)
    )  # so that what is to come out is known
    data = two_sets(6, 4)

    validation_data = {"hair": two_sets(2, 8)["hair"]}
    given = {"schedule": Interleaved(), "validation_data": validation_data, **FITTED}
    history = model.fit(data, **given).history

    scores = model.evaluate(data, batch_size=2, verbose=0)
    assert list(history) == sorted(history) and set(history) == {
        *("loss", "sex_loss", "sex_accuracy", "hair_loss", "hair_accuracy"),
        *("val_loss", "val_hair_loss", "val_hair_accuracy"),
    }
    for name in ("sex_loss", "sex_accuracy", "hair_loss", "hair_accuracy"):
        np.testing.assert_allclose(history[name], scores[name], rtol=1e-5)
    mean = (3 * scores["sex_loss"] + 2 * scores["hair_loss"]) / 5  # three steps and two
    np.testing.assert_allclose(history["loss"], mean, rtol=1e-5)
    assert history["val_loss"] == history["val_hair_loss"]


def test_a_weighted_loss_counts_with_its_weight_in_the_mean_over_steps_only():
    model = sex_and_hair(optimizer=keras.optimizers.SGD(0.0), loss_weights={"sex": 3.0})
    data = two_sets(4, 4)

    history = model.fit(data, **FITTED).history

    sex, hair = history["sex_loss"][0], history["hair_loss"][0]
    np.testing.assert_allclose(sex, model.evaluate(data, verbose=0)["sex_loss"], rtol=1e-5)
    np.testing.assert_allclose(history["loss"], (3 * sex + hair) / 2, rtol=1e-5)


@pytest.mark.parametrize(
    ("schedule", "arguments", "steps"),
    [
        (RoundRobin(), {"epoch": "all"}, 6),
        (RoundRobin(), {"epoch": "shortest"}, 2),
        (Interleaved(), {}, 4),
        (None, {}, 3 + 3),
        (Joint(), {"epoch": "longest"}, 3),
        (Joint(), {"epoch": "shortest"}, 1),
        (Blocks({"sex": 2, "hair": 1}), {}, 6),
        (RoundRobin(), {"steps_per_epoch": 5}, 5),
    ],
)
def test_how_long_an_epoch_is(schedule, arguments, steps):
    picks = Picks()
    data = two_sets(6, 2)  # three batches and one

    sex_and_hair().fit(data, schedule=schedule, callbacks=[picks], **arguments, **FITTED)

    assert len(picks.counts) == steps


def test_every_row_comes_once_an_epoch_in_another_order():
    seen = []

    class Rows(keras.utils.PyDataset):  # arrays are read inside the compiled loop
        def __len__(self):
            return 3

        def __getitem__(self, index):
            seen.append(index)
            return draw(2, 4), classes(2, 2)

    data = {"sex": Rows(), "hair": two_sets(6, 2)["hair"]}
    sex_and_hair().fit(data, epochs=3, **FITTED)

    passes = [seen[at : at + 3] for at in (0, 3, 6)]
    assert all(sorted(one) == [0, 1, 2] for one in passes)
    assert len({tuple(one) for one in passes}) > 1


def test_each_task_has_its_own_size_of_batches():
    picks = Picks()
    sizes = {"sex": 3, "hair": 2}

    sex_and_hair().fit(
        two_sets(6, 4), batch_size=sizes, schedule=RoundRobin(), callbacks=[picks], verbose=0
    )

    assert picks.counts[-1] == {"sex": 6, "hair": 4}
    assert picks.counts[0]["sex"] == 3 and picks.counts[1]["hair"] == 2


@pytest.mark.slow
def test_a_later_epoch_begins_as_in_one_run():
    whole, parts = (sex_and_hair(optimizer="adam", run_eagerly=False) for _ in range(2))

    history = whole.fit(two_sets(6, 4), schedule=RoundRobin(), epochs=3, **FITTED).history
    first = parts.fit(two_sets(6, 4), schedule=RoundRobin(), epochs=1, **FITTED).history
    rest = parts.fit(
        two_sets(6, 4), schedule=RoundRobin(), epochs=3, initial_epoch=1, **FITTED
    ).history

    assert bits(parts) == bits(whole)
    assert {name: first[name] + rest[name] for name in first} == history


@pytest.mark.slow
def test_without_a_seed_the_global_one_decides():
    def trained(seed):
        model = sex_and_hair()
        keras.utils.set_random_seed(seed)
        model.fit(two_sets(6, 4), batch_size=2, verbose=0)
        return bits(model)

    assert trained(3) == trained(3)
    assert trained(3) != trained(4)


@pytest.mark.slow
@pytest.mark.backend("tensorflow", reason="only there is one function for all steps")
def test_the_compiled_function_is_used_again_for_other_data():
    model = sex_and_hair(optimizer="adam", run_eagerly=False)
    model.fit(two_sets(6, 4), schedule=RoundRobin(), **FITTED)
    functions = model.training_state._functions
    (function,) = (one for (key, _), one in functions.items() if key.startswith("loop"))

    model.fit(two_sets(14, 10), schedule=RoundRobin(block=2), epochs=2, batch_size=3, verbose=0)
    model.fit(two_sets(8, 8), steps_per_epoch=3, **FITTED)

    assert sum(key.startswith("loop") for key, _ in functions) == 1
    assert function.experimental_get_tracing_count() == 1


@pytest.mark.slow
def test_kinds_of_steps_that_come_late_are_trained_as_if_they_were_known(monkeypatch):
    phases = join([Blocks({"sex": 1}), Joint(), RoundRobin()], [5, 9])
    given = {"schedule": phases, "steps_per_epoch": 7, "epochs": 2, **FITTED}
    whole, late = (sex_and_hair(optimizer="adam", run_eagerly=False) for _ in range(2))
    history = whole.fit(two_sets(), **given)

    monkeypatch.setattr("keras_mtl.training.plan.AHEAD", 2)
    monkeypatch.setattr("keras_mtl.training.plan.SEARCHED", 2)
    again = late.fit(two_sets(), **given)

    assert_close(late.get_weights(), whole.get_weights())
    assert_close(again.history, history.history)


@pytest.mark.slow
@pytest.mark.backend("tensorflow", reason="`tf.data` is read inside TensorFlow's loop")
def test_a_long_run_on_a_data_set_of_tensorflow_begins_at_once():
    import tensorflow as tf

    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch >= 5

    sets = {task: tf.data.Dataset.from_tensor_slices(own) for task, own in two_sets().items()}
    sets = {task: one.batch(4) for task, one in sets.items()}
    schedules = [Proportional(), lambda step: ("sex", "hair")[step % 2], RoundRobin()]
    for schedule in schedules:
        model = sex_and_hair(run_eagerly=False)
        given = {"schedule": schedule, "steps_per_epoch": 10**30, "callbacks": [Stop()]}
        model.fit(sets, **given, verbose=0)
        assert int(model.optimizer.iterations) == 6


def test_a_task_may_wait_for_a_whole_run():
    history = sex_and_hair().fit(
        two_sets(), schedule=RoundRobin(block=9), steps_per_epoch=4, **FITTED
    )

    assert np.isnan(history.history["hair_accuracy"][0])
    assert history.history["sex_accuracy"][0] >= 0


# Data that fail


@pytest.mark.parametrize("size", [pytest.param(1, marks=pytest.mark.slow), 32])
def test_a_loss_that_is_not_finite_is_named_and_changes_nothing(size):
    x, y = two_sets(8, 8)["hair"]
    bad = x.copy()
    bad[4:6] = np.nan  # the third batch of `hair`, at the sixth step
    data = {"sex": two_sets(8)["sex"], "hair": (bad, y)}
    given = {**FITTED, "shuffle": False, "schedule": RoundRobin()}
    model, good = (sex_and_hair(optimizer="adam", run_eagerly=False) for _ in range(2))

    with pytest.raises(NonFiniteLoss, match=r"`hair`.*step 5 of epoch 0.*batch 2 of .*`hair`"):
        model.fit(data, steps_per_execution=size, **given)

    good.fit(two_sets(8, 8), steps_per_epoch=5, **given)
    assert_close(model.get_weights(), good.get_weights())


@pytest.mark.parametrize("ending", ["ends", "raises"])
def test_a_generator_that_fails_leaves_the_weights_of_the_steps_before(ending):
    class Own(Exception):
        pass

    def batches():
        x, y = two_sets(8, 8)["hair"]
        yield x[:2], y[:2]
        yield x[2:4], y[2:4]
        if ending == "raises":
            raise Own("the file is gone")

    model, good = sex_and_hair(), sex_and_hair()
    given = {"schedule": RoundRobin(), "shuffle": False, "batch_size": 2, "verbose": 0}
    data = {**two_sets(8, 8), "hair": batches()}

    error, words = (Own, "file is gone") if ending == "raises" else (RuntimeError, "after 2 batch")
    with pytest.raises(error, match=words):
        model.fit(data, steps_per_epoch=9, **given)

    good.fit(two_sets(8, 8), steps_per_epoch=5, **given)
    for one, other in zip(model.get_weights(), good.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_a_generator_goes_on_in_the_next_fit():
    x, y = two_sets(8, 8)["hair"]
    batches = ((x[at : at + 2], y[at : at + 2]) for at in (0, 2, 4))
    model = sex_and_hair()
    given = {"schedule": RoundRobin(), "steps_per_epoch": 2, **FITTED}

    model.fit({**two_sets(), "hair": batches}, **given)
    model.fit({**two_sets(), "hair": batches}, epochs=2, initial_epoch=1, **given)

    assert len(list(batches)) == 1


# Schedules


def test_unknown_lengths_are_refused_where_they_are_needed():
    x, y = two_sets()["hair"]
    data = {**two_sets(), "hair": iter([(x, y)] * 9)}

    with pytest.raises(InvalidSchedule, match=r"number of batches.*`hair`"):
        sex_and_hair().fit(data, steps_per_epoch=2, verbose=0)
    with pytest.raises(InvalidSchedule, match=r"`hair`.*Give `steps_per_epoch`"):
        sex_and_hair().fit(data, schedule=RoundRobin(), verbose=0)


def test_a_schedule_picks_each_task_and_no_other():
    model = sex_and_hair()
    before = bits(model)
    cases = {
        "'hair'": Blocks({"sex": 1, "hiar": 1}),
        "never picks `hair`": Blocks({"sex": 1}),
        "step 3": lambda step: "hiar" if step == 3 else "sex",
        "`hair` at none of the 4 steps": lambda step: "sex",
    }
    for words, schedule in cases.items():
        with pytest.raises(ValueError, match=words):
            model.fit(two_sets(), schedule=schedule, steps_per_epoch=4, verbose=0)
    with pytest.raises(TypeError, match="A schedule is"):
        model.fit(two_sets(), schedule="round_robin", verbose=0)
    assert bits(model) == before


@pytest.mark.parametrize(
    "arguments", [{"epochs": -1}, {"steps_per_epoch": 0}, {"backup_every": 1.5}, {"epoch": "most"}]
)
def test_counts_are_checked(arguments):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        sex_and_hair().fit(two_sets(), verbose=0, **arguments)


# What is trainable


def test_what_is_frozen_after_compiling_stays_and_may_train_again():
    model = sex_and_hair(optimizer="adam")
    model.trunk.trainable = False
    trunk = [value.copy() for value in model.trunk.get_weights()]

    model.fit(two_sets(4, 4), **FITTED)
    for old, new in zip(trunk, model.trunk.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)

    model.trunk.trainable = True
    for layer in model.trunk.layers:
        layer.trainable = True
    model.fit(two_sets(4, 4), **FITTED)
    assert not np.array_equal(trunk[0], model.trunk.get_weights()[0])


def test_what_trains_only_after_compiling_is_refused():
    model = sex_and_hair()
    model.trunk.trainable = False
    model.compile("adam")
    for layer in (model.trunk, *model.trunk.layers):
        layer.trainable = True

    with pytest.raises(ValueError, match=r"began to train after `compile`.*Call `compile` again"):
        model.fit(two_sets(), verbose=0)


@pytest.mark.slow
def test_histories_of_the_same_run_are_the_same():
    one, other = (sex_and_hair().fit(two_sets(6, 4), **FITTED) for _ in range(2))

    assert same_logs(one, other)


@pytest.mark.parametrize("schedule", [None, lambda step: "sex"], ids=["default", "function"])
def test_no_epochs_are_no_training_as_in_keras(schedule):
    model = sex_and_hair()
    before = bits(model)
    given = {"schedule": schedule, "steps_per_epoch": 2} if schedule else {}
    history = model.fit(two_sets(), epochs=0, validation_split=0.5, verbose=0, **given)
    alone = transfer(sex_and_hair().task("sex"), 1, head=Head(2))
    assert history.history == alone.fit(*two_sets()["sex"], epochs=0, verbose=0).history == {}
    assert bits(model) == before
