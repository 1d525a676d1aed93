"""`.h5` files of our models load with weights, flags, losses, metrics and the optimizer."""

import keras
import numpy as np
import pytest
from keras import layers

from _helpers import draw, paths, reload
from _watching import as_numpy, same_bits
from keras_mtl import Head, MultiTaskModel, TransferModel, Trunk, transfer
from keras_mtl.common.registered import registered

X, Y = draw(12, 4), np.arange(12) % 3


def trained():
    stack = [layers.Dense(6, "relu", name="a"), layers.BatchNormalization(name="norm")]
    stack += [layers.Dropout(0.5, name="dropout"), layers.Dense(3, "softmax", name="last")]
    return keras.Sequential([keras.Input((4,)), *stack])


def transferred(freeze):
    model = transfer(trained(), 1, freeze, head=Head(3))
    model.run_eagerly = keras.backend.backend() != "jax"
    return model


def several():
    heads = {"sex": Head(3), "age": Head(1, "regression")}
    model = MultiTaskModel(transfer(trained(), 1, "a"), heads)
    model.run_eagerly = True
    return model


def data_of(model):
    return {"sex": (X, Y), "age": (X, X[:, :1])} if isinstance(model, MultiTaskModel) else (X, Y)


def fit(model, **options):
    data = data_of(model)
    given = (data,) if isinstance(data, dict) else data
    return model.fit(*given, verbose=0, **options)


def scores(model):
    data = data_of(model)
    given = (data,) if isinstance(data, dict) else data
    return model.evaluate(*given, verbose=0, return_dict=True)


@pytest.mark.parametrize(
    "build",
    [
        pytest.param(lambda: transferred(True), id="static"),
        pytest.param(lambda: transferred(False), id="fine-tuned", marks=pytest.mark.slow),
        pytest.param(several, id="several tasks", marks=pytest.mark.slow),
    ],
)
def test_a_checkpoint_is_what_was_saved(build, tmp_path):
    model = build()
    fit(model, callbacks=[keras.callbacks.ModelCheckpoint(tmp_path / "best.h5")])
    loaded = keras.models.load_model(tmp_path / "best.h5")

    assert type(loaded) is type(model)
    assert paths(loaded.trainable_variables) == paths(model.trainable_variables)
    for training in (False, True) if not model.trunk.trainable else (False,):
        assert same_bits(loaded.trunk(X, training=training), model.trunk(X, training=False))
    assert scores(loaded) == pytest.approx(scores(model), rel=1e-5)
    assert same_bits(loaded.optimizer.variables, model.optimizer.variables)

    before = int(as_numpy(model.optimizer.iterations))
    fit(loaded)
    assert int(as_numpy(loaded.optimizer.iterations)) == 2 * before


@pytest.mark.slow
def test_keras_files_keep_the_optimizer_too(tmp_path):
    model = transferred(False)
    fit(model)
    loaded = reload(model, tmp_path)
    assert same_bits(loaded.optimizer.variables, model.optimizer.variables)
    fit(loaded)


class OwnCompile(TransferModel):
    def compile(self, optimizer, *, rate=0.1, **kwargs):
        super().compile(optimizer, **kwargs)


def test_a_compile_of_the_user_is_not_run_as_keras_has_it(tmp_path):
    model = transferred(False)
    own = OwnCompile(model.input, model.output)
    own.compile("sgd", rate=0.5, loss="mse")
    with pytest.warns(UserWarning, match="`compile\\(\\)` was not called as part of model loading"):
        loaded = reload(own, tmp_path, {"OwnCompile": OwnCompile})
    assert getattr(loaded, "optimizer", None) is None


def test_a_trunk_alone(tmp_path):
    trunk = transfer(trained(), 1, "a", batchnorm="train")
    trunk.save(tmp_path / "trunk.h5")
    loaded = keras.models.load_model(tmp_path / "trunk.h5")
    assert type(loaded) is Trunk
    assert paths(loaded.trainable_variables) == ["norm/gamma", "norm/beta"]
    assert same_bits(loaded(X, training=False), trunk(X, training=False))


def masked():
    steps = [layers.Embedding(9, 4, mask_zero=True), layers.LSTM(4, return_sequences=True)]
    return keras.Sequential([keras.Input((4,)), *steps, layers.LSTM(4), layers.Dense(3)])


def with_operations():
    inputs = keras.Input((4,))
    x = keras.ops.relu(inputs * 2.0)[:, :2]
    return keras.Model(inputs, layers.Dense(3)(layers.Dense(4)(x)))


def with_operations_inside():
    return keras.Sequential([keras.Input((4,)), with_operations(), layers.Dense(3)])


def with_the_layer():
    inputs = keras.Input((4,))
    return keras.Model(inputs, layers.Dense(3)(layers.Multiply()([inputs, inputs])))


@pytest.mark.parametrize("build", [masked, with_operations, with_operations_inside, with_the_layer])
def test_masks_and_operations_load(build, tmp_path):
    model = transfer(build(), 1, head=Head(3))
    model.save(tmp_path / "model.h5")
    loaded = keras.models.load_model(tmp_path / "model.h5")
    x = np.arange(12).reshape(3, 4) % 5
    assert type(loaded) is TransferModel
    assert same_bits(loaded(x, training=False), model(x, training=False))


class Negative(keras.Layer):
    """Has the name of an operation, and a config without the settings of all layers."""

    def call(self, inputs):
        return inputs - 5

    def get_config(self):
        return {"name": self.name}


@pytest.mark.slow
@pytest.mark.parametrize("in_scope", [True, False])
def test_a_layer_of_the_user_with_the_name_of_an_operation(in_scope, tmp_path):
    source = keras.Sequential([keras.Input((4,)), Negative(), layers.Dense(3)])
    model = transfer(source, 1, head=Head(3))
    model.save(tmp_path / "model.h5")
    known = {"Negative": Negative}
    with keras.saving.custom_object_scope(known if in_scope else {}):
        loaded = keras.models.load_model(tmp_path / "model.h5", None if in_scope else known)
    assert isinstance(loaded.trunk.layers[1], Negative)
    assert same_bits(loaded(X, training=False), model(X, training=False))


def test_a_class_that_the_user_has_registered_stays():
    other = type("Unheard", (keras.layers.Layer,), {})
    known = keras.saving.get_custom_objects()
    known["Unheard"] = other
    try:
        registered(type("Unheard", (TransferModel,), {}))
        assert known["Unheard"] is other
    finally:
        for name in ("Unheard", "keras_mtl>Unheard"):
            del known[name]
