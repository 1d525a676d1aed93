import keras
import numpy as np
import pytest
from keras import layers, ops

from _models import randomised, zoo
from _watching import unchanged
from keras_mtl import transfer
from keras_mtl.errors import CloneError, NotStatic
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.surgery.clone import clone_graph
from keras_mtl.surgery.static_flags import set_static
from keras_mtl.surgery.trunk import Trunk
from keras_mtl.surgery.verify import verify_copy


class Secretive(keras.Layer):
    """What was done to it after its construction no config tells."""

    secret = 1.0

    def call(self, x):
        return x * self.secret


class Counter(keras.Layer):
    """It changes its state in inference too."""

    def build(self, input_shape):
        self.count = self.add_weight(shape=(), trainable=False, name="count")

    def call(self, x):
        self.count.assign(self.count + 1.0)
        return x


class SeededNoise(keras.Layer):
    """It draws from its own seed whatever `training` is."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(1)

    def call(self, x):
        return x + keras.random.normal(ops.shape(x), seed=self.seed_generator)


class GlobalNoise(keras.Layer):
    """It draws from the seed of all layers that have none."""

    def call(self, x):
        return x + keras.random.normal(ops.shape(x))


class NumpyNoise(keras.Layer):
    """It draws from what Keras knows nothing of."""

    def call(self, x):
        return x + np.random.default_rng().normal()


def copied(source, freeze):
    """The graph of a model, and a copy of it that is static or not."""
    graph = Graph.of(source)
    copy = clone_graph(graph, class_of=lambda _: Trunk)
    calls = graph.opened.calls if freeze else []
    set_static(copy.model, {call.path: copy.of(call.operation) for call in calls}, "frozen")
    return graph, copy


def around(*odd):
    """A chain "before", odd layers, "after"."""
    before, after = layers.Dense(4, name="before"), layers.Dense(2, name="after")
    return keras.Sequential([keras.Input((4,)), before, *odd, after], name="around")


def secretive(name="odd"):
    layer = Secretive(name=name)
    layer.secret = 3.0
    return layer


# What a copy computes


@pytest.mark.parametrize("freeze", [True, False, "before"])
def test_state_outside_the_config_is_found_and_named(freeze):
    model = around(layers.ReLU(), secretive("first"), secretive("second"))
    message = r"copy of `first` \(Secretive\) does not compute.*`get_config`.*`verify=False`"
    with unchanged(model), pytest.raises(CloneError, match=message):
        transfer(model, 0, freeze)
    assert transfer(model, 0, freeze, verify=False).built


def test_a_layer_inside_a_nested_model_is_named_by_its_path():
    inputs = keras.Input((4,))
    model = keras.Model(inputs, around(secretive())(layers.Dense(4)(inputs)))
    with pytest.raises(CloneError, match="copy of `around/odd`"):
        transfer(model, 0)


def test_what_the_cut_removes_is_not_compared():
    model = around(secretive())
    assert transfer(model, "before").built


@zoo("convolutional", "residual", "nested_twice", "dicts", "siamese", "attention")
def test_a_changed_weight_names_its_layer(build):
    """Whichever layer of a copy is changed, it is the one that is named."""
    source = randomised(build())
    graph, copy = copied(source, freeze=False)
    verify_copy(graph, copy)
    for layer in copy.model.layers:
        for weight in layer.weights[:1]:
            value = keras.ops.convert_to_numpy(weight)
            weight.assign(2 * value)
            with pytest.raises(CloneError, match=rf"copy of `{layer.name}[`/:]"):
                verify_copy(graph, copy)
            weight.assign(value)


@zoo(
    *("convolutional", "augmentation", "masked_lstm", "strings", "mixed_precision"),
    fast=("augmentation", "strings"),
)
@pytest.mark.parametrize("freeze", [True, False])
def test_neither_model_is_changed(build, freeze):
    source = build()
    graph, copy = copied(source, freeze)
    with unchanged(source), unchanged(copy.model):
        verify_copy(graph, copy)


@pytest.mark.parametrize("operation", [ops.argmax, ops.log, ops.isnan, lambda x: x / 0.0])
def test_numbers_of_all_kinds_compare(operation):
    inputs = keras.Input((4,))
    assert transfer(keras.Model(inputs, operation(layers.Dense(4)(inputs))), 0).built


# The batch that is drawn


def image_model(*stack):
    return keras.Sequential([keras.Input((None, None, 1)), *stack], name="image_model")


@pytest.mark.parametrize("size", [8, 100, 200])
def test_open_dimensions_get_a_size_that_runs(size):
    """A valid convolution refuses what is smaller than its kernel."""
    model = image_model(layers.DepthwiseConv2D((size, 1)), Secretive(name="odd"))
    transfer(model, 0)
    model.get_layer("odd").secret = 3.0
    with pytest.raises(CloneError, match="copy of `odd`"):
        transfer(model, 0)


class Positions(keras.Layer):
    """Knows 20 positions; a longer sequence is an error."""

    def build(self, input_shape):
        self.table = self.add_weight(shape=(20, 1), initializer="random_normal")

    def call(self, x):
        return x + self.table[: ops.shape(x)[1]]

    def compute_output_shape(self, input_shape):
        return input_shape


def test_a_limited_length_is_found():
    model = keras.Sequential([keras.Input((None, 1)), Positions(), Secretive(name="odd")])
    transfer(model, 0)
    model.get_layer("odd").secret = 3.0
    with pytest.raises(CloneError, match="copy of `odd`"):
        transfer(model, 0)


@pytest.mark.backend("tensorflow", reason="other backends have no string tensors")
@pytest.mark.parametrize(
    ("dtype", "lookup"),
    [
        ("string", lambda: layers.StringLookup(vocabulary=["red", "blue"], num_oov_indices=0)),
        ("int64", lambda: layers.IntegerLookup(vocabulary=[4, 7], num_oov_indices=0)),
    ],
)
def test_what_is_looked_up_is_in_the_vocabulary(dtype, lookup):
    inputs = keras.Input((1,), dtype=dtype)
    model = keras.Model(inputs, layers.Embedding(2, 3)(lookup()(inputs)))
    assert transfer(model, 0).built


def test_a_model_that_no_batch_fits_is_refused_unless_told_otherwise():
    model = image_model(layers.Reshape((25,)), layers.Dense(2))
    message = r"`image_model` does not run on a batch drawn.*`verify=False` skips.*The reason: "
    with unchanged(model), pytest.raises(CloneError, match=message):
        transfer(model, 0)
    assert transfer(model, 0, verify=False).built


# What is static


@pytest.mark.parametrize("freeze", [True, "odd"])
@pytest.mark.parametrize(
    ("layer", "variable"), [(Counter, "count"), (SeededNoise, "seed_generator_state")]
)
def test_a_layer_that_changes_a_variable_is_not_static(layer, variable, freeze):
    model = around(layer(name="odd"))
    message = rf"`odd` cannot be static: it changes its variable `\S*{variable}`.*`freeze=False`"
    with unchanged(model), pytest.raises(NotStatic, match=message):
        transfer(model, 0, freeze)


@pytest.mark.parametrize(
    "layer",
    [
        pytest.param(
            GlobalNoise,
            marks=pytest.mark.backend("tensorflow", "torch", reason="JAX refuses such a layer"),
        ),
        NumpyNoise,
    ],
)
def test_a_layer_that_is_always_random_is_not_static(layer):
    model = around(layer())
    message = r"trunk cannot be static: one input gives two outputs.*`freeze=False`"
    with unchanged(model), pytest.raises(NotStatic, match=message):
        transfer(model, 0)


@pytest.mark.parametrize("freeze", [False, "before"])
@pytest.mark.parametrize("layer", [Counter, SeededNoise])
def test_a_layer_that_trains_may_change_and_draw(layer, freeze):
    assert transfer(around(layer(name="odd")), 0, freeze).get_layer("odd").trainable


@zoo("augmentation", "masked_lstm", "spectral_normalization", "custom_layers", "attention")
def test_what_is_random_in_training_only_is_static(build):
    assert transfer(build(), 0, freeze=True).trainable is False
