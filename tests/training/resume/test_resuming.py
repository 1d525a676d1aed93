"""A run that was interrupted goes on from its backup as if nothing had happened."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from _helpers import draw
from _interrupted import (
    EPOCHS,
    STEPS,
    KillAt,
    Killed,
    Remembers,
    arrays,
    compiled_tasks,
    kill_by_error,
    put,
    values,
)
from _two_tasks import bits, classes, same_logs, sex_and_hair
from _watching import as_numpy
from keras_mtl.balancing import Bloop
from keras_mtl.errors import InvalidTaskData
from keras_mtl.schedules import Joint, Proportional, RoundRobin
from keras_mtl.training.resume.backup import BEFORE, NEWEST


class StopHair(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if self.model.optimizer.iterations >= 25:
            self.model.stop_task("hair")


class Scores(keras.callbacks.Callback):
    """Says that the first epoch was the best."""

    def on_epoch_end(self, epoch, logs=None):
        logs["score"] = -epoch


class Batches(keras.utils.PyDataset):
    """Batches of 4 rows, another part of the rows in each pass."""

    def __init__(self, x, y):
        super().__init__()
        self.x, self.y = x, y
        self.passes = 0

    def __len__(self):
        return 3

    def __getitem__(self, index):
        rows = (np.arange(4) + 4 * index + self.passes) % len(self.x)
        return self.x[rows], self.y[rows]

    def on_epoch_end(self):
        self.passes += 1


class Drawing(keras.utils.PyDataset):
    """Draws from the global generators: rows, noise, and in its hooks the order of its rows."""

    def __init__(self, x, y):
        super().__init__(workers=2)
        self.x, self.y = x, y
        self.rows = np.arange(len(x))

    def __len__(self):
        return 3

    def __getitem__(self, index):
        rows = self.rows[[4 * index % len(self.x), random.randrange(len(self.x))]]
        return self.x[rows] + np.random.normal(size=(2, 4)), self.y[rows]

    def on_epoch_begin(self):
        self.rows = np.roll(self.rows, random.randrange(4))

    def on_epoch_end(self):
        np.random.shuffle(self.rows)


class Draws(keras.callbacks.Callback):
    """Notes numbers from the global generators."""

    def __init__(self):
        super().__init__()
        self.drawn = []

    def on_train_batch_end(self, batch, logs=None):
        self.drawn.append([random.random(), float(np.random.normal())])


def rich_model():
    """With all that has a state: BatchNorm, Dropout, Adam."""
    keras.utils.set_random_seed(0)
    extra = [layers.BatchNormalization(), layers.Dropout(0.3)]
    return compiled_tasks(extra=extra, optimizer=keras.optimizers.Adam(0.01))


def datasets():
    return {task: Batches(*data) for task, data in arrays().items()}


def an_array_and_a_dataset():
    return {**arrays(), "hair": datasets()["hair"]}


def callbacks():
    return [
        keras.callbacks.EarlyStopping("val_loss", 1e-3, patience=3, restore_best_weights=True),
        keras.callbacks.ReduceLROnPlateau("sex_loss", 0.5, patience=1, min_delta=0.05),
        keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.9),
        StopHair(),
        Remembers(),
    ]


def train(model, folder=None, data=None, more=(), every=3, **arguments):
    """One call of `fit`; the callbacks and data are made anew each time."""
    own = [*callbacks(), *more]
    history = model.fit(
        data or arrays(),
        **{
            "schedule": Proportional(0.5),
            "batch_size": 4,
            "epochs": EPOCHS,
            "steps_per_epoch": STEPS,
            "validation_data": {"sex": (draw(8, 4, seed=5), classes(8, 2))},
            "callbacks": own,
            "backup": folder,
            "backup_every": None if folder is None else every,
            "verbose": 0,
            "seed": 3,
            **arguments,
        },
    )
    return history, own


def scramble(model):
    """As if the process had ended: nothing that a run needs is left in the model."""
    put(model, [np.full_like(value, 7) for value in values(model)])
    for objective in model.training_state.objectives.values():
        for variable in objective.variables:
            variable.assign(np.full(variable.shape, 7, variable.dtype))
    for variable in model.training_state.update_rule.variables:
        variable.assign(np.full(variable.shape, 7, variable.dtype))
    model.training_state.mean_of_steps.total.assign(7.0)
    keras.utils.set_random_seed(7)
    model.optimizer.learning_rate = 0.01


def interrupted(model, folder, data, steps, **arguments):
    """The end of a run that was interrupted after each of some steps."""
    for step in steps:
        with pytest.raises(Killed):
            train(model, folder, data(), [KillAt(step, kill_by_error)], **arguments)
        scramble(model)
    return train(model, folder, data(), **arguments)


@pytest.mark.parametrize(
    ("data", "interruptions"),
    [
        (an_array_and_a_dataset, 1),
        pytest.param(arrays, 10, marks=pytest.mark.slow),
        pytest.param(datasets, 10, marks=pytest.mark.slow),
    ],
)
def test_a_run_goes_on_exactly_from_any_step(data, interruptions, tmp_path):
    model = rich_model()
    untrained = values(model)
    whole, memory = train(put(model, untrained), data=data())
    trained = values(model)
    put(model, untrained)
    steps = sorted(random.Random(0).sample(range(1, EPOCHS * STEPS), interruptions))

    history, own = interrupted(model, tmp_path, data, steps)

    assert [one.tobytes() for one in values(model)] == [one.tobytes() for one in trained]
    assert same_logs(history, whole)
    assert own[-1].seen == memory[-1].seen
    np.testing.assert_array_equal(own[-1].sums["loss"], memory[-1].sums["loss"])
    assert own[-1].sums[3] == (1.5, None)
    stopped, last = whole.history["hair_loss"][-2:]
    assert last == stopped and not np.isnan(last)
    assert not any(tmp_path.iterdir())


def drawing():
    return {task: Drawing(*data) for task, data in arrays().items()}


def shuffled_loader():
    from torch.utils.data import DataLoader, TensorDataset

    x, y = arrays()["hair"]
    loader = DataLoader(TensorDataset(*map(torch_tensor, (x, y))), batch_size=4, shuffle=True)
    return {**arrays(), "hair": loader}


def torch_tensor(values):
    import torch

    return torch.as_tensor(values)


@pytest.mark.parametrize(
    ("data", "steps"),
    [
        (drawing, [13]),
        pytest.param(drawing, [4, 12, 21, 30, 37], marks=pytest.mark.slow),
        pytest.param(
            shuffled_loader,
            [13],
            marks=pytest.mark.backend("torch", reason="torch may not be installed"),
        ),
    ],
)
def test_data_that_draw_random_numbers_draw_the_same_after_an_interruption(data, steps, tmp_path):
    def fit(folder, *more):
        validation = {"sex": drawing()["sex"]}
        return train(model, folder, data(), more, seed=None, validation_data=validation)[0]

    model, draws, again = compiled_tasks(), Draws(), Draws()
    untrained = values(model)
    put(model, untrained)
    whole = fit(None, draws)
    expected = bits(model)
    put(model, untrained)
    for step in steps:
        with pytest.raises(Killed):
            fit(tmp_path, Draws(), KillAt(step, kill_by_error))
        scramble(model)

    history = fit(tmp_path, again)

    assert bits(model) == expected
    assert same_logs(history, whole)
    assert again.drawn == draws.drawn


@pytest.mark.slow
def test_generators_that_a_backup_cannot_hold_are_named(tmp_path):
    data = drawing()
    data["hair"].rng = np.random.default_rng(0)
    arguments = {"data": data, "epochs": 1, "steps_per_epoch": 2}

    with pytest.warns(UserWarning, match=r"`hair` has random generators of its own \(`rng`\)"):
        train(compiled_tasks(), tmp_path, **arguments)
    train(compiled_tasks(), **arguments)  # no warning without a backup


@pytest.mark.slow
def test_joint_steps_go_on_exactly(tmp_path):
    rng = np.random.default_rng(0)
    labels = {"sex": rng.integers(0, 2, 24), "hair": rng.integers(-1, 3, 24)}
    joint = (draw(24, 4), labels)
    model = compiled_tasks(optimizer="adam", balancer=Bloop(main="hair"))
    remembered = model.training_state.update_rule.variables
    untrained, start = values(model), [np.array(as_numpy(variable)) for variable in remembered]
    whole, _ = train(model, data=joint, schedule=Joint())
    trained = bits(values(model)), bits(remembered)
    put(model, untrained)
    for variable, value in zip(remembered, start, strict=True):
        variable.assign(value)

    history, _ = interrupted(model, tmp_path, lambda: joint, [22], schedule=Joint())

    assert (bits(values(model)), bits(remembered)) == trained
    assert same_logs(history, whole)


@pytest.mark.slow
def test_the_best_weights_outlive_an_interruption(tmp_path):
    def stopping():
        best = keras.callbacks.EarlyStopping(
            "score", patience=9, mode="max", restore_best_weights=True
        )
        return [Scores(), best]

    model = compiled_tasks()
    untrained = values(model)
    fitted = {"batch_size": 4, "epochs": 4, "verbose": 0, "seed": 1, "steps_per_epoch": STEPS}
    whole = model.fit(arrays(), callbacks=stopping(), **fitted)
    expected = bits(model)
    put(model, untrained)
    with pytest.raises(Killed):
        kill = KillAt(3 * STEPS + 1, kill_by_error)
        model.fit(arrays(), callbacks=[*stopping(), kill], backup=tmp_path, **fitted)
    scramble(model)
    resumed = model.fit(arrays(), callbacks=stopping(), backup=tmp_path, **fitted)

    assert bits(model) == expected
    assert same_logs(resumed, whole)


@pytest.mark.slow
@pytest.mark.backend("tensorflow", reason="`tf.data` is read inside TensorFlow's loop")
def test_a_dataset_is_replayed(tmp_path):
    import tensorflow as tf

    def data():
        tf.random.set_seed(0)  # as the same script would in a new process
        of_task = arrays().items()
        sets = {task: tf.data.Dataset.from_tensor_slices(own) for task, own in of_task}
        return {task: one.shuffle(24, seed=2).batch(4) for task, one in sets.items()}

    model = compiled_tasks()
    untrained = values(model)
    whole, _ = train(model, data=data())
    expected = bits(model)
    put(model, untrained)

    history, _ = interrupted(model, tmp_path, data, [13])

    assert bits(model) == expected
    assert same_logs(history, whole)


SCRIPT = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = {paths!r}
import numpy as np
from _interrupted import KillAt, arrays, values
from keras_mtl.common.atomic_files import UNFINISHED
from test_resuming import rich_model, train

def kill():
    os.kill(os.getpid(), signal.SIGKILL)

step, where, folder = sys.argv[1:]
if where == "replace":  # in the middle of a backup: the newest has moved, the new one not yet
    own = Path.replace
    def replace(self, target):
        late = step != "None" and model.optimizer.iterations > int(step)
        if late and self.name.endswith(UNFINISHED):
            kill()
        return own(self, target)
    Path.replace = replace
at = int(step) if where == "step" and step != "None" else None
model = rich_model()
if folder == "None":
    folder = None
history, _ = train(model, folder, arrays(), [KillAt(at, kill)])
np.savez(sys.argv[0] + ".npz", *values(model))
Path(sys.argv[0] + ".txt").write_text(repr(history.history))
"""


