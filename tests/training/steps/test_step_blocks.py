"""What blocks of steps do: streams as arrays, many tasks, and a loss that is not finite."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import layers

from _helpers import draw
from _two_tasks import (
    CLASSES,
    EAGER,
    FAST,
    WIDTH,
    bits,
    joint_data,
    trunk,
    two_data_sets,
    two_tasks,
)
from _watching import as_numpy
from _zoo import first_ones
from keras_mtl import Head, MultiTaskModel, schedules
from keras_mtl.errors import NonFiniteLoss
from keras_mtl.training.steps.step_blocks import Block

BATCH_SIZE = 8


class Batches(keras.utils.PyDataset):
    def __init__(self, parts):
        super().__init__()
        self.parts = parts

    def __len__(self):
        return len(self.parts)

    def __getitem__(self, index):
        return self.parts[index]


def cut(data):
    """The data as a list of batches."""
    rows = len(data[0])
    starts = range(0, rows, BATCH_SIZE)
    return [
        keras.tree.map_structure(lambda a, s=start: a[s : s + BATCH_SIZE], data) for start in starts
    ]


def endless(parts):
    while True:
        yield from parts


class Loader:
    """As torch's: it is iterated anew for each pass."""

    def __init__(self, parts):
        self.parts = parts

    def __len__(self):
        return len(self.parts)

    def __iter__(self):
        return iter(self.parts)


def dataset(data):
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices(data).batch(BATCH_SIZE)


SOURCES = {
    "tf.data": dataset,
    "PyDataset": lambda data: Batches(cut(data)),
    "generator": lambda data: endless(cut(data)),
    "loader": lambda data: Loader(cut(data)),
}


def weighted(data):
    """With weights of each row, and a gap in the labels of `age`."""
    age, hair = data["age"], data["hair"]
    labels = age[1].copy()
    labels[[1, 5, 9]] = np.nan
    classes = hair[1].copy()
    classes[[0, 2]] = -1
    return {
        "age": (age[0], labels, np.linspace(0, 2, len(labels), dtype="float32")),
        "hair": (hair[0], classes),
    }


@pytest.fixture(scope="module")
def models():
    """Two models with the same weights, compiled once."""
    found = [two_tasks(optimizer="adam", run_eagerly=False) for _ in range(2)]
    for model in found:
        model.optimizer.build(model.trainable_variables)
    return found


def same_start(models):
    first, second = models
    second.set_weights(first.get_weights())
    for one, other in zip(first.optimizer.variables, second.optimizer.variables, strict=True):
        other.assign(one)


def assert_same_training(models, arrays, streams, **options):
    same_start(models)
    run = {"epochs": 2, "steps_per_epoch": 5, **FAST, **options}
    first = models[0].fit(*arrays, batch_size=BATCH_SIZE, **run)
    second = models[1].fit(*streams, **run)
    for one, other in zip(models[0].get_weights(), models[1].get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)
    assert list(first.history) == list(second.history)
    for name, values in first.history.items():
        np.testing.assert_allclose(values, second.history[name], rtol=1e-5, err_msg=name)


@pytest.mark.slow
@pytest.mark.parametrize("kind", first_ones(SOURCES, 1))
def test_a_stream_trains_as_the_arrays_that_it_is_made_of(models, kind):
    data = weighted(two_data_sets())
    streams = {task: SOURCES[kind](own) for task, own in data.items()}
    assert_same_training(models, [data], [streams], schedule=schedules.RoundRobin())


@pytest.mark.parametrize(
    "kind",
    [
        "tf.data",
        *(pytest.param(k, marks=pytest.mark.slow) for k in ("loader", "PyDataset", "generator")),
    ],
)
def test_a_joint_stream_trains_as_the_arrays_that_it_is_made_of(models, kind):
    x, labels = joint_data(20)
    labels["age"][[1, 5, *range(8, 16)]] = np.nan
    assert_same_training(models, [x, labels], [SOURCES[kind]((x, labels))], steps_per_epoch=3)


@pytest.mark.slow
def test_a_dataset_of_other_dtypes(models):
    data = weighted(two_data_sets())
    x, y, _ = data["age"]
    data["age"] = (x.astype("float64"), y.astype("float64"), np.arange(len(x)) % 3)
    streams = {task: dataset(own) for task, own in data.items()}
    assert_same_training(models, [data], [streams], schedule=schedules.RoundRobin())


