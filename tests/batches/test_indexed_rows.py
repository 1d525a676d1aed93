import keras
import numpy as np
import pytest

import keras_mtl
from _rows import two_tasks
from keras_mtl.batches import indexed_rows
from keras_mtl.batches.indexed_rows import in_memory, inputs_alone, unpacked


def test_unpacks_into_inputs_and_labels():
    data = two_tasks()["hair"]
    x, y = data
    assert x.shape == (len(data), 4) and y.shape == (len(data),) == data.rows.shape
    assert np.array_equal(y, x[:, :3].argmax(1))


def test_batches_hold_each_row_once_in_the_order_of_the_labels():
    data = two_tasks()["hair"].batched(10)
    batches = [data[number] for number in range(data.num_batches)]
    assert np.array_equal(np.concatenate([x for x, _ in batches]), data.x)
    assert np.array_equal(np.concatenate([y for _, y in batches]), data.y)
    with pytest.raises(IndexError, match=f"has {data.num_batches} batches"):
        data[data.num_batches]


@pytest.mark.slow
def test_plain_models_train_on_it_and_predict_in_its_order():
    data = two_tasks()["sex"]
    layers = [keras.Input((4,)), keras.layers.Dense(2, "softmax")]
    model = keras.Sequential(layers)
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(data, validation_data=data.batched(45), epochs=2, verbose=0)
    assert len(history.history["val_accuracy"]) == 2
    x, _ = data
    predictions = model.predict(data, verbose=0)
    assert np.allclose(predictions, model.predict(x, verbose=0), atol=1e-6)


def test_data_that_are_large_stay_as_they_are(monkeypatch):
    data = two_tasks()["sex"]
    assert isinstance(unpacked(data)[0], np.ndarray)
    assert isinstance(inputs_alone(data), np.ndarray)
    monkeypatch.setattr(indexed_rows, "IN_MEMORY", data.nbytes - 1)
    assert unpacked(data) == (data, None) and inputs_alone(data) is data
    assert isinstance(in_memory(data)[0], np.ndarray)
    assert unpacked(data.x, data.y)[1] is data.y


@pytest.mark.slow
@pytest.mark.parametrize("limit", [0, 2**30])
def test_every_verb_takes_it(monkeypatch, limit):
    monkeypatch.setattr(indexed_rows, "IN_MEMORY", limit)
    parts = two_tasks(200).split({"train": 0.7, "test": 0.3})
    train, test = parts["train"].budget({"hair": 40}), parts["test"]
    layers = keras.layers
    base = keras.Sequential(
        [keras.Input((4,)), layers.Dense(8, "relu"), layers.Dense(8, "relu"), layers.Dense(2)]
    )
    base.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    base.fit(train["sex"], verbose=0)
    model = keras_mtl.transfer(base, cut=1, head=train["hair"].head())
    held_out = test["hair"]
    model.fit(train["hair"], batch_size=16, validation_data=held_out, verbose=0)
    if keras.config.backend() != "torch":
        model.fit(train["hair"], seed=1, verbose=0)
    assert model.predict(held_out, verbose=0).shape == (len(held_out), 3)
    assert set(keras_mtl.predict_classes(model, held_out, verbose=0)) <= {"black", "blond", "grey"}
    keras_mtl.fit_cached(model, train["hair"], validation_data=held_out, verbose=0)
    phases = [keras_mtl.Phase("all", epochs=1)]
    keras_mtl.fine_tune(model, train["hair"], phases=phases, validation_data=held_out, verbose=0)
    x, y = held_out
    scores = [model.evaluate(*given, verbose=0) for given in ([held_out], [x, y])]
    assert scores[0] == pytest.approx(scores[1], abs=1e-5)
    probes = [keras_mtl.probe_cuts(base, *given, verbose=0) for given in ([train["hair"]],)]
    assert len(probes[0]) > 0
    explained = [keras_mtl.explain(model, *given, verbose=0) for given in ([held_out], [x, y])]
    assert explained[0].accuracy == explained[1].accuracy
    comparison = keras_mtl.compare(
        base,
        train["hair"],
        test=held_out,
        auxiliary=train["sex"],
        labels=[20],
        seeds=2,
        strategies=["frozen"],
        verbose=0,
    )
    assert comparison.best().labels == 20
    classifier = keras_mtl.TransferClassifier(base, cut=1, strategy="frozen", verbose=0)
    assert classifier.fit(train["hair"]).predict(held_out).shape == y.shape
    keras_mtl.find_learning_rate(model, train["hair"], steps=3)