@pytest.mark.slow
@pytest.mark.backend("tensorflow", reason="three processes, which take long to start")
def test_a_killed_process_goes_on_exactly(tmp_path):
    script = tmp_path / "run.py"
    paths = [str(Path(__file__).parent), *sys.path]
    script.write_text(SCRIPT.format(paths=paths))

    def run(step, where="step", folder=tmp_path / "backups"):
        command = [sys.executable, str(script), str(step), where, str(folder)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def result():
        with np.load(f"{script}.npz") as file:
            arrays = [file[name].tobytes() for name in file.files]
        return arrays, Path(f"{script}.txt").read_text()

    undisturbed = run(None, folder=None)
    assert undisturbed.returncode == 0, undisturbed.stderr
    expected = result()
    killed = run(20, "replace")
    left = {path.name for path in (tmp_path / "backups").iterdir()}
    ended = run(None)

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert NEWEST not in left and BEFORE in left
    assert ended.returncode == 0, ended.stderr
    assert result() == expected
    assert not os.listdir(tmp_path / "backups")


@pytest.mark.slow
def test_without_a_seed_the_one_of_the_backup_is_used(tmp_path):
    model = sex_and_hair()
    fitted = {"batch_size": 4, "epochs": 2, "verbose": 0, "backup": tmp_path, "backup_every": 2}
    keras.utils.set_random_seed(1)
    with pytest.raises(Killed):
        model.fit(arrays(), callbacks=[KillAt(5, kill_by_error)], **fitted)
    keras.utils.set_random_seed(2)
    history = model.fit(arrays(), **fitted)

    keras.utils.set_random_seed(1)
    again = sex_and_hair()
    keras.utils.set_random_seed(1)
    assert same_logs(again.fit(arrays(), batch_size=4, epochs=2, verbose=0), history)


def test_a_generator_cannot_be_resumed(tmp_path):
    data = {**arrays(), "hair": iter([arrays()["hair"]] * 9)}
    model = sex_and_hair()

    with pytest.raises(InvalidTaskData, match=r"`hair` are a generator.*Give arrays"):
        model.fit(data, schedule=RoundRobin(), steps_per_epoch=3, backup=tmp_path, verbose=0)
    assert not any(tmp_path.iterdir())


def test_backup_every_needs_a_folder():
    with pytest.raises(ValueError, match="`backup_every` needs `backup`"):
        sex_and_hair().fit(arrays(), backup_every=3, verbose=0)
