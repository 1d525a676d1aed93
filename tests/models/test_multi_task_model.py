"""A multi-task model is an ordinary Keras model of a trunk that its tasks share."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

import keras_mtl
from _helpers import draw, reload
from _models import dicts, inputs_of, lists_of_one, nested_twice, randomised
from _two_tasks import EAGER, WIDTH, bits, trunk, two_data_sets, two_tasks
from _watching import as_numpy, assert_close, same_bits, unchanged
from keras_mtl import Head, MultiTaskModel, transfer
from keras_mtl.errors import HeadMismatch, InvalidCut, MissingLoss, TaskNotFound, UnsupportedModel

FAST = {"batch_size": 8, "verbose": 0}
HEADS = {"age": Head(1, "regression"), "hair": 3}
exports = pytest.mark.backend("tensorflow", "jax", reason="only these write a SavedModel")


def convolutions():
    """A trained model with BatchNormalization, Dropout, and a loss and metrics of its own."""
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1), name="image"),
            layers.Conv2D(3, 3, name="conv"),
            layers.BatchNormalization(name="norm"),
            layers.ReLU(name="relu"),
            layers.Dropout(0.5, name="drop"),
            layers.Flatten(name="flat"),
            layers.Dense(4, name="logits"),
        ],
        name="trained",
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    metric = keras.metrics.SparseTopKCategoricalAccuracy(k=2, name="top")
    model.compile(keras.optimizers.SGD(0.1), loss, metrics=[metric], run_eagerly=EAGER)
    return randomised(model)


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


def batch_for(model, rows=8):
    return keras.tree.map_structure(
        lambda tensor: draw(rows, *tensor.shape[1:], seed=1), inputs_of(model)
    )


@pytest.mark.parametrize("name", TRUNKS)
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
    features = {"low": keras.Input((3,)), "high": keras.Input((2,))}
    head = keras.Model(features, layers.Dense(1)(layers.Concatenate()(list(features.values()))))
    model = MultiTaskModel(keras.Model(inputs, outputs, name="base"), {"age": head})

    model = model.add_task("eyes", head)

    assert model.predict(draw(2, WIDTH), task="eyes", verbose=0).shape == (2, 1)


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
    ["", "a/b", "hair colour", 3, "trunk", "loss", "joint", "base", "x", "val_hair"],
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


def test_a_head_without_a_loss_is_told_one_at_compile():
    model = MultiTaskModel(trunk(), {"age": layers.Dense(1), "hair": 3})
    assert not model.compiled
    with pytest.raises(ValueError, match="call `compile`"):
        model.fit(two_data_sets())
    with pytest.raises(MissingLoss, match="'age'"):
        model.compile("adam")
    with pytest.raises(TaskNotFound, match="Did you mean 'age'"):
        model.compile("adam", loss={"ages": "mse"})
    for one_each in (
        {"loss": ["mse", "mse"]},
        {"loss_weights": [1, 2]},
        {"metrics": [["mae"], []]},
    ):
        with pytest.raises(ValueError, match="is a dict by task"):
            model.compile("adam", **{"loss": {"age": "mse"}, **one_each})
    model.compile("adam", loss={"age": "mse"}, run_eagerly=EAGER)
    assert "hair_accuracy" in model.fit(two_data_sets(), steps_per_epoch=2, **FAST).history


def test_frozen_batchnorm_does_not_train():
    base = trunk(layers.BatchNormalization(name="norm"))
    model = MultiTaskModel(base, HEADS, batchnorm="frozen")
    model.compile("sgd", run_eagerly=EAGER)
    norm = base.get_layer("norm")
    start = bits(norm.variables)

    model.fit(two_data_sets(), steps_per_epoch=2, **FAST)

    assert bits(norm.variables) == start
    assert base.get_layer("dense").trainable


# The model of one task, and models with other tasks


def test_the_model_of_a_task_is_an_ordinary_one_that_shares_the_weights(tmp_path):
    model = two_tasks()
    x, y = two_data_sets()["hair"]
    own = model.task("hair")
    own.run_eagerly = EAGER
    age = bits(model.heads["age"].variables)
    start = bits(model.trunk.variables)

    history = own.fit(x, y, verbose=0).history

    assert list(history) == ["accuracy", "loss"]
    assert bits(model.trunk.variables) != start and bits(model.heads["age"].variables) == age
    assert_close(own.predict(x, verbose=0), model.predict(x, task="hair", verbose=0))
    assert set(own.evaluate(x, y, verbose=0, return_dict=True)) == {"loss", "accuracy"}
    loaded = reload(own, tmp_path)
    assert same_bits(loaded(x), own(x))
    with pytest.raises(TaskNotFound, match="Did you mean 'hair'"):
        model.task("hairs")


def test_the_model_of_a_task_on_a_trunk_of_transfer():
    model = MultiTaskModel(transfer(convolutions(), cut="relu"), {"sex": 2})
    own = model.task("sex")
    assert isinstance(own, keras_mtl.TransferModel)
    assert own.trunk is model.trunk and own.head is model.heads["sex"]
    keras_mtl.unfreeze(own, start="conv")
    assert model.trunk.get_layer("conv").trainable


def test_tasks_are_added_and_removed_without_a_copy():
    class Own(keras.optimizers.SGD):
        """Not registered."""

    optimizer = keras.optimizers.LossScaleOptimizer(Own(weight_decay=0.1), initial_scale=8.0)
    optimizer.inner_optimizer.exclude_from_weight_decay(var_names=["bias"])
    model = two_tasks(
        optimizer=optimizer,
        metrics={"age": ["mse"]},
        loss_weights={"age": 2.0},
        steps_per_execution=3,
    )
    more = model.add_task("eyes", 2)
    other = model.add_task("size", layers.Dense(1), loss="mse", metrics=["mae"])
    less = more.remove_task("age")

    assert model.tasks == ("age", "hair") and more.tasks == ("age", "hair", "eyes")
    assert less.tasks == ("hair", "eyes")
    for one in (more, other, less):
        assert one.trunk is model.trunk and one.heads["hair"] is model.heads["hair"]
        assert one.compiled and one.steps_per_execution == 3
        assert one.optimizer.initial_scale == 8.0
        own = one.optimizer.inner_optimizer.fresh("trunk")
        assert isinstance(own, Own)
        assert [own._use_weight_decay(v) for v in one.trunk.trainable_variables] == [True, False]
    less.run_eagerly = EAGER
    x, y = two_data_sets()["hair"]
    history = less.fit({"hair": (x, y), "eyes": (x, y % 2)}, steps_per_epoch=4, **FAST).history
    assert set(history) == {"loss", "hair_loss", "hair_accuracy", "eyes_loss", "eyes_accuracy"}
    assert_close(less.predict(x, task="hair", verbose=0), model(x)["hair"])
    with pytest.raises(ValueError, match="only task"):
        less.remove_task("hair").remove_task("eyes")
    with pytest.raises(ValueError, match="cannot be named 'age'"):
        model.add_task("age", 2)
    with pytest.raises(TaskNotFound):
        model.remove_task("ages")


# A trained model's own last layers as a head


@pytest.mark.parametrize(
    ("build", "cut"),
    [
        (convolutions, "relu"),
        (convolutions, 2),
        (nested, "backbone/relu"),
        (nested, "backbone"),
        (nested, "backbone/second"),
        (nested_twice, "stem"),
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


def test_a_tail_keeps_its_loss_and_metrics_when_compiled_again(tmp_path):
    model = MultiTaskModel.from_model(convolutions(), "relu", "sex", {"hair": 3})

    for again in (model, reload(model, tmp_path)):
        again.compile(keras.optimizers.SGD(0.01), run_eagerly=EAGER)
        data = {task: (draw(8, 6, 6, 1), np.arange(8) % 3) for task in again.tasks}
        history = again.fit(data, **FAST).history
        assert {"sex_loss", "sex_top", "hair_accuracy"} < set(history)
        again.compile(loss={"sex": keras.losses.SparseCategoricalCrossentropy(from_logits=True)})
        assert again.fit(data, **FAST).history.keys() == history.keys()


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


def test_from_model_cannot_leave_the_head_empty():
    with pytest.raises(InvalidCut, match="nothing is left for the head"):
        MultiTaskModel.from_model(nested_twice(), "logits", "sex", {"hair": 5}, loss="mse")


# What Keras and the rest of keras_mtl do with it


SCRIPT = """
import sys
import keras, keras_mtl, numpy as np
model = keras.models.load_model(sys.argv[1])
data = np.load(sys.argv[2])
assert type(model).__name__ == "MultiTaskModel" and model.tasks == ("age", "hair")
for task in model.tasks:
    found = model.predict(data["x"], task=task, verbose=0)
    np.testing.assert_allclose(found, data[task], 1e-5, 1e-6, err_msg=task)
