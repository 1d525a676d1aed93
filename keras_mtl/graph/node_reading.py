"""The nodes of a Keras graph read as calls: the one place that walks them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras

from keras_mtl.graph.call import Arguments, Call
from keras_mtl.graph.functional_models import functional_of
from keras_mtl.keras_private.graphs import (
    Functional,
    Node,
    get_keras_mask,
    inbound_nodes,
    ordered_nodes,
)


def read_calls(functional: Functional) -> list[Call]:
    """Return the calls of a graph from inputs to outputs; nested models are calls like others."""
    return [_call(name, node) for name, node in _named_nodes(functional)]


def _named_nodes(functional: Functional) -> Iterator[tuple[str, Node]]:
    """Yield each call with its name: `"name"` for the first of an operation, then `"name:1"`."""
    nodes = ordered_nodes(functional)
    members = set(nodes)
    names = {}
    for operation in {id(node.operation): node.operation for node in nodes}.values():
        # An operation also lists its calls in other models; those must not shift the numbers.
        own = [node for node in inbound_nodes(operation) if node in members]
        for index, node in enumerate(own):
            names[node] = f"{operation.name}:{index}" if index else operation.name
    return ((names[node], node) for node in nodes)


def _call(name: str, node: Node) -> Call:
    masks = _masks_beside(node)
    inputs = [tensor for tensor in node.input_tensors if id(tensor) not in masks]
    nested = functional_of(node.operation)
    return Call(
        path=name,
        operation=node.operation,
        inputs=tuple(map(id, inputs)),
        outputs=tuple(map(id, node.outputs)),
        tensors=tuple(node.outputs),
        arguments=_arguments(node, [id(tensor) for tensor in inputs], masks),
        prepares_inputs=nested is not None and not _hands_on(node, nested),
    )


def _masks_beside(node: Node) -> dict[int, int]:
    """Return the masks in the arguments that a tensor in the arguments carries anyway.

    Keras writes the mask that a tensor carries into the arguments where it need not convert the
    inputs. It is no second tensor that the layer needs: it comes along with the first one.

    Returns:
        For the number of each such mask, the number of the tensor that carries it.
    """
    args, kwargs = node.arguments.args, node.arguments.kwargs
    if kwargs.get("mask") is None:
        return {}
    others = (args, {key: value for key, value in kwargs.items() if key != "mask"})
    tensors = [leaf for leaf in keras.tree.flatten(others) if isinstance(leaf, keras.KerasTensor)]
    carriers = {id(get_keras_mask(tensor)): id(tensor) for tensor in tensors}
    taken = set(map(id, tensors))
    given = [id(leaf) for leaf in keras.tree.flatten(kwargs["mask"]) if leaf is not None]
    return {mask: carriers[mask] for mask in given if mask in carriers and mask not in taken}


def _arguments(
    node: Node, inputs: Sequence[int], masks: dict[int, int]
) -> Callable[[Sequence[Any], Sequence[Any]], Arguments]:
    places = [(mask, inputs.index(carrier)) for mask, carrier in masks.items()]

    # Keras's own `fill_in` replaces each symbolic tensor by the value under its id. Masks are not
    # recomputed: the value of a mask is the mask that the value of its carrier has in this run.
    def fill_in(values: Sequence[Any], carried: Sequence[Any]) -> Arguments:
        known = dict(zip(inputs, values, strict=True))
        known.update((mask, carried[place]) for mask, place in places)
        return node.arguments.fill_in(known)

    return fill_in


def _hands_on(node: Node, nested: Functional) -> bool:
    """Return whether a nested model is called on inputs that it hands to its layers unchanged."""
    args, kwargs = node.arguments.args, node.arguments.kwargs
    if not args:
        return False
    given, expected = keras.tree.flatten(args[0]), nested.inputs
    return (
        len(given) == len(node.input_tensors) == len(expected)
        and not _holds_tensors((args[1:], kwargs))
        and _same_structure(args[0], nested.input)
        and all(map(_same_kind, given, expected))
    )


def _holds_tensors(arguments: Any) -> bool:
    leaves = keras.tree.flatten(arguments)
    return any(isinstance(leaf, keras.KerasTensor) for leaf in leaves)


def _same_structure(given: Any, expected: Any) -> bool:
    """Return whether two structures flatten in the same order; dicts need the same keys."""
    if not isinstance(given, dict) and len(keras.tree.flatten(expected)) == 1:
        return not isinstance(expected, dict)
    try:
        keras.tree.assert_same_structure(*map(keras.tree.lists_to_tuples, (given, expected)))
    except ValueError:
        return False
    return True


def _same_kind(given: keras.KerasTensor, expected: keras.KerasTensor) -> bool:
    first, second = (
        (tensor.dtype, len(tensor.shape), tensor.sparse) for tensor in (given, expected)
    )
    return first == second
