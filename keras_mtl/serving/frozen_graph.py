"""TensorFlow functions whose variables are constants."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

_COMPILED = "_XlaMustCompile"
"""The attribute of functions, and of calls, of `tf.function(jit_compile=True)`. Calls with it are
not inlined. Keras 3.15 computes convolutions with `groups` so, and other ones that TensorFlow
lacks on processors."""


def frozen(function: Any) -> Any:
    """Return a function with constants for TensorFlow's variables, and without calls of others.

    Args:
        function: A concrete function. Tensors that it has captured become constants too.
    """
    constant = _with_constants(function)
    return _inlined(constant) if has_compiled_parts(constant) else constant


def has_compiled_parts(function: Any) -> bool:
    """Return whether a concrete function calls one that XLA compiles, which no converter knows."""
    return any(_COMPILED in part.attr for part in _parts(function.graph.as_graph_def()))


def operations_of(function: Any) -> list[tuple[str, str]]:
    """Return name and type of all operations of a concrete function and of those that it calls."""
    graph = function.graph.as_graph_def()
    nodes = [graph.node, *(one.node_def for one in _functions(graph))]
    return [(node.name, node.op) for part in nodes for node in part]


def _with_constants(function: Any) -> Any:
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    # Converters know loops as such; lowered, they would be jumps.
    return convert_variables_to_constants_v2(
        function, lower_control_flow=False, aggressive_inlining=True
    )


def _inlined(function: Any) -> Any:
    """Return a function without variables whose compiled parts are in its own graph."""
    from tensorflow.python.eager.wrap_function import function_from_graph_def

    graph = function.graph.as_graph_def()
    for part in _parts(graph):
        part.attr.pop(_COMPILED, None)
    inputs, outputs = ([one.name for one in ends] for ends in (function.inputs, function.outputs))
    inlined = _with_inlined_calls(graph, [*inputs, *outputs])
    _rename_functions(inlined)
    return function_from_graph_def(inlined, inputs, outputs)


def _with_inlined_calls(graph: Any, kept: Sequence[str]) -> Any:
    """Return a graph with calls inlined, as `convert_variables_to_constants_v2` does that."""
    import tensorflow as tf
    from tensorflow.core.protobuf import config_pb2, rewriter_config_pb2
    from tensorflow.python.grappler import tf_optimizer

    config = config_pb2.ConfigProto()
    options = config.graph_options.rewrite_options
    options.min_graph_nodes = -1  # Small graphs too.
    options.optimizers.append("function")
    options.function_optimization = rewriter_config_pb2.RewriterConfig.AGGRESSIVE
    with tf.Graph().as_default():
        meta_graph = tf.compat.v1.train.export_meta_graph(graph_def=graph)
    meta_graph.collection_def["train_op"].node_list.value.extend(kept)
    return tf_optimizer.OptimizeGraph(config, meta_graph)


def _rename_functions(graph: Any) -> None:
    """Give the functions of a graph, such as bodies of loops, names that no other function has.

    Two functions of one name that differ exclude each other in a process.
    """
    from tensorflow.python.framework import ops

    names = {one.signature.name: f"{one.signature.name}_{ops.uid()}" for one in _functions(graph)}
    for one in _functions(graph):
        one.signature.name = names[one.signature.name]
    for part in _parts(graph):
        for value in part.attr.values():
            for called in _called(value):
                called.name = names.get(called.name, called.name)


def _functions(graph: Any) -> Any:
    return graph.library.function


def _parts(graph: Any) -> Iterator[Any]:
    """Yield all nodes and functions."""
    yield from graph.node
    for function in _functions(graph):
        yield function
        yield from function.node_def


def _called(value: Any) -> Iterator[Any]:
    """Yield the references to functions in the value of an attribute."""
    if value.HasField("func"):
        yield value.func
    if value.HasField("list"):
        yield from value.list.func
