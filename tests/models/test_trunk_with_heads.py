"""Any trunk carries any heads, and the whole is an ordinary Keras model."""

import keras
import numpy as np
import pytest
from keras import layers

from _helpers import draw, reload
from _models import dicts, lists_of_one
from _task_trunks import FAST, HEADS, batch_for, convolutions
from _two_tasks import EAGER, WIDTH, bits, trunk, two_data_sets, two_tasks
from _watching import same_bits
from _zoo import first_ones
from keras_mtl import Head, MultiTaskModel, transfer
from keras_mtl.errors import HeadMismatch, UnsupportedModel


def two_inputs():
    left, right = keras.Input((3,), name="left"), keras.Input((2,), name="right")
    x = layers.Dense(4, name="dense")(layers.Concatenate()([left, right]))
    return keras.Model([left, right], x, name="both")


TRUNKS = {
    "Trunk": lambda: transfer(convolutions(), cut="relu"),
    "Functional": lambda: keras.Model(x := keras.Input((WIDTH,)), layers.Dense(5)(x)),
    "Sequential": trunk,
    "two inputs": two_inputs,
    "dict inputs": lambda: transfer(dicts(), cut="trunk_dense", verify=False),
    "lists of one": lists_of_one,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", first_ones(TRUNKS, 1))
def test_any_functional_or_sequential_model_can_be_the_trunk(name, tmp_path):
    base = TRUNKS[name]()
    model = MultiTaskModel(base, HEADS)
    model.run_eagerly = EAGER
    x = batch_for(model)
    y = {"age": draw(8, 1), "hair": np.arange(8) % 3}

    assert model.trunk is base and list(model.heads) == ["age", "hair"]
    assert {task: out.shape for task, out in model.predict(x, verbose=0).items()} == {
        "age": (8, 1),
        "hair": (8, 3),
    }
    model.fit(x, y, verbose=0)
    loaded = reload(model, tmp_path)
    assert isinstance(loaded, MultiTaskModel) and loaded.tasks == model.tasks
    assert same_bits(loaded(x), model(x))
    assert bits(loaded.optimizer.variables) == bits(model.optimizer.variables)
    assert loaded.trunk.name == base.name
    added = model.add_task("eyes", 2)
    assert added.predict(x, task="eyes", verbose=0).shape == (8, 2)


def test_a_trunk_with_several_outputs():
    inputs = keras.Input((WIDTH,), name="x")
    outputs = {"low": layers.Dense(3)(inputs), "high": layers.Dense(2)(inputs)}
    features = {name: keras.Input((width,), name=name) for name, width in [("low", 3), ("high", 2)]}
    head = keras.Model(features, layers.Dense(1)(layers.Concatenate()(list(features.values()))))
    model = MultiTaskModel(keras.Model(inputs, outputs, name="base"), {"age": head})

    model = model.add_task("eyes", head)

    assert model.predict(draw(2, WIDTH), task="eyes", verbose=0).shape == (2, 1)


@pytest.mark.slow
def test_heads_of_every_kind_are_copied():
    dense = layers.Dense(2)
    given = {
        "number": 3,
        "head": Head(2, hidden=[4], dropout=0.5),
        "layer": dense,
        "again": dense,
        "layers": [layers.Dense(4), layers.Dense(2)],
        "unbuilt": keras.Sequential([layers.Dense(2)]),
        "model": keras.Sequential([keras.Input((5,)), layers.Dense(2)]),
    }
    model = MultiTaskModel(trunk(), given)

    assert not dense.built
    assert model.tasks == tuple(given)
    x = draw(3, WIDTH)
    outputs = model.predict(x, verbose=0)
    assert {task: out.shape[-1] for task, out in outputs.items()} == {
        "number": 3,
        **dict.fromkeys(list(given)[1:], 2),
    }
    for task, output in outputs.items():
        np.testing.assert_allclose(
            model.predict(x, task=task, verbose=0), output, rtol=1e-6, atol=1e-7
        )
    assert same_bits(given["model"].get_weights(), model.heads["model"].get_weights())


@pytest.mark.parametrize(
    "name",
    ["", "a/b", "hair colour", 3, "trunk", "loss", "joint", "base", "val_hair"],
    ids=repr,
)
def test_names_that_no_task_can_have(name):
    with pytest.raises(ValueError, match="task"):
        MultiTaskModel(trunk(), {name: 2})


@pytest.mark.parametrize("heads", [{}, None, [2, 3]], ids=repr)
def test_heads_are_given_by_task(heads):
    with pytest.raises(ValueError, match=r"such as `.*sex.*`"):
        MultiTaskModel(trunk(), heads)


def test_what_cannot_be_a_head_or_a_trunk():
    base = trunk(layers.BatchNormalization(name="norm"))
    with pytest.raises(HeadMismatch, match="is None"):
        MultiTaskModel(base, {"age": None}, batchnorm="frozen")
    with pytest.raises(HeadMismatch, match="does not fit"):
        images = keras.Sequential([keras.Input((3, 3)), layers.Flatten()])
        MultiTaskModel(base, {"age": images}, batchnorm="frozen")
    with pytest.raises(ValueError, match="`batchnorm`"):
        MultiTaskModel(base, {"age": 2}, batchnorm="no")
    assert base.get_layer("norm").trainable
    with pytest.raises(UnsupportedModel):
        MultiTaskModel(layers.Dense(3), {"age": 2})


def test_frozen_batchnorm_does_not_train():
    base = trunk(layers.BatchNormalization(name="norm"))
    model = MultiTaskModel(base, HEADS, batchnorm="frozen")
    model.compile("sgd", run_eagerly=EAGER)
    norm = base.get_layer("norm")
    start = bits(norm.variables)

    model.fit(two_data_sets(), steps_per_epoch=2, **FAST)

    assert bits(norm.variables) == start
    assert base.get_layer("dense").trainable


@pytest.mark.slow
def test_weights_alone(tmp_path):
    model, other = two_tasks(), two_tasks()
    model.save_weights(tmp_path / "model.weights.h5")
    other.load_weights(tmp_path / "model.weights.h5")
    assert same_bits(model.get_weights(), other.get_weights())


def test_summary_names_trunk_and_tasks():
    lines = []
    two_tasks().summary(print_fn=lines.append)
    assert all(name in "\n".join(lines) for name in ("base", "age", "hair"))


def test_a_clone_computes_the_same():
    model = two_tasks()
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    x = draw(3, WIDTH)
    assert same_bits(clone(x), model(x))
