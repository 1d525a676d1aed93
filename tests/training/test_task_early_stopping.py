"""One task stops when its metric has stopped improving; the others go on."""

import keras
import numpy as np
import pytest

from _helpers import draw
from _interrupted import KillAt, Killed, compiled_tasks, kill_by_error, put, values
from _two_tasks import bits, classes, same_logs, sex_and_hair, two_sets
from keras_mtl import TaskEarlyStopping, schedules
from keras_mtl.errors import TaskNotFound

FITTED = {"batch_size": 4, "verbose": 0, "seed": 1}
NEVER = {"min_delta": 100.0, "mode": "min"}
"""No epoch after the first one is an improvement."""


class Heads(keras.callbacks.Callback):
    """The weights of each head after each epoch."""

    def __init__(self):
        super().__init__()
        self.after = []

    def on_epoch_end(self, epoch, logs=None):
        self.after.append({task: bits(head) for task, head in self.model.heads.items()})


def sets(rows=12):
    return two_sets(rows, rows)


def joint_rows(rows=12):
    return draw(rows, 4), {"sex": classes(rows, 2), "hair": classes(rows, 3)}


def turns(step):
    return "sex" if step % 3 else "hair"


# When it stops, by Keras's own callback


def decisions(callback, model, numbers):
    """Give a callback one value an epoch; the weights of the head are the number of the epoch."""
    head = model.heads["hair"]
    callback.set_model(model)
    callback.on_train_begin()
    model.stop_training = False
    model.training_state.stopped.clear()
    for epoch, value in enumerate(numbers):
        head.set_weights([np.full_like(one, epoch) for one in head.get_weights()])
        callback.on_epoch_end(epoch, {"hair_loss": 1.0, "val_hair_loss": value})
        if model.stop_training or model.stopped_tasks:
            break
    callback.on_train_end()
    restored = float(head.get_weights()[0].flat[0])
    return [callback.stopped_epoch, callback.best_epoch, callback.best, callback.wait, restored]


@pytest.fixture(scope="module")
def built():
    """A model whose metrics are built."""
    model = sex_and_hair()
    model.evaluate(sets(), verbose=0)
    return model


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("baseline", [0.5, pytest.param(None, marks=pytest.mark.slow)])
@pytest.mark.parametrize("restored", [False, True])
def test_it_stops_when_the_callback_of_keras_does(built, mode, baseline, restored):
    random = np.random.default_rng(0)
    for trial in range(40):
        # Eighths, because Keras compares in float32.
        numbers = (random.integers(0, 9, 12) / 8).tolist()
        given = {
            "patience": trial % 4,
            "min_delta": random.choice([0.0, 0.125]),
            "baseline": baseline,
            "mode": mode,
            "restore_best_weights": restored,
            "start_from_epoch": trial % 3,
        }
        own = TaskEarlyStopping("hair", "val_loss", **given)
        own.watch(built.training_state, ["hair"])
        of_keras = keras.callbacks.EarlyStopping("val_hair_loss", **given)
        assert decisions(own, built, numbers) == decisions(of_keras, built, numbers), given


def test_epochs_without_a_step_or_a_validation_do_not_count(built):
    stopping = TaskEarlyStopping("hair", "val_loss", patience=2)
    stopping.watch(built.training_state, ["hair"])
    stopping.set_model(built)
    stopping.on_train_begin()
    built.training_state.stopped.clear()
    for epoch, (loss, validated) in enumerate([(1, 1), (np.nan, 2), (1, None), (1, 3)]):
        logs = {"hair_loss": loss, "val_hair_loss": validated}
        stopping.on_epoch_end(epoch, {name: v for name, v in logs.items() if v is not None})
    assert stopping.wait == 1 and not built.stopped_tasks


def test_a_value_that_is_no_number_is_never_the_best(built):
    stopping = TaskEarlyStopping("hair", "val_loss", patience=3)
    stopping.watch(built.training_state, ["hair"])
    numbers = [float("nan"), 2.0, 1.0]
    assert decisions(stopping, built, numbers)[1:4] == [2, 1.0, 0]


