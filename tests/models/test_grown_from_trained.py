"""A trained model's own last layers become the head of its task."""

import keras
import numpy as np
import pytest
from keras import layers

from _helpers import draw, reload
from _models import dicts, nested_twice
from _task_trunks import FAST, batch_for, convolutions
from _two_tasks import EAGER, WIDTH, bits
from _watching import assert_close, same_bits, unchanged
from keras_mtl import Head, MultiTaskModel, transfer
from keras_mtl.errors import HeadMismatch, InvalidCut, MissingLoss


def nested():
    backbone = keras.Sequential(
        [
            keras.Input((WIDTH,)),
            layers.Dense(6, name="dense"),
            layers.ReLU(name="relu"),
            layers.Dense(5, name="second"),
        ],
        name="backbone",
    )
    inputs = keras.Input((WIDTH,), name="x")
    outputs = layers.Dense(2, name="logits")(layers.ReLU()(backbone(inputs)))
    model = keras.Model(inputs, outputs, name="nested")
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize(
    ("build", "cut"),
    [
        pytest.param(convolutions, "relu", marks=pytest.mark.slow),
        pytest.param(convolutions, 2, marks=pytest.mark.slow),
        pytest.param(nested, "backbone/relu", marks=pytest.mark.slow),
        pytest.param(nested, "backbone", marks=pytest.mark.slow),
        pytest.param(nested, "backbone/second", marks=pytest.mark.slow),
        pytest.param(nested_twice, "stem", marks=pytest.mark.slow),
    ],
)
def test_from_model_keeps_the_last_layers(build, cut, tmp_path):
    source = build()
    x = batch_for(source)
    expected = source.predict(x, verbose=0)

    with unchanged(source):
        loss = None if source.compiled else "mse"
        model = MultiTaskModel.from_model(source, cut, "sex", {"hair": 5}, loss=loss)
        assert_close(model.predict(x, task="sex", verbose=0), expected)
        if loss is None:
            model.run_eagerly = EAGER
            classes = build is convolutions
            labels = np.arange(8) % 4 if classes else draw(8, 2)
            model.fit(x, {"sex": labels, "hair": np.arange(8) % 5}, verbose=0)

    loaded = reload(model, tmp_path)
    assert same_bits(loaded(x), model(x))


def test_from_model_keeps_loss_and_metrics():
    source = convolutions()
    x, y = draw(8, 6, 6, 1), np.arange(8) % 4
    wanted = source.evaluate(x, y, verbose=0, return_dict=True)

    model = MultiTaskModel.from_model(source, 2, "sex", {"hair": 5})
    model.run_eagerly = EAGER
    found = model.evaluate({"sex": (x, y)}, verbose=0)

    assert found["sex_loss"] == pytest.approx(wanted["loss"], rel=1e-5)
    assert found["sex_top"] == pytest.approx(wanted["top"], rel=1e-5)
    assert not model.trunk.get_layer("norm").trainable
    assert model.trunk.get_layer("conv").trainable


@pytest.mark.slow
def test_a_tail_keeps_its_loss_and_metrics_when_compiled_again(tmp_path):
    model = MultiTaskModel.from_model(convolutions(), "relu", "sex", {"hair": 3})

    for again in (model, reload(model, tmp_path)):
        again.compile(keras.optimizers.SGD(0.01), run_eagerly=EAGER)
        data = {task: (draw(8, 6, 6, 1), np.arange(8) % 3) for task in again.tasks}
        history = again.fit(data, **FAST).history
        assert {"sex_loss", "sex_top", "hair_accuracy"} < set(history)
        again.compile(loss={"sex": keras.losses.SparseCategoricalCrossentropy(from_logits=True)})
        assert again.fit(data, **FAST).history.keys() == history.keys()


@pytest.mark.slow
def test_a_tail_keeps_its_loss_beside_a_head_without_one():
    model = MultiTaskModel.from_model(
        convolutions(), "relu", "sex", {"hair": [layers.Flatten(), layers.Dense(3, "softmax")]}
    )
    model.compile(loss={"hair": "sparse_categorical_crossentropy"}, run_eagerly=EAGER)
    assert isinstance(model.loss["sex"], keras.losses.SparseCategoricalCrossentropy)


