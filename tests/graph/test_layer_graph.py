import keras
import networkx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from _models import ZOO, zoo
from keras_mtl.errors import UnbuiltModel, UnsupportedModel
from keras_mtl.graph.call import Call
from keras_mtl.graph.dataflow import Dataflow
from keras_mtl.graph.layer_graph import Graph


@st.composite
def graphs(draw):
    """Any graph of calls in a runnable order, with some dead ends and several inputs."""
    calls, tensors = [], []
    for index in range(draw(st.integers(1, 15))):
        used = draw(st.lists(st.sampled_from(tensors), max_size=3)) if tensors else []
        made = range(len(tensors), len(tensors) + draw(st.integers(1, 2)))
        calls.append(Call(f"call_{index}", None, tuple(used), tuple(made)))
        tensors.extend(made)
    outputs = draw(st.lists(st.sampled_from(tensors), min_size=1, max_size=3))
    return Dataflow(calls, outputs).leading_to(outputs)


def flow(graph):
    """The same graph for networkx: calls (by position) and tensors, from "start" to "end"."""
    network = networkx.DiGraph()
    for position, call in enumerate(graph.calls):
        at = ("call", position)
        sources = [("tensor", tensor) for tensor in call.inputs] or ["start"]
        network.add_edges_from((source, at) for source in sources)
        network.add_edges_from((at, ("tensor", tensor)) for tensor in call.outputs)
    network.add_edges_from((("tensor", tensor), "end") for tensor in graph.outputs)
    return network


def dominating(network, kind):
    """The calls, or the tensors, that every path from the start to the end goes through."""
    parents = networkx.immediate_dominators(network, "start")
    chain, node = [], parents["end"]
    while node != "start":
        chain.append(node)
        node = parents[node]
    return [name for found, name in reversed(chain) if found == kind]


@settings(max_examples=300)
@given(graphs())
def test_dominators_are_those_of_networkx(graph):
    found = [position for position, _ in graph.dominators()]
    assert found == dominating(flow(graph), "call")


@settings(max_examples=300)
@given(graphs())
def test_a_cut_is_legal_where_one_tensor_that_is_no_input_is_on_every_path(graph):
    made_by_inputs = {tensor for call in graph.calls if call.is_input for tensor in call.outputs}
    dominant = dominating(flow(graph), "tensor")
    found = [tensor for _, _, tensor in graph.legal_cuts]
    assert found == [tensor for tensor in dominant if tensor not in made_by_inputs]


@given(graphs())
def test_only_what_the_outputs_depend_on_is_kept(graph):
    network = flow(graph)
    assert all(networkx.has_path(network, ("call", i), "end") for i in range(len(graph.calls)))


@zoo()
@pytest.mark.parametrize("nested", [False, True])
def test_calls_come_after_what_they_use(build, nested):
    graph, known = view(build(), nested), set()
    for call in graph.calls:
        assert known.issuperset(call.inputs), call.path
        known.update(call.outputs)
    assert known >= graph.outputs


def paths(model, nested=True):
    return [call.path for call in view(model, nested).calls]


def view(model, nested):
    graph = Graph.of(model)
    return graph.opened if nested else graph


def build(name):
    return ZOO[name].values[0]()


def test_nested_models_are_opened_on_request():
    closed = ["inputs", "stem", "middle", "logits"]
    opened = ["middle/innermost/dense", "middle/innermost/norm", "middle/innermost/relu"]
    opened += ["middle/dropout", "middle/dense"]
    assert paths(build("nested_twice"), nested=False) == closed
    assert paths(build("nested_twice")) == ["inputs", "stem", *opened, "logits"]


def test_the_second_call_of_a_shared_layer_has_a_number():
    assert paths(build("shared_in_chain")) == ["inputs", "shared", "between", "shared:1", "last"]


def test_a_nested_model_called_twice_stays_closed():
    assert {"tower", "tower:1"} < set(paths(build("siamese")))


def test_a_call_elsewhere_does_not_count():
    """A layer of this model may have been called in others before."""
    shared = layers.Dense(4, name="shared")
    for _ in range(2):
        inputs = keras.Input((4,), name="inputs")
        model = keras.Model(inputs, shared(inputs))
    assert paths(model) == ["inputs", "shared"]


def test_unused_inputs_are_left_out():
    assert paths(build("unused_input")) == ["used", "dense", "logits"]


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
        (lambda: "model.keras", UnsupportedModel, r"received 'model\.keras' of type `str`"),
    ],
)
def test_what_has_no_graph_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        Graph.of(make())
