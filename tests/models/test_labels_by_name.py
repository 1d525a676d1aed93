"""Labels by the names of classes train and score as the same labels by number, in every verb."""

import keras
import numpy as np
import pandas as pd
import pytest

from _helpers import draw
from _zoo import first_ones, marked_slow
from keras_mtl import Head, MultiTaskModel, errors, fit_cached, probe_cuts, schedules, transfer

CLASSES = ["cat", "dog", "owl"]
X, NUMBERS = draw(24, 3), np.arange(24) % 3
NAMES = np.array(CLASSES)[NUMBERS]
ROWS = [tuple(np.array(CLASSES)[: n % 4]) for n in range(24)]
COLUMNS = np.array([[name in row for name in CLASSES] for row in ROWS], "int32")
PADDED = np.array([[*row, *[""] * (3 - len(row))] for row in ROWS])
ARRAYS = {
    "unicode": NAMES,
    "objects": NAMES.astype(object),
    "bytes": np.char.encode(NAMES),
    "list": NAMES.tolist(),
    "categories": pd.Series(NAMES, dtype="category"),
}


class Batches(keras.utils.PyDataset):
    def __init__(self, y):
        super().__init__()
        self.y = y

    def __len__(self):
        return 3

    def __getitem__(self, index):
        part = slice(8 * index, 8 * index + 8)
        return X[part], self.y[part]


def dataset(y):
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices((X, y)).batch(8)


def loader(y):
    torch = pytest.importorskip("torch")
    return torch.utils.data.DataLoader(list(zip(torch.tensor(X), y, strict=True)), batch_size=8)


def generator(y):
    while True:
        yield from (Batches(y)[index] for index in range(3))


STREAMS = {
    "tf.data": dataset,
    "PyDataset": Batches,
    "DataLoader": lambda y: loader(y.tolist()),
    "generator": generator,
}
CASES = first_ones([pytest.param(make, id=name) for name, make in STREAMS.items()], 1)
streams = pytest.mark.parametrize("make", CASES)
ALL_DATA = [pytest.param(None, id="arrays"), *map(marked_slow, CASES)]
all_data = pytest.mark.parametrize("make", ALL_DATA)


def trained():
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, "tanh")])


def model(head=None, loss=None):
    made = transfer(trained(), cut=0, head=head or Head(classes=CLASSES))
    made.head.set_weights([draw(*weights.shape) for weights in made.head.get_weights()])
    if loss is not None:
        made.compile("adam", loss, metrics=["accuracy"])
    return made


def weights_after(fit, head=None, loss=None):
    made = model(head, loss)
    history = fit(made).history
    return [*made.head.get_weights(), *map(np.array, history.values())]


def assert_same(first, second):
    assert len(first) == len(second)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("form", first_ones(ARRAYS, 1))
def test_arrays(form):
    def fit(y):
        validation = (X, y)
        return lambda made: made.fit(X, y, shuffle=False, verbose=0, validation_data=validation)

    assert_same(weights_after(fit(ARRAYS[form])), weights_after(fit(NUMBERS)))


@pytest.mark.slow
@streams
def test_streams(make):
    def fit(y):
        return lambda made: made.fit(
            make(y), steps_per_epoch=3, verbose=0, validation_data=make(y), validation_steps=3
        )

    assert_same(weights_after(fit(NAMES)), weights_after(fit(NUMBERS)))


@pytest.mark.slow
@streams
def test_evaluate(make):
    made = model()
    expected = made.evaluate(X, NUMBERS, verbose=0)
    assert_same(made.evaluate(X, NAMES, verbose=0), expected)
    assert_same(made.evaluate(make(NAMES), steps=3, verbose=0), expected)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("head", "named", "numbers"),
    [
        (Head(kind="binary", classes=["no", "yes"]), np.array(["no", "yes"] * 12), [0, 1] * 12),
        (Head(kind="multilabel", classes=CLASSES), PADDED, COLUMNS),
    ],
    ids=["binary", "multilabel"],
)
@pytest.mark.parametrize("make", [None, *first_ones([dataset, Batches], 0)])
def test_other_kinds(head, named, numbers, make):
    def fit(y):
        data = (X, y) if make is None else (make(np.array(y)),)
        options = {"batch_size": 8} if make is None else {}
        return lambda made: made.fit(*data, shuffle=False, verbose=0, **options)

    assert_same(weights_after(fit(named), head), weights_after(fit(numbers), head))