def test_from_model_of_one_compiled_with_a_list_of_one_loss():
    trained = keras.Sequential([keras.Input((WIDTH,)), layers.Dense(4), layers.Dense(2)])
    trained.compile("sgd", ["mse"])
    model = MultiTaskModel.from_model(trained, 1, "age", {"hair": 3})
    assert model.loss["age"] == "mse"


@pytest.mark.slow
def test_from_model_of_what_transfer_returned():
    source = transfer(convolutions(), cut="relu", head=Head(2))
    x = draw(8, 6, 6, 1)
    model = MultiTaskModel.from_model(source, "trunk", "sex", {"hair": 5}, batchnorm="train")

    assert_close(model.predict(x, task="sex", verbose=0), source(x))
    assert model.trunk.trainable_variables  # It is no longer static.
    start = bits(source.variables)
    model.run_eagerly = EAGER
    model.fit(x, {"sex": np.arange(8) % 2, "hair": np.arange(8) % 5}, verbose=0)
    assert bits(source.variables) == start


@pytest.mark.slow
def test_from_model_of_an_application():
    source = keras.applications.MobileNetV2(weights=None, input_shape=(32, 32, 3), alpha=0.35)
    x = draw(1, 32, 32, 3)
    model = MultiTaskModel.from_model(
        source,
        "out_relu",
        "image",
        {"sex": 2},
        loss="sparse_categorical_crossentropy",
        verify=False,
    )
    outputs = model(x, training=False)
    assert same_bits(outputs["image"], source(x, training=False))
    assert outputs["sex"].shape == (1, 2)


def test_what_from_model_refuses():
    source = nested_twice()
    make = MultiTaskModel.from_model
    with pytest.raises(MissingLoss, match="`nested_twice` is not compiled"):
        make(source, "stem", "sex", {"hair": 5})
    with pytest.raises(ValueError, match="'sex'"):
        make(source, "stem", "sex", {"sex": 5}, loss="mse")
    with pytest.raises(InvalidCut, match="number of layers"):
        make(source, ["stem", "middle"], "sex", {"hair": 5}, loss="mse")
    with pytest.raises(HeadMismatch, match="2 outputs"):
        make(dicts(), "trunk_dense", "sex", {"hair": 5}, loss="mse")
    with pytest.raises(ValueError, match="cannot be named 'trunk'"):
        make(source, "stem", "trunk", {"hair": 5}, loss="mse")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "a/b"}, r"`name` is a text.*Received: 'a/b'"),
        ({"loss": ""}, r"`loss` of `sex` is the name of a loss.*Received: ''"),
        ({"loss": 0}, r"`loss` of `sex` is the name of a loss.*Received: 0"),
        ({"loss": "msee"}, r"`loss` of `sex`.*Did you mean 'mse'"),
        ({"heads": {"sex": 5}}, r"`heads` has a head for 'sex'"),
        ({"heads": {"hair": None}}, r"head of the task 'hair' is None"),
        ({"heads": {"hair": "five"}}, r"`head` is .*Received: 'five'"),
        ({"heads": {"val_hair": 5}}, r"cannot be named 'val_hair'"),
    ],
)
def test_from_model_refuses_arguments_before_it_copies(arguments, message, monkeypatch):
    monkeypatch.setattr("keras_mtl.models.grown_from_trained.Graph", None)
    with pytest.raises((ValueError, HeadMismatch), match=message):
        MultiTaskModel.from_model(nested(), 1, **{"task": "sex", "heads": {"hair": 5}, **arguments})


def test_from_model_without_the_task_of_the_model_points_to_transfer():
    source = nested()
    for arguments in ({"heads": {"hair": 5}}, {"task": "sex"}, {}):
        with pytest.raises(TypeError, match=r"transfer\(model, cut, freeze=False\), heads\)"):
            MultiTaskModel.from_model(source, 1, **arguments)


def test_from_model_cannot_leave_the_head_empty():
    with pytest.raises(InvalidCut, match="nothing is left for the head"):
        MultiTaskModel.from_model(nested_twice(), "logits", "sex", {"hair": 5}, loss="mse")
    with pytest.raises(InvalidCut, match=r"`cut=0` keeps all.* nothing would be left .* 'sex'"):
        MultiTaskModel.from_model(nested_twice(), 0, "sex", {"hair": 5}, loss="mse")
