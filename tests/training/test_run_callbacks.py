"""What callbacks of Keras are told, and when."""

import csv

import keras
import numpy as np
import pytest

from _helpers import draw
from _two_tasks import bits, classes, sex_and_hair, two_sets
from _watching import assert_close
from keras_mtl.schedules import Blocks, Joint, RoundRobin, join
from keras_mtl.training.run_steps import RunSteps

FITTED = {"batch_size": 2, "verbose": 0, "seed": 1}


class Steps(keras.callbacks.Callback):
    """Writes down the batch hooks; a test may also act there."""

    def __init__(self, act=lambda model, batch: None):
        super().__init__()
        self.begun, self.ended, self.logs = [], [], []
        self.act = act

    def on_train_batch_begin(self, batch, logs=None):
        self.begun.append(batch)

    def on_train_batch_end(self, batch, logs=None):
        self.ended.append(batch)
        self.logs.append(dict(logs))
        self.act(self.model, batch)


class Epochs(keras.callbacks.Callback):
    def __init__(self, act):
        super().__init__()
        self.act = act

    def on_epoch_end(self, epoch, logs=None):
        self.act(self.model, epoch)


def sets(rows=8):
    return two_sets(rows, rows)


def head_of(model, task):
    return [value.tobytes() for value in model.heads[task].get_weights()]


# Batch hooks


def test_a_callback_that_looks_at_steps_sees_each_of_them():
    steps = Steps()

    sex_and_hair().fit(sets(), callbacks=[steps], **FITTED)

    assert steps.begun == steps.ended == list(range(8))
    assert set(steps.logs[0]) == {"loss", "sex_loss", "sex_accuracy"}  # `hair` had no step yet
    assert set(steps.logs[1]) == {*steps.logs[0], "hair_loss", "hair_accuracy"}


@pytest.mark.parametrize("given", ["fit", "compile"])
def test_a_block_that_was_asked_for_stays(given):
    steps = Steps()
    model = sex_and_hair(steps_per_execution=3 if given == "compile" else 1)

    model.fit(
        sets(), callbacks=[steps], steps_per_execution=3 if given == "fit" else None, **FITTED
    )

    assert steps.begun == [0, 3, 6]
    assert steps.ended == [2, 5, 7]


def without_a_look_at_steps(tmp):
    return [
        keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None),
        keras.callbacks.EarlyStopping("loss"),
        keras.callbacks.TerminateOnNaN(),
        keras.callbacks.ModelCheckpoint(tmp / "m.keras"),
    ]


@pytest.mark.parametrize(
    ("make", "blocks"),
    [
        (without_a_look_at_steps, [32, 8]),
        (lambda tmp: keras.callbacks.LambdaCallback(on_train_batch_end=lambda b, logs: None), None),
        (lambda tmp: keras.callbacks.ModelCheckpoint(tmp / "m.keras", save_freq=25), None),
    ],
    ids=["none", "at each", "at some"],
)
def test_blocks_are_long_where_no_callback_looks_at_steps(make, blocks, tmp_path, monkeypatch):
    rows = 40 if blocks else 4
    seen = []
    take = RunSteps.take

    def taking(self, tasks, **where):
        seen.append(len(tasks))
        return take(self, tasks, **where)

    monkeypatch.setattr(RunSteps, "take", taking)

    sex_and_hair().fit(sets(rows), callbacks=make(tmp_path), **FITTED)

    assert seen == (blocks or [1] * rows)


@pytest.mark.slow
@pytest.mark.parametrize("size", [7, 32])
def test_the_size_of_a_block_changes_nothing(size):
    model, other = (sex_and_hair(optimizer="adam", run_eagerly=False) for _ in range(2))

    history = model.fit(sets(18), epochs=2, steps_per_execution=1, **FITTED)
    again = other.fit(sets(18), epochs=2, steps_per_execution=size, **FITTED)

    assert_close(model.get_weights(), other.get_weights())
    assert_close(again.history, history.history)


