import keras
import pytest
from keras import layers

from keras_mtl.errors import UnbuiltModel, UnsupportedModel
from keras_mtl.graph.functional_models import checked_functional, functional_of, runs_only_graph
from keras_mtl.keras_private.graphs import Functional


class Subclassed(keras.Model):
    def call(self, x):
        return x


class OverriddenFunctional(keras.Model):
    """A Functional by its constructor, but what it computes is the code of `call`."""

    def call(self, x, training=None, mask=None):
        return -super().call(x)


def overridden():
    inputs = keras.Input((4,))
    return OverriddenFunctional(inputs, layers.Dense(2)(inputs), name="overridden")


def of_keras_2(name="tf_keras.src.engine.functional"):
    """An instance of a subclass of a class that `tf_keras` defines; it is not installed here."""
    base = type("Functional", (), {"__module__": name})
    return type("Mine", (base,), {})()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: keras.Sequential([layers.Dense(2)], name="shapeless"),
            UnbuiltModel,
            r"`shapeless` has no graph of layers yet.*`keras\.Input\(shape\)`",
        ),
        (lambda: Subclassed(name="code"), UnsupportedModel, r"`code` is a subclassed model"),
        (overridden, UnsupportedModel, r"`overridden` is a subclassed model"),
        (lambda: layers.Dense(2), UnsupportedModel, r"Expected .* of type `Dense`"),
        (lambda: None, UnsupportedModel, r"Expected a Functional .* received None of type"),
        (of_keras_2, UnsupportedModel, r"model of Keras 2, .*with Keras 3.*get_weights\(\)"),
        (
            lambda: of_keras_2("tensorflow.python.keras.engine.training"),
            UnsupportedModel,
            "model of Keras 2",
        ),
        (lambda: "model.keras", UnsupportedModel, r"received 'model\.keras' of type `str`"),
    ],
)
def test_what_has_no_graph_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        checked_functional(make())


def test_a_call_may_say_that_it_runs_the_graph_only():
    class Marked(Functional):
        @runs_only_graph
        def call(self, inputs, **kwargs):
            return super().call(inputs, **kwargs)

    inputs = keras.Input((4,))
    model = Marked(inputs, layers.Dense(2)(inputs))
    assert functional_of(model) is model
    assert functional_of(overridden()) is None


def test_a_sequential_model_holds_its_graph():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    assert [layer.name for layer in functional_of(model).layers[1:]] == [model.layers[0].name]
    assert functional_of(layers.Dense(2)) is None
