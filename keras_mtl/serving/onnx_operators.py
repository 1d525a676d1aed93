"""Operators of TensorFlow that tf2onnx does not write: those that ONNX can express, and others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from keras_mtl.errors import NotConvertible


def check_operators(converted: Any) -> None:
    """Refuse operators that ONNX has not, as which tf2onnx writes what it cannot convert.

    Args:
        converted: An `onnx.ModelProto`.

    Raises:
        NotConvertible: There are some; each is named once, with the first node that is one.
    """
    import onnx

    unknown: dict[str, str] = {}
    for node in _nodes(converted.graph):
        if not onnx.defs.has(node.op_type, node.domain):
            unknown.setdefault(node.op_type, node.name)
    if unknown:
        named = ", ".join(f"`{kind}` (`{name}`)" for kind, name in unknown.items())
        raise NotConvertible(f"tf2onnx cannot convert what TensorFlow calls {named}.")


def _nodes(graph: Any) -> Iterator[Any]:
    """Yield the nodes of a graph, and those of the graphs inside it: bodies of loops, branches."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from _nodes(inner)


def _write_with_one(
    operator: str, one_first: bool, context: Any, node: Any, name: str, _: Any
) -> None:
    """Write a node as an operator of ONNX subtracted from 1, or as the operator minus 1."""
    from onnx.helper import tensor_dtype_to_np_dtype

    (given,), outputs = node.input, node.output
    dtypes, shapes = node.output_dtypes, node.output_shapes
    context.remove_node(name)
    one = context.make_const(f"{name}/one", tensor_dtype_to_np_dtype(dtypes[0]).type(1))
    value = context.make_node(operator, [given], name=f"{name}/of", dtypes=dtypes, shapes=shapes)
    ends = [one.output[0], value.output[0]] if one_first else [value.output[0], one.output[0]]
    context.make_node("Sub", ends, outputs=outputs, name=name, dtypes=dtypes, shapes=shapes)


Handler = tuple[Callable[[Any, Any, str, Any], None], list[Any]]

HANDLERS: Mapping[str, Handler] = {
    "Erfc": (partial(_write_with_one, "Erf", True), []),  # In every exact GELU.
    "Expm1": (partial(_write_with_one, "Exp", False), []),  # In CELU.
}
"""What tf2onnx 1.17 lacks, as it takes it: the function that writes it, and no arguments."""
