import keras
import numpy as np
import pytest
from keras import layers, ops

from _models import VARIED, ZOO, Affine, random_batch, randomised, zoo
from _watching import assert_close, outputs_of_calls, parts_of, same_bits, state_of, unchanged
from keras_mtl import Trunk, cut_points, from_scratch, transfer
from keras_mtl.errors import CloneError, NotStatic
from keras_mtl.graph.layer_graph import Graph


def build(name):
    return randomised(ZOO[name].values[0]())


def stack(*parts, shape=(8,)):
    return keras.Sequential([keras.Input(shape), *parts])


def variables_of(model):
    return {id(variable) for part in parts_of(model) for variable in part.variables}


# What a copy computes


@zoo(without=["one_of_two_outputs"], fast=VARIED)
def test_every_trunk_computes_what_the_source_computes(build):
    """At every legal cut, nested ones as well, to the last bit; the source stays as it was."""
    model = randomised(build())
    with unchanged(model):
        trunks = {
            point.layer: transfer(model, point.layer) for point in cut_points(model, nested=True)
        }
    batch = random_batch(model)
    expected = outputs_of_calls(model, batch)
    for path, trunk in trunks.items():
        assert same_bits(trunk(batch, training=False), expected[path]), path


@zoo(fast=VARIED)
def test_a_whole_copy_computes_what_the_source_computes(build):
    model = randomised(build())
    trunk = transfer(model, 0)
    batch = random_batch(model)
    assert same_bits(trunk(batch, training=False), model(batch, training=False))


def test_a_layer_with_several_outputs_gives_the_one_that_is_used():
    model = build("one_of_two_outputs")
    batch = random_batch(model)
    _, used = outputs_of_calls(model, batch)["branches"]
    assert same_bits(transfer(model, "branches")(batch), used)


def test_compiled_passes_agree_as_well():
    model = build("convolutional")
    part = keras.Model(model.inputs, model.get_layer("pool").output)
    batch = random_batch(model)
    trunk = transfer(model, "pool")
    assert_close(trunk.predict(batch, verbose=0), part.predict(batch, verbose=0))


# Whose a copy is


@zoo(fast=VARIED)
def test_a_copy_shares_nothing_with_the_source(build):
    model = build()
    trunk = transfer(model, 0, verify=False)
    assert variables_of(model).isdisjoint(variables_of(trunk))
    assert set(map(id, parts_of(model))).isdisjoint(map(id, parts_of(trunk)))


def test_training_a_copy_leaves_the_source_alone():
    model = build("residual")
    joined = transfer(model, 1, freeze=False, head=2)
    with unchanged(model):
        joined.fit(random_batch(model), np.array([0, 1]), epochs=2, verbose=0)
    assert not same_bits(joined.trunk.get_weights(), model.get_weights()[:-2])


@zoo(fast=VARIED)
def test_a_copy_keeps_the_names(build):
    model = build()
    calls = [call.path for call in Graph.of(model).opened.calls]
    trunk = transfer(model, 0, verify=False)
    assert [call.path for call in Graph.of(trunk).opened.calls] == calls


def test_a_shared_layer_is_copied_once():
    trunk = transfer(build("siamese"), 0)
    towers = [operation for operation in trunk.operations if operation.name == "tower"]
    assert len(towers) == 1
    assert len(towers[0]._inbound_nodes) == 2


def test_models_inside_are_trunks_as_well():
    trunk = transfer(build("nested_twice"), "middle/dropout")
    middle = trunk.get_layer("middle")
    assert [type(model) for model in (trunk, middle, middle.get_layer("innermost"))] == [Trunk] * 3


def test_a_copy_of_a_copy_is_the_same():
    model = build("nested_twice")
    batch = random_batch(model)
    first = transfer(model, "middle/dropout")
    second = transfer(first, 0)
    assert same_bits(second(batch), first(batch))
    assert not second.trainable_variables


# State that is more than weights


@pytest.mark.parametrize(
    "name", ["augmentation", pytest.param("masked_lstm", marks=pytest.mark.slow)]
)
def test_random_layers_go_on_from_the_same_seeds(name):
    model = build(name)
    batch = random_batch(model)
    model(batch, training=True)  # Now the seeds are no longer those at the beginning.
    copy = transfer(model, 0, freeze=False)
    assert same_bits(in_training(copy, batch), in_training(model, batch))


def in_training(model, batch):
    keras.utils.set_random_seed(0)  # On torch Dropout draws from the seed of the whole process.
    return model(batch, training=True)


def test_flags_of_the_source_do_not_decide():
    model = build("nested_twice")
    model.get_layer("stem").trainable = False
    model.get_layer("middle").trainable = False
    trunk = transfer(model, 0, freeze=False, batchnorm="train")
    assert len(trunk.trainable_variables) == len(build("nested_twice").trainable_variables)


