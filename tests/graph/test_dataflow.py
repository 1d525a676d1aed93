import weakref

import keras
import networkx
from hypothesis import given
from hypothesis import strategies as st

from keras_mtl.graph.call import Call
from keras_mtl.graph.dataflow import Dataflow


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


@given(graphs())
def test_dominators_are_those_of_networkx(graph):
    found = [position for position, _ in graph.dominators()]
    assert found == dominating(flow(graph), "call")


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


def adding(path, inputs, output):
    return Call(path, keras.ops.add, inputs, (output,))


def diamond():
    """Two inputs; 3 = 1 + 2, 4 = 3 + 1, 5 = 3 + 4, and 6 that nothing uses."""
    calls = [Call("a", None, (), (1,)), Call("b", None, (), (2,)), adding("c", (1, 2), 3)]
    calls += [adding("d", (3, 1), 4), adding("e", (3, 4), 5), adding("f", (5, 5), 6)]
    return Dataflow(calls, {"last": 5, "first": [1, 3]})


def test_run_returns_the_structure_of_the_outputs():
    assert run(diamond()) == {"last": 5.0 * 10 + 2 * 10, "first": [10.0, 30.0]}


def run(flow, values=None, **options):
    outputs = flow.run(values or {1: 10.0, 2: 20.0}, **options)
    return keras.tree.map_structure(float, outputs)


def test_run_starts_from_any_tensors():
    flow = diamond().leading_to(5)
    assert run(flow, {1: 10.0, 2: 20.0, 3: 1.0}) == 1.0 + 11.0


def test_run_calls_what_it_is_told_to():
    called = []

    def call(one):
        called.append(one.path)
        return keras.ops.multiply

    assert run(diamond().leading_to(4), call=call) == 10.0 * 20.0 * 10.0
    assert called == ["c", "d"]


class Value:
    """Anything that a layer could give."""


def test_run_frees_values_after_their_last_use():
    chain = [Call(f"{i}", None, (i,) if i else (), (i + 1,)) for i in range(6)]
    made, alive = [], []

    def make(*args):
        made.append(weakref.ref(value := Value()))
        alive.append(sum(one() is not None for one in made))
        return value

    Dataflow(chain, 6).run({1: Value()}, lambda call: make)
    assert alive == [1, 2, 2, 2, 2]