@pytest.mark.slow
@pytest.mark.parametrize("make", first_ones([None, dataset, Batches], 1))
def test_names_are_read_with_another_loss_too(make):
    loss = "sparse_categorical_crossentropy"

    def fit(y):
        data = (X, y) if make is None else (make(y),)
        options = {"batch_size": 8} if make is None else {}
        return lambda made: made.fit(*data, shuffle=False, verbose=0, **options)

    assert_same(weights_after(fit(NAMES), loss=loss), weights_after(fit(NUMBERS), loss=loss))
    one_hot = model(loss="categorical_crossentropy")
    one_hot.fit(X, np.eye(3)[NUMBERS], verbose=0)


@pytest.mark.slow
@all_data
def test_fit_cached(make):
    def fit(y):
        data = (X, y) if make is None else (make(y),)
        options = {} if make is None else {"steps_per_epoch": 3}
        return lambda made: fit_cached(made, *data, epochs=1, shuffle=False, verbose=0, **options)

    assert_same(weights_after(fit(NAMES)), weights_after(fit(NUMBERS)))


@pytest.mark.slow
@pytest.mark.parametrize(
    "make", [None, dataset, Batches, loader], ids=["arrays", "dataset", "PyDataset", "loader"]
)
def test_probe_cuts(make):
    data = (X, NAMES) if make is None else (make(NAMES),)
    probes = probe_cuts(trained(), *data, kind=Head(classes=CLASSES), verbose=0)
    scores = [probe.score for probe in probes]
    assert scores == [probe.score for probe in probe_cuts(trained(), X, NUMBERS, verbose=0)]


@pytest.mark.parametrize(
    ("name", "message"), [(None, "no class in row 1"), ("dgo", "row 1 .*Did you mean 'dog'")]
)
def test_probe_cuts_refuses_names_that_the_head_does_not_know(name, message):
    with pytest.raises(errors.InvalidLabels, match=message):
        probe_cuts(trained(), X[:3], ["cat", name, "dog"], kind=Head(classes=CLASSES), verbose=0)


def two_tasks():
    trunk = trained()
    made = MultiTaskModel(trunk, {"animal": Head(classes=CLASSES), "parity": 2})
    made.compile("sgd")
    return made


@pytest.mark.slow
@all_data
def test_several_tasks(make):
    def data(y):
        return {
            "animal": (X, y) if make is None else make(y),
            "parity": (X, np.arange(24) % 2),
        }

    options = {"shuffle": False, "verbose": 0, "seed": 0, "batch_size": 8, "steps_per_epoch": 6}
    options["schedule"] = schedules.RoundRobin()
    results = []
    for y in (NAMES, NUMBERS):
        made = two_tasks()
        start = draw(4, 3)
        made.heads["animal"].set_weights([start, draw(3)])
        made.heads["parity"].set_weights([draw(4, 2), draw(2)])
        made.fit(data(y), **options)
        results.append([*made.heads["animal"].get_weights(), made.trunk.get_weights()[0]])
    assert_same(*results)


@pytest.mark.slow
@pytest.mark.parametrize(
    "missing", [None, float("nan"), pd.NA, ""], ids=["None", "NaN", "NA", "empty"]
)
def test_missing_names_of_a_task_count_in_nothing(missing):
    y = NAMES.astype(object)
    y[4:8] = missing
    made = two_tasks()
    expected = NUMBERS.copy()
    expected[4:8] = -1
    scores = [made.evaluate({"animal": (X, one)}, verbose=0) for one in (y, expected)]
    assert scores[0] == scores[1]


@pytest.mark.slow
def test_missing_names_in_a_dataset_are_empty():
    y = NAMES.copy()
    y[4:8] = ""
    made = two_tasks()
    expected = np.where(y == "", -1, NUMBERS)
    scores = [made.evaluate({"animal": dataset(one)}, verbose=0) for one in (y, expected)]
    assert scores[0] == scores[1]


@all_data
def test_an_unknown_name_is_one_error_with_the_nearest_name(make):
    y = NAMES.astype("U5")
    y[1] = "doog"
    data = (X, y) if make is None else (make(y),)
    options = {} if make is None else {"steps_per_epoch": 3}
    message = r"the unknown class 'doog' in row 1 .*Did you mean 'dog'\?"
    with pytest.raises(errors.InvalidLabels, match=message):
        model().fit(*data, verbose=0, **options)
    task = {"animal": (X, y) if make is None else make(y)}
    with pytest.raises(errors.InvalidLabels, match=f"The labels of `animal` .*{message}"):
        two_tasks().evaluate(task, verbose=0)