class WithState(keras.Layer):
    """State in a form of its own, saved and loaded by methods of its own."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.table = {}

    def call(self, x):
        return x * self.table.get("factor", 1.0)

    def save_own_variables(self, store):
        store["factor"] = np.array(self.table["factor"])

    def load_own_variables(self, store):
        self.table["factor"] = float(store["factor"])


def test_state_that_a_layer_saves_itself_is_copied():
    model = stack(WithState(name="state"))
    model.get_layer("state").table["factor"] = 3.0
    assert transfer(model, 0).get_layer("state").table == {"factor": 3.0}


class Nameless(keras.Layer):
    """Its constructor takes no name, so its config holds none."""

    def __init__(self, units):
        super().__init__()
        self.units = units
        self.dense = layers.Dense(units)

    def call(self, x):
        return self.dense(x)

    def get_config(self):
        return {"units": self.units}


def test_a_layer_whose_constructor_takes_no_name_keeps_it():
    model = stack(Nameless(3), Nameless(2))
    names = [layer.name for layer in model.layers]
    trunk = transfer(model, 0, freeze=names[0])
    assert [layer.name for layer in trunk.layers[1:]] == names
    assert [layer.trainable for layer in trunk.layers[1:]] == [False, True]


@pytest.mark.filterwarnings("error:The object being serialized includes a `lambda`")
@pytest.mark.parametrize("copied", [lambda model: transfer(model, 0), from_scratch])
def test_an_activation_may_be_a_python_lambda(copied):
    """It is kept as it is; to rebuild it from its code would lose what it refers to."""
    wave = 3.0
    model = stack(layers.Dense(2, activation=lambda x: ops.sin(wave * x)))
    copy = copied(model)
    copy.set_weights(model.get_weights())
    batch = random_batch(model)
    assert same_bits(copy(batch), model(batch))


# What cannot be copied


class Forgetful(keras.Layer):
    """Its config lacks an argument of the constructor."""

    def __init__(self, gain, **kwargs):
        super().__init__(**kwargs)
        self.gain = gain

    def call(self, x):
        return x * self.gain

    def get_config(self):
        return super().get_config()


class OtherLayer(keras.Layer):
    """Rebuilt from its config it has one weight less."""

    def __init__(self, weights=2, **kwargs):
        super().__init__(**kwargs)
        self.shifts = [self.add_weight(shape=(), name=f"shift_{i}") for i in range(weights)]

    def call(self, x):
        return x + self.shifts[0]

    def get_config(self):
        return {**super().get_config(), "weights": 1}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: stack(Forgetful(2.0, name="forgetful")),
            r"`forgetful` \(Forgetful\) cannot be copied. Give its class a `get_config`.*'gain'",
        ),
        (
            lambda: stack(OtherLayer(name="other")),
            r"The state of `other` \(OtherLayer\) cannot be copied.*differs from the original",
        ),
    ],
    ids=["no argument", "other weights"],
)
def test_what_cannot_be_copied_is_named(make, message):
    model = make()
    with unchanged(model), pytest.raises(CloneError, match=f"(?s){message}"):
        transfer(model, 0)


def test_a_variable_without_a_layer_cannot_be_copied():
    inputs = keras.Input((8,))
    model = keras.Model(inputs, ops.add(inputs, keras.Variable(np.ones(8, "float32"))))
    with pytest.raises(CloneError, match="`add` takes a variable as its argument"):
        transfer(model, 0)


def test_a_stateful_rnn_can_only_be_trained():
    inputs = keras.Input(batch_shape=(2, 5, 3))
    hidden = layers.LSTM(4, stateful=True, name="memory")(inputs)
    model = keras.Model(inputs, layers.Dense(2, name="dense")(hidden))
    with unchanged(model), pytest.raises(NotStatic, match=r"`memory` is a stateful RNN"):
        transfer(model, 1)
    copy = transfer(model, 1, freeze=False)
    batch = random_batch(model)
    expected = outputs_of_calls(model, batch)["memory"]
    assert same_bits(copy(batch), expected)
    assert not same_bits(copy(batch), expected)  # It remembers.


def test_the_same_custom_layer_twice_with_other_arguments():
    model = stack(Affine(gain=2.0, name="first"), Affine(gain=5.0, name="second"))
    trunk = transfer(model, 0)
    assert [layer.gain for layer in trunk.layers[1:]] == [2.0, 5.0]


def test_state_of_is_sensitive():
    """The helper of these tests notices what it is there to notice."""
    model = build("convolutional")
    before = state_of(model)
    model(random_batch(model), training=True)
    assert state_of(model) != before