@pytest.mark.slow
def test_arrays_and_a_stream_together(models):
    data = two_data_sets()
    streams = {"age": data["age"], "hair": dataset(data["hair"])}
    same_start(models)
    run = {"schedule": schedules.Interleaved(), **FAST}
    models[0].fit(data, batch_size=BATCH_SIZE, **run)
    models[1].fit(streams, batch_size=BATCH_SIZE, **run)
    for one, other in zip(models[0].get_weights(), models[1].get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)


def two_inputs():
    wide, deep = keras.Input((2,), name="wide"), keras.Input((), name="deep")
    x = layers.Concatenate()([wide, layers.Reshape((1,))(deep)])
    base = keras.Model([wide, deep], layers.Dense(3, name="dense")(x), name="base")
    model = MultiTaskModel(base, {"age": Head(1, "regression")})
    model.compile("sgd", run_eagerly=EAGER)
    return model


@pytest.mark.slow
@pytest.mark.backend("tensorflow", reason="only there is a data set read inside a compiled loop")
@pytest.mark.parametrize("epochs", [1, 2])
def test_a_dataset_is_read_as_far_as_it_is_trained_on(models, epochs):
    tf = pytest.importorskip("tensorflow")
    read = []

    def noted(x, y):
        note = tf.numpy_function(lambda: read.append(1) or np.float32(0), [], tf.float32)
        return x + tf.ensure_shape(note, []), y

    data = {task: dataset(one).map(noted) for task, one in two_data_sets().items()}
    steps = min(len(one) for one in data.values())
    models[0].fit(
        data, schedule=schedules.RoundRobin(), steps_per_epoch=2 * steps, epochs=epochs, **FAST
    )
    assert len(read) == 2 * steps * epochs


@pytest.mark.slow
def test_inputs_of_a_dataset_by_name():
    x = {"deep": draw(16, seed=1), "wide": draw(16, 2, seed=2)}
    y = draw(16, seed=3)
    first, second = two_inputs(), two_inputs()
    second.set_weights(first.get_weights())
    for one in (first, second):
        one.compile("sgd", run_eagerly=False)
    first.fit({"age": (x, y)}, batch_size=BATCH_SIZE, **FAST)
    second.fit({"age": dataset((x, y))}, **FAST)
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)


@pytest.mark.slow
def test_blocks_of_any_size_train_alike(models):
    data = two_data_sets()
    same_start(models)
    run = {"schedule": schedules.Interleaved(), "batch_size": BATCH_SIZE, "verbose": 0, "seed": 3}
    models[0].fit(data, steps_per_execution=1, **run)
    models[1].fit(data, steps_per_execution=5, **run)
    for one, other in zip(models[0].get_weights(), models[1].get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)


@pytest.mark.slow
def test_more_tasks_than_a_compiled_loop_takes():
    tasks = [f"task_{number}" for number in range(18)]
    heads = {task: Head(1, "regression") for task in tasks}
    model = MultiTaskModel(trunk(), heads)
    model.compile(keras.optimizers.SGD(0.1), run_eagerly=EAGER)
    x, y = draw(BATCH_SIZE, WIDTH, seed=1), draw(BATCH_SIZE, 1, seed=2)
    start = {task: bits(head.variables) for task, head in model.heads.items()}

    history = model.fit({task: (x, y) for task in tasks}, batch_size=BATCH_SIZE, **FAST).history

    assert all(bits(model.heads[task].variables) != start[task] for task in tasks)
    assert np.isfinite([history[f"{task}_loss"][0] for task in tasks]).all()


@pytest.mark.slow
@pytest.mark.backend("tensorflow", reason="the others have no compiled loop")
def test_a_function_for_each_task_trains_as_the_loop(models, monkeypatch):
    from keras_mtl.training.steps import tensorflow_steps

    same_start(models)
    run = {"schedule": schedules.RoundRobin(), "steps_per_epoch": 4, "batch_size": BATCH_SIZE}
    models[0].fit(two_data_sets(), **run, **FAST)
    monkeypatch.setattr(tensorflow_steps, "MOST_KINDS", 1)
    models[1].fit(two_data_sets(), **run, **FAST)

    for one, other in zip(models[0].get_weights(), models[1].get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)


@pytest.mark.backend("tensorflow", reason="it counts how often a function is traced")
def test_functions_of_many_tasks_are_not_taken_for_one_that_is_traced_again(monkeypatch, caplog):
    from keras_mtl.training.steps import tensorflow_steps

    monkeypatch.setattr(tensorflow_steps, "train", lambda step, batches: batches)
    model = SimpleNamespace(run_eagerly=False, jit_compile=False)
    step = SimpleNamespace(state=SimpleNamespace(model=model), changing_variables=[])
    for _ in range(8):
        tensorflow_steps._one(step)(np.zeros(1))

    assert "retracing" not in caplog.text