@pytest.mark.parametrize(
    ("monitor", "log", "upwards"),
    [
        ("loss", "hair_loss", False),
        ("val_loss", "val_hair_loss", False),
        ("accuracy", "hair_accuracy", True),
        ("val_accuracy", "val_hair_accuracy", True),
        ("hair_loss", "hair_loss", False),
        ("val_hair_accuracy", "val_hair_accuracy", True),
    ],
)
def test_the_metric_is_named_as_in_keras_or_as_in_the_logs(built, monitor, log, upwards):
    stopping = TaskEarlyStopping("hair", monitor)
    stopping.watch(built.training_state, ["hair"])
    assert (stopping._log, stopping._upwards) == (log, upwards)


# In runs


@pytest.mark.parametrize(
    ("schedule", "data", "steps"),
    [
        (schedules.Interleaved(), sets, None),
        (schedules.Joint(), joint_rows, None),
        *(
            pytest.param(schedule, data, steps, marks=pytest.mark.slow)
            for schedule, data, steps in [
                (schedules.RoundRobin(block=2), sets, None),
                (schedules.Blocks({"sex": 2, "hair": 1}), sets, None),
                (schedules.Proportional(0.5), sets, 16),
                (schedules.Annealed(8), sets, 16),
                (schedules.Joint(), sets, None),
                (schedules.join([schedules.Joint(), schedules.RoundRobin()], [5]), sets, 4),
                (schedules.RoundRobin(), joint_rows, None),
                (turns, sets, 6),
            ]
        ),
    ],
    ids=lambda value: getattr(value, "__name__", repr(value)),
)
def test_one_task_stops_and_the_other_goes_on(schedule, data, steps):
    heads, stopping = Heads(), TaskEarlyStopping("hair", "loss", **NEVER)

    history = (
        sex_and_hair(optimizer="adam")
        .fit(
            *(data() if isinstance(data(), tuple) else [data()]),
            schedule=schedule,
            steps_per_epoch=steps,
            epochs=4,
            callbacks=[stopping, heads],
            **FITTED,
        )
        .history
    )

    assert stopping.stopped_epoch == 1
    hair, sex = ([after[task] for after in heads.after] for task in ("hair", "sex"))
    assert hair[0] != hair[1] and hair[1] == hair[2] == hair[3]
    assert len({tuple(after) for after in sex}) == 4
    for name in ("hair_loss", "hair_accuracy"):
        assert not np.isnan(history[name]).any()
        assert history[name][2] == history[name][3] == history[name][1]
    assert len(set(history["sex_loss"])) == 4


@pytest.mark.slow
def test_validation_goes_on_measuring_a_stopped_task():
    stopping = TaskEarlyStopping("hair", **NEVER)
    history = sex_and_hair(optimizer=keras.optimizers.SGD(0.5)).fit(
        sets(), epochs=4, validation_data=sets(), callbacks=[stopping], **FITTED
    )
    assert stopping.stopped_epoch == 1
    assert len(set(history.history["val_hair_loss"])) == 4  # the trunk trains on


def test_training_ends_when_all_tasks_have_stopped(capsys):
    both = [
        TaskEarlyStopping("hair", "loss", verbose=1, **NEVER),
        TaskEarlyStopping("sex", "loss", patience=3, **NEVER),
    ]
    history = sex_and_hair().fit(sets(), epochs=9, callbacks=both, **FITTED)

    assert [one.stopped_epoch for one in both] == [1, 3]
    assert history.epoch == [0, 1, 2, 3]
    assert capsys.readouterr().out == "Epoch 2: early stopping of `hair`\n"