variables = [keras.ops.convert_to_numpy(v) for v in model.optimizer.variables]
assert len(variables) == int(data["count"])
assert all(np.array_equal(v, data[f"o{i}"]) for i, v in enumerate(variables))
model.fit({"age": (data["x"], data["age"]), "hair": (data["x"], np.arange(8) % 3)}, verbose=0)
"""


@pytest.mark.slow
def test_another_process_loads_it_after_import(tmp_path):
    model = two_tasks(optimizer={"trunk": "sgd", "age": "adam", "hair": "adamw"})
    model.fit(two_data_sets(), steps_per_epoch=3, **FAST)
    x = draw(8, WIDTH)
    model.save(tmp_path / "model.keras")
    slots = {f"o{i}": as_numpy(v) for i, v in enumerate(model.optimizer.variables)}
    outputs = {task: model.predict(x, task=task, verbose=0) for task in model.tasks}
    np.savez(tmp_path / "data.npz", x=x, count=len(slots), **slots, **outputs)
    subprocess.run(
        [sys.executable, "-c", SCRIPT, tmp_path / "model.keras", tmp_path / "data.npz"],
        env=os.environ | {"PYTHONPATH": str(Path(keras_mtl.__file__).parents[1])},
        check=True,
    )


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


def test_from_scratch_is_a_multi_task_model_that_trains():
    model = two_tasks(optimizer={"trunk": "sgd", "age": "adam", "hair": "sgd"})
    control = keras_mtl.from_scratch(model, seed=1)
    assert isinstance(control, MultiTaskModel) and control.tasks == model.tasks
    assert not {id(v) for v in control.variables} & {id(v) for v in model.variables}
    control.run_eagerly = EAGER
    start = [np.array(value) for value in control.get_weights()]
    control.fit(two_data_sets(), steps_per_epoch=4, **FAST)
    for before, after in zip(start, control.get_weights(), strict=True):
        assert not np.array_equal(before, after)


def test_to_plain_gives_a_model_of_keras_with_the_same_outputs(tmp_path):
    model = MultiTaskModel(transfer(convolutions(), cut="relu"), HEADS)
    plain = keras_mtl.to_plain(model)
    x = draw(3, 6, 6, 1)
    assert type(plain).__module__.startswith("keras.")
    assert same_bits(reload(plain, tmp_path)(x), model(x))


@pytest.mark.parametrize("verb", [keras_mtl.freeze, keras_mtl.unfreeze])
def test_layers_are_frozen_in_the_trunk(verb):
    model = MultiTaskModel(transfer(convolutions(), cut="relu"), HEADS)
    with pytest.raises(UnsupportedModel, match="the `trunk` and `compile` it again"):
        verb(model)
    verb(model.trunk)
    model.compile("sgd", run_eagerly=EAGER)
    start = bits(model.trunk.trainable_variables)
    data = {"age": (draw(8, 6, 6, 1), draw(8, 1)), "hair": (draw(8, 6, 6, 1), np.arange(8) % 3)}
    whole = bits(model.trunk.variables)
    model.fit(data, **FAST)
    if verb is keras_mtl.freeze:
        assert not start and bits(model.trunk.variables) == whole
    else:
        assert bits(model.trunk.trainable_variables) != start


@exports
def test_an_export_has_a_signature_for_each_task(tmp_path):
    import tensorflow as tf

    model = two_tasks()
    x = draw(3, WIDTH)
    path = keras_mtl.export(model, tmp_path / "exported")
    loaded = tf.saved_model.load(path)
    assert set(loaded.signatures) == {"serving_default", "age", "hair"}
    whole = loaded.signatures["serving_default"](x=tf.constant(x))
    for task, expected in model.predict(x, verbose=0).items():
        for outputs in (whole, loaded.signatures[task](x=tf.constant(x))):
            np.testing.assert_allclose(outputs[task].numpy(), expected, rtol=1e-5, atol=1e-6)
    assert set(loaded.signatures["age"](x=tf.constant(x))) == {"age"}


@pytest.mark.parametrize("given", ["one for all", "one for each"])
def test_a_model_with_other_tasks_has_an_optimizer_of_the_same_settings(given):
    optimizer = keras.optimizers.SGD(0.5, momentum=0.25)
    if given == "one for each":
        optimizer = {"trunk": optimizer, "sex": "adam", "hair": "rmsprop"}
    trunk = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    model = keras_mtl.MultiTaskModel(trunk, {"sex": 2, "hair": 5})
    model.compile(optimizer)

    more, fewer = model.add_task("age", keras_mtl.Head(1, "regression")), model.remove_task("hair")

    for other, names in ((more, ("sex", "hair", "age")), (fewer, ("sex",))):
        for name in ("trunk", *names):
            same = name if name != "age" else "trunk"
            expected = model.optimizer.fresh(same).get_config()
            own = other.optimizer.fresh(name).get_config()
            assert {**own, "name": ""} == {**expected, "name": ""}
    assert more.optimizer.fresh("age").momentum == 0.25