def live(run_eagerly):
    inner = [layers.BatchNormalization(name="norm"), layers.Dropout(0.3, name="drop")]
    head = [layers.BatchNormalization(name="norm"), layers.Dense(1, name="last")]
    model = MultiTaskModel(trunk(*inner), {"age": head, "eyes": head})
    model.compile("adam", loss="mse", run_eagerly=run_eagerly)
    return model


def broken(way, data):
    """The third batch of `eyes` has a loss that overflows, or a gradient that is NaN."""
    (x, y), row = map(np.copy, data["eyes"]), 2 * BATCH_SIZE
    if way == "loss":
        y[row] = 1e30
    else:
        x[row, 0] = np.inf  # The tanh of the trunk makes it 1, and its gradient 0 times infinity.
    return {**data, "eyes": (x, y)}


CASES = {
    "in turn": (schedules.RoundRobin(), "loss", EAGER),
    "jointly": (schedules.Joint(), "loss", EAGER),
    "compiled": (schedules.RoundRobin(), "gradient", False),
}


@pytest.mark.parametrize("case", first_ones(CASES, 1))
def test_what_is_not_finite_leaves_all_as_before_that_step(case):
    """It is at step 5 in turn, at step 2 jointly."""
    schedule, way, run_eagerly = CASES[case]
    bad = 2 if case == "jointly" else 5
    model = live(run_eagerly)
    model.optimizer.build(model.trainable_variables)
    variables = [*model.variables, *model.optimizer.variables]
    start = [np.array(as_numpy(variable)) for variable in variables]
    data = {
        task: (draw(32, WIDTH, seed=i), draw(32, 1, seed=i + 9))
        for i, task in enumerate(("age", "eyes"))
    }
    run = {"schedule": schedule, "batch_size": BATCH_SIZE, **FAST}
    keras.utils.set_random_seed(1)  # For torch, whose Dropout has no state of its own.
    model.fit(data, steps_per_epoch=bad, **run)
    expected = bits(variables)
    for variable, value in zip(variables, start, strict=True):
        variable.assign(value)
    keras.utils.set_random_seed(1)

    with pytest.raises(NonFiniteLoss) as error:
        model.fit(broken(way, data), steps_per_epoch=8, **run)

    assert f"step {bad} of epoch 0" in str(error.value)
    assert "batch 2 of the data of `eyes`" in str(error.value)
    assert "`eyes`" in str(error.value).split("became")[0]
    assert bits(variables) == expected


@pytest.mark.slow
def test_training_goes_on_after_a_loss_that_was_not_finite():
    model = two_tasks(optimizer="adam")
    data = two_data_sets()
    broken = {**data, "age": (data["age"][0] * np.inf, data["age"][1])}
    with pytest.raises(NonFiniteLoss, match="batch 0 of the data of `age`"):
        model.fit(broken, batch_size=BATCH_SIZE, **FAST)
    history = model.fit(data, batch_size=BATCH_SIZE, **FAST).history
    assert np.isfinite(history["loss"]).all()


@pytest.mark.slow
def test_classes_and_labels_of_one_and_two_dimensions():
    model = two_tasks(optimizer="sgd")
    data = two_data_sets()
    x, y = data["age"]
    hair = data["hair"]
    model.fit({"age": (x, y[:, 0]), "hair": hair}, batch_size=BATCH_SIZE, **FAST)
    history = model.fit({"age": (x, y), "hair": hair}, batch_size=BATCH_SIZE, **FAST).history
    assert history["hair_loss"][0] < 5 * np.log(CLASSES)


def test_a_block_is_divided_into_single_steps_that_take_the_same_batches():
    block = Block([1, 0, 1, 2], {"sex": range(4, 6), "hair": range(7, 10)})
    assert list(block.single_steps([["sex"], ["hair"], ["sex", "hair"]])) == [
        Block([1], {"sex": range(4, 4), "hair": range(7, 8)}),
        Block([0], {"sex": range(4, 5), "hair": range(8, 8)}),
        Block([1], {"sex": range(5, 5), "hair": range(8, 9)}),
        Block([2], {"sex": range(5, 6), "hair": range(9, 10)}),
    ]