@pytest.mark.parametrize("average", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_the_head_gets_the_weights_of_its_best_epoch_and_the_trunk_does_not(average):
    heads = Heads()
    stopping = TaskEarlyStopping("hair", "loss", 1, restore_best_weights=True, **NEVER)
    model = sex_and_hair(optimizer=keras.optimizers.SGD(0.1, use_ema=average))
    history = model.fit(sets(), epochs=4, callbacks=[heads, stopping], **FITTED)

    assert stopping.stopped_epoch == 1 and len(history.epoch) == 4
    hair = [after["hair"] for after in heads.after]
    assert hair[1] != hair[0] == hair[2] == hair[3] == bits(model.heads["hair"])


def test_the_best_weights_come_back_at_the_end_too():
    heads = Heads()
    stopping = TaskEarlyStopping("hair", "loss", 9, restore_best_weights=True, **NEVER)
    model = sex_and_hair()
    model.fit(sets(), epochs=2, callbacks=[heads, stopping], **FITTED)
    assert bits(model.heads["hair"]) == heads.after[0]["hair"] != heads.after[1]["hair"]


@pytest.mark.slow
@pytest.mark.parametrize("kills", [[20], [4, 10, 13, 20, 26]], ids=str)
def test_it_goes_on_exactly_from_a_backup(kills, tmp_path):
    def fit(folder, *more):
        own = [
            TaskEarlyStopping("hair", restore_best_weights=True, **NEVER),
            TaskEarlyStopping("sex", "loss", 2, **NEVER),
        ]
        arguments = {"epochs": 9, "steps_per_epoch": 10, "callbacks": [*own, *more], **FITTED}
        if folder:
            arguments |= {"backup": folder, "backup_every": 3}
        model.fit(sets(), validation_data=sets(), **arguments)
        return [vars(one) for one in own]

    def remembered(callbacks):
        names = ("wait", "best", "best_epoch", "stopped_epoch")
        return [[one[name] for name in names] for one in callbacks]

    model = compiled_tasks(optimizer="adam")
    untrained = values(model)
    put(model, untrained)
    whole = fit(None)
    history = model.history
    expected = bits(model)
    put(model, untrained)
    for step in kills:
        with pytest.raises(Killed):
            fit(tmp_path, KillAt(step, kill_by_error))
        put(model, [np.full_like(value, 7) for value in values(model)])

    again = fit(tmp_path)

    assert bits(model) == expected
    assert same_logs(model.history, history) and history.epoch == [0, 1, 2]
    assert remembered(again) == remembered(whole)


# What is refused


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"task": "hiar"}, TaskNotFound, "`TaskEarlyStopping` names the task 'hiar'.*'hair'"),
        ({"monitor": "val_loss"}, ValueError, "no data to validate it on"),
        ({"monitor": "acuracy"}, ValueError, r"one of \['loss', 'accuracy'\].*'accuracy'"),
        ({"monitor": "sex_loss"}, ValueError, "`monitor` is a metric of `hair`"),
        ({"monitor": 5}, ValueError, "`monitor` is the name"),
        ({"patience": -1}, ValueError, "`patience`"),
        ({"patience": 1.5}, ValueError, "`patience`"),
        ({"min_delta": -0.1}, ValueError, "`min_delta`"),
        ({"mode": "down"}, ValueError, "`mode`"),
        ({"verbose": 2}, ValueError, "`verbose`"),
        ({"baseline": "low"}, ValueError, "`baseline`"),
        ({"start_from_epoch": -1}, ValueError, "`start_from_epoch`"),
    ],
    ids=str,
)
def test_bad_arguments_are_refused_before_training(built, arguments, error, words):
    before = bits(built)
    with pytest.raises(error, match=words):
        given = {"task": "hair", "monitor": "loss", **arguments}
        built.fit(sets(), callbacks=[TaskEarlyStopping(**given)], **FITTED)
    assert bits(built) == before


def test_a_metric_of_unknown_direction_needs_a_mode():
    class Odd(keras.metrics.Mean):
        def update_state(self, y_true, y_pred, sample_weight=None):
            return super().update_state(y_pred)

    metrics = {"hair": [Odd(name="odd")], "sex": ["accuracy"]}
    model = sex_and_hair(metrics=metrics)
    with pytest.raises(ValueError, match='`mode="max"` or'):
        model.fit(sets(), callbacks=[TaskEarlyStopping("hair", "odd")], **FITTED)
    stopping = TaskEarlyStopping("hair", "odd", mode="max")
    model.fit(sets(), callbacks=[stopping], **FITTED)
    assert stopping.best is not None


def test_it_works_in_the_fit_of_several_tasks_only(built):
    stopping = TaskEarlyStopping("hair", "loss")
    built.fit(sets(), callbacks=[stopping], **FITTED)
    plain = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    plain.compile("sgd", "mse", run_eagerly=keras.backend.backend() == "tensorflow")
    with pytest.raises(TypeError, match=r"works in `MultiTaskModel\.fit`"):
        plain.fit(draw(4, 4), draw(4, 1), callbacks=[stopping], verbose=0)
