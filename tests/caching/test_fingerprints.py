import keras
import numpy as np
import pytest

from _fitting import trained
from keras_mtl.caching import fingerprints
from keras_mtl.caching.fingerprints import fingerprint_of_static_part
from keras_mtl.caching.static_split import Split, split_model
from keras_mtl.errors import CacheError
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.transferring import transfer


def of_trunk(base, freeze="last"):
    return of_model(transfer(base, 1, freeze, head=3))


def of_model(model):
    return fingerprint_of_static_part(model, split_model(model))


def test_a_trunk_is_known_by_what_it_computes():
    base = trained()
    same = keras.models.clone_model(base)  # other names, other seeds of its Dropout
    same.set_weights(base.get_weights())
    assert of_trunk(base) == of_trunk(same)


@pytest.mark.parametrize("change", ["weights", "statistics", "activation"])
def test_a_trunk_that_computes_something_else(change):
    base = trained()
    before = of_trunk(base)
    if change == "weights":
        base.get_layer("last").bias.assign_add([0, 0, 0, 1e-3])
    elif change == "statistics":
        base.get_layer("norm").moving_mean.assign_add([0, 0, 0, 0, 1e-3])
    else:
        base.get_layer("first").activation = keras.activations.tanh
    assert of_trunk(base) != before


def test_weights_after_the_split_do_not_count():
    base = trained()
    before = of_trunk(base, freeze="first")
    base.get_layer("last").bias.assign_add([0, 0, 0, 1e-3])
    assert of_trunk(base, freeze="first") == before


@pytest.mark.parametrize("change", ["names", "order"])
def test_two_inputs_of_one_shape_that_change_places(change):
    def made(first, second, swapped=False):
        inputs = [keras.Input((3,), name=first), keras.Input((3,), name=second)]
        difference = keras.layers.Dense(2, kernel_initializer="ones", name="frozen")(
            keras.layers.Subtract()(inputs)
        )
        model = keras.Model(inputs[::-1] if swapped else inputs, difference)
        return transfer(model, 0, True, head=3)

    before = of_model(made("one", "other"))
    assert of_model(made("one", "other")) == before
    changed = made("other", "one") if change == "names" else made("one", "other", swapped=True)
    assert of_model(changed) != before


class Scale(keras.layers.Layer):
    """Without `get_config`: its argument is not known."""

    def __init__(self, by):
        super().__init__()
        self.scale = by()

    def call(self, inputs):
        return inputs * self.scale


def test_a_layer_without_a_config_is_refused():
    inputs = keras.Input((3,))
    dense = keras.layers.Dense(2, trainable=False)
    frozen = keras.Model(inputs, Scale(lambda: 2.0)(dense(inputs)))
    frozen.trainable = False
    model = keras.Sequential([frozen, keras.layers.Dense(2)])
    graph = Graph.of(model)
    split = Split(graph, graph.opened, graph.opened, 0, set())
    with pytest.raises(CacheError, match=r'`Scale` has no `get_config`.*`cache="memory"`'):
        fingerprint_of_static_part(model, split)


class Broken(keras.layers.Layer):
    """As some layers of libraries are: its `get_config` raises."""

    def call(self, inputs):
        return inputs * 2

    def get_config(self):
        return {"scale": self.scale}


def test_a_layer_whose_config_raises_is_refused():
    model = keras.Sequential([keras.Input((3,)), Broken(name="broken"), keras.layers.Dense(2)])
    graph = Graph.of(model)
    split = Split(graph, graph.opened, graph.opened, 0, set())
    with pytest.raises(CacheError, match=r"`broken` cannot be found again: `Broken` has no"):
        fingerprint_of_static_part(model, split)


def normalised():
    norm = keras.layers.Normalization(name="norm", dtype="mixed_float16")
    base = keras.Sequential([keras.Input((3,)), norm, keras.layers.Dense(2)])
    norm.adapt(np.arange(6.0).reshape(2, 3))
    return transfer(base, 0, head=3)


def test_what_a_normalization_computes_with_counts():
    """`set_weights` changes what its variables say, `finalize_state` what it computes."""
    model = normalised()
    norm = model.trunk.get_layer("norm")
    old = of_model(model)
    norm.set_weights([weight + 1 for weight in norm.get_weights()])
    waiting = of_model(model)
    norm.finalize_state()
    assert len({old, waiting, of_model(model)}) == 3
    assert of_model(transfer(model, 0, head=3)) == of_model(transfer(model, 0, head=3))


def test_the_code_of_a_custom_layer_counts(monkeypatch):
    class Twice(keras.layers.Layer):
        def call(self, inputs):
            return inputs * 2

    base = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), Twice(name="twice")])
    model = transfer(base, 0, head=3, verify=False)
    before = of_model(model)
    monkeypatch.setattr(fingerprints, "getsource", lambda kind: "another")
    assert of_model(model) != before


def test_adapted_vocabularies_count():
    def made(word):
        lookup = keras.layers.StringLookup(vocabulary=[word], name="lookup")
        layers = [keras.Input((1,), dtype="string"), lookup, keras.layers.Embedding(3, 2)]
        return keras.Sequential([*layers, keras.layers.Flatten(), keras.layers.Dense(2)])

    if keras.backend.backend() != "tensorflow":
        pytest.skip("other backends have no string tensors")
    red, blue = made("red"), made("blue")
    blue.set_weights(red.get_weights())
    assert of_trunk(red, freeze=True) != of_trunk(blue, freeze=True)