def test_training_can_be_stopped_in_the_middle_of_an_epoch():
    def stop(model, batch):
        if batch == 2:
            model.stop_training = True

    steps = Steps(stop)
    history = sex_and_hair().fit(sets(), epochs=3, callbacks=[steps], **FITTED)

    assert steps.ended == [0, 1, 2]
    assert history.epoch == [0]


# Stopping a task


@pytest.mark.slow
def test_a_stopped_task_does_not_change_and_the_others_go_on():
    model, at_stop = sex_and_hair(optimizer="adam"), {}

    def stop(model, epoch):
        if epoch == 0:
            model.stop_task("hair")
            at_stop.update({task: head_of(model, task) for task in model.tasks})

    steps = Steps()
    history = model.fit(sets(), epochs=3, callbacks=[Epochs(stop), steps], **FITTED)

    assert head_of(model, "hair") == at_stop["hair"]
    assert head_of(model, "sex") != at_stop["sex"]
    assert len(steps.ended) == 8 + 4 + 4
    for name in ("hair_loss", "hair_accuracy"):  # the last values
        first, *later = history.history[name]
        assert later == [first, first] and not np.isnan(first)
    assert len(set(history.history["sex_loss"])) == 3


@pytest.mark.parametrize("joint_data", [True, False])
def test_a_stopped_task_does_not_change_in_joint_steps_either(joint_data):
    model, at_stop = sex_and_hair(optimizer="adam"), {}

    def stop(model, epoch):
        if epoch == 0:
            model.stop_task("hair")
            at_stop.update({task: head_of(model, task) for task in model.tasks})

    x = draw(8, 4)
    data = (x, {"sex": classes(8, 2), "hair": classes(8, 3)}) if joint_data else sets()
    history = model.fit(data, epochs=2, schedule=Joint(), callbacks=[Epochs(stop)], **FITTED)

    assert head_of(model, "hair") == at_stop["hair"]
    assert head_of(model, "sex") != at_stop["sex"]
    first, later = history.history["hair_loss"]
    assert later == first and not np.isnan(first)


def test_training_ends_when_no_task_is_left():
    def stop(model, epoch):
        model.stop_task("sex" if epoch == 0 else "hair")

    history = sex_and_hair().fit(sets(), epochs=5, callbacks=[Epochs(stop)], **FITTED)

    assert history.epoch == [0, 1]


def test_a_task_is_stopped_for_one_fit_only():
    model = sex_and_hair()
    model.fit(sets(), callbacks=[Epochs(lambda model, epoch: model.stop_task("hair"))], **FITTED)

    history = model.fit(sets(), **FITTED)

    assert not np.isnan(history.history["hair_loss"]).any()


# Keras's own


@pytest.mark.slow
@pytest.mark.parametrize("monitor", ["val_hair_accuracy", "val_hair_loss", "hair_accuracy", "loss"])
def test_callbacks_know_in_which_direction_a_task_gets_better(monitor):
    callbacks = [
        keras.callbacks.EarlyStopping(monitor, restore_best_weights=True),
        keras.callbacks.ReduceLROnPlateau(monitor),
    ]
    sex_and_hair().fit(sets(), validation_data=sets(), callbacks=callbacks, **FITTED)

    expected = "greater" if monitor.endswith("accuracy") else "less"
    assert [one.monitor_op.__name__ for one in callbacks] == [expected] * 2


@pytest.mark.slow
def test_early_stopping_on_one_task_brings_its_best_weights_back():
    kept, seen = {}, []

    def note(model, epoch):
        kept[epoch] = bits(model)
        model.optimizer.learning_rate = 0.0 if epoch else 2.0

    stopping = keras.callbacks.EarlyStopping(
        "val_hair_accuracy", patience=2, restore_best_weights=True, mode="min"
    )
    model = sex_and_hair()
    history = model.fit(
        sets(), epochs=9, validation_data=sets(), callbacks=[Epochs(note), stopping], **FITTED
    )

    seen = history.history["val_hair_accuracy"]
    best = int(np.argmin(seen))
    assert len(seen) == best + 3
    assert bits(model)[:2] == kept[best][:2]


@pytest.mark.slow
def test_the_learning_rate_falls_on_the_plateau_of_one_task():
    model = sex_and_hair()
    plateau = keras.callbacks.ReduceLROnPlateau("hair_loss", 0.1, patience=1, min_delta=10)

    model.fit(sets(), epochs=3, callbacks=[plateau], **FITTED)

    np.testing.assert_allclose(float(model.optimizer.learning_rate), 0.0001, rtol=1e-5)


@pytest.mark.slow
def test_the_best_model_is_saved_and_loads_again(tmp_path):
    path = tmp_path / "best.keras"
    model = sex_and_hair(optimizer="adam")
    best = keras.callbacks.ModelCheckpoint(path, "val_hair_loss", save_best_only=True)

    history = model.fit(sets(), epochs=2, validation_data=sets(), callbacks=[best], **FITTED)
    loaded = keras.models.load_model(path)

    values = history.history["val_hair_loss"]
    scores = loaded.evaluate(sets(), verbose=0)
    np.testing.assert_allclose(scores["hair_loss"], min(values), rtol=1e-5)


@pytest.mark.slow
def test_a_table_is_written(tmp_path):
    path = tmp_path / "log.csv"

    history = sex_and_hair().fit(
        sets(), epochs=2, callbacks=[keras.callbacks.CSVLogger(path)], **FITTED
    )

    with path.open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["hair_accuracy"]) for row in rows] == history.history["hair_accuracy"]


def test_tensorboard_gets_the_values_of_each_task(tmp_path):
    pytest.importorskip("tensorboard")

    sex_and_hair().fit(
        sets(), validation_data=sets(), callbacks=[keras.callbacks.TensorBoard(tmp_path)], **FITTED
    )

    content = b"".join(path.read_bytes() for path in tmp_path.rglob("events*"))
    assert b"epoch_hair_accuracy" in content


def test_a_list_of_callbacks_gets_a_history():
    model = sex_and_hair()
    own = keras.callbacks.CallbackList([], model=model, epochs=1, steps=8)

    assert model.fit(sets(), callbacks=own, **FITTED).epoch == [0]


# What is shown


@pytest.mark.parametrize("verbose", [1, "auto"])
def test_the_progress_bar_shows_each_task(verbose, capsys):
    sex_and_hair().fit(sets(), verbose=verbose, batch_size=2, validation_data=sets())

    shown = capsys.readouterr().out
    assert all(name in shown for name in ("hair_loss", "sex_accuracy", "val_hair_accuracy", "8/8"))


@pytest.mark.slow
def test_a_line_an_epoch_or_nothing(capsys):
    model = sex_and_hair()
    model.fit(sets(), verbose=0, batch_size=2)
    assert capsys.readouterr().out == ""

    model.fit(sets(), verbose=2, batch_size=2, epochs=2)
    assert capsys.readouterr().out.count("hair_accuracy") == 2


def test_a_task_that_waits_is_nan_for_an_epoch():
    schedule = join([Blocks({"sex": 1}), RoundRobin()], boundaries=[8])

    history = sex_and_hair().fit(sets(), epochs=2, schedule=schedule, steps_per_epoch=8, **FITTED)

    assert np.isnan(history.history["hair_loss"]).tolist() == [True, False]
    assert np.isnan(history.history["hair_accuracy"]).tolist() == [True, False]


@pytest.mark.slow
def test_backup_and_restore_goes_on_with_the_next_epoch(tmp_path):
    def callbacks(*more):
        return [keras.callbacks.BackupAndRestore(str(tmp_path / "backup")), *more]

    def stop(model, epoch):
        if epoch == 1:
            raise KeyboardInterrupt

    model, whole = (sex_and_hair(optimizer="adam") for _ in range(2))
    with pytest.raises(KeyboardInterrupt):
        model.fit(sets(), epochs=4, callbacks=callbacks(Epochs(stop)), **FITTED)
    history = model.fit(sets(), epochs=4, callbacks=callbacks(), **FITTED)
    whole.fit(sets(), epochs=4, **FITTED)

    assert history.epoch == [2, 3]
    assert bits(model) == bits(whole)
