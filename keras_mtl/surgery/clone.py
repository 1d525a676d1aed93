"""Copies of models that compute what the originals compute."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from keras_mtl.errors import CloneError
from keras_mtl.graph.cuts import WHOLE, kept_tensor
from keras_mtl.graph.layer_graph import calls_by_name, checked_functional, functional_of
from keras_mtl.keras_private.graphs import Functional, Node
from keras_mtl.keras_private.layers import seed_states, sublayers
from keras_mtl.surgery.rebuilding import rebuild
from keras_mtl.surgery.trunk import unwrap_single


def clone_graph(
    model: keras.Model,
    paths: tuple[str, ...] = WHOLE,
    *,
    class_of: Callable[[Any], Callable[..., Functional]],
    name: str | None = None,
    copy_layer: Callable[[Any], Any] | None = None,
    copy_state: Callable[[Any, Any], None] | None = None,
) -> Functional:
    """Copy the part of a model that leads to the calls `paths`, with its state.

    Args:
        model: A Functional or built Sequential model; it is not changed.
        paths: What `resolve_cut` returns: one path for one output, several for a dict of outputs.
        class_of: The class of the copy of a model, for `model` and the models inside it.
        name: The name of the copy; that of `model` by default.
        copy_layer: Makes the copy of an operation that is no model, without its state.
        copy_state: Copies the state of an operation: weights, vocabularies, seeds.

    Raises:
        CloneError: A layer cannot be copied; the message says which and why.
    """
    functional = checked_functional(model)
    wanted = {path: id(kept_tensor(model, path)) for path in paths}
    cloner = _Cloner(class_of, copy_layer or copy_from_config)
    values, taps = cloner.replay(functional, wanted, whole=paths == WHOLE)
    if paths == WHOLE:
        outputs = keras.tree.map_structure(lambda t: values[id(t)], functional.output)
    else:
        outputs = taps[paths[0]] if len(paths) == 1 else {path: taps[path] for path in paths}
    clone = cloner.join(model, values, outputs, name or model.name)
    for source, copy in cloner.pairs:
        (copy_state or copy_layer_state)(source, copy)
    return clone


class _Cloner:
    """Calls copies of operations on one another as the originals were; each is copied once."""

    def __init__(
        self,
        class_of: Callable[[Any], Callable[..., Functional]],
        copy_layer: Callable[[Any], Any],
    ) -> None:
        self.pairs: list[tuple[Any, Any]] = []
        self._class_of = class_of
        self._copy_layer = copy_layer
        self._copies: dict[int, Any] = {}

    def replay(
        self, functional: Functional, wanted: dict[str, int], *, whole: bool
    ) -> tuple[dict[int, Any], dict[str, Any]]:
        """The new tensors by the ids of the old ones, and those of the wanted paths by path."""
        named = calls_by_name(functional)
        needed = {node for _, node in named} if whole else _leading_to(named, wanted)
        used = {parent for node in needed for parent in node.parent_nodes}
        values: dict[int, Any] = {}
        taps: dict[str, Any] = {}
        for call, node in named:
            if node.is_input:
                values[id(node.outputs[0])] = copy_of_input(node.outputs[0])
            elif node in needed:
                inside = [path for path in wanted if path.startswith(f"{call}/")]
                keep = whole or node in used or call in wanted
                operation = self._copy(node.operation, call, inside, wanted, keep)
                outputs = keras.tree.flatten(_call(operation, node, values))
                taps |= zip(inside, outputs, strict=False)
                if keep:
                    old = (id(tensor) for tensor in node.outputs)
                    values |= zip(old, outputs[len(inside) :], strict=True)
            if call in wanted:
                taps[call] = values[wanted[call]]
        return values, taps

    def join(
        self, model: keras.Model, values: dict[int, Any], outputs: Any, name: str
    ) -> Functional:
        """A model from the copies of the inputs of `model` to `outputs`."""
        functional = checked_functional(model)
        inputs = keras.tree.map_structure(lambda t: values[id(t)], functional.input)
        copy_class = self._class_of(model)
        # Inputs keep their structure: calls inside the model, and the user's, are made with it.
        return copy_class(inputs, unwrap_single(outputs), name=name)

    def _copy(
        self, operation: Any, call: str, inside: list[str], wanted: dict[str, int], keep: bool
    ) -> Any:
        """The copy of an operation; of a model with taps inside, one that gives these as well."""
        if id(operation) not in self._copies:
            functional = functional_of(operation)
            if functional is None:
                copy = self._copy_layer(operation)
                self.pairs.append((operation, copy))
            else:
                inner = {path.removeprefix(f"{call}/"): wanted[path] for path in inside}
                values, taps = self.replay(functional, inner, whole=keep)
                whole = [values[id(tensor)] for tensor in functional.outputs] if keep else []
                outputs = [*(taps[path] for path in inner), *whole]
                copy = self.join(operation, values, outputs, operation.name)
            self._copies[id(operation)] = copy
        return self._copies[id(operation)]


def copy_from_config(operation: Any) -> Any:
    """A new operation with the same configuration, without its state."""
    if type(operation) is keras.layers.Lambda:
        return _copy_of_lambda(operation)
    return rebuild_operation(operation, operation.get_config)


def rebuild_operation(operation: Any, get_config: Callable[[], dict[str, Any]]) -> Any:
    """A new operation of the same class and name from the config that `get_config` gives."""
    copy = rebuild(operation, get_config)
    # The config of a layer whose constructor takes no name does not hold it.
    copy.name = operation.name
    return copy


def copy_of_input(tensor: Any) -> Any:
    """A new symbolic input like that of a model: name, shape, dtype, optional, sparse."""
    layer = tensor._keras_history.operation
    return keras.layers.InputLayer.from_config(layer.get_config()).output


def copy_layer_state(source: Any, copy: Any) -> None:
    """Copy weights, vocabularies and the states of random generators, sublayers included."""
    if not isinstance(source, keras.Layer):
        return
    sources, copies = sublayers(source), sublayers(copy)
    try:
        for old, new in zip(sources, copies, strict=True):
            _copy_own_state(old, new)
    except Exception as error:  # `load_own_variables` and `load_assets` may be the user's code.
        raise CloneError(
            f"The state of `{source.name}` ({type(source).__name__}) cannot be copied: the layer "
            f"rebuilt from its `get_config` differs from the original. The reason: {error}"
        ) from error


def _copy_own_state(source: keras.Layer, copy: keras.Layer) -> None:
    store: dict[str, Any] = {}
    source.save_own_variables(store)
    if store:
        copy.load_own_variables({key: _new_array(value) for key, value in store.items()})
    if hasattr(source, "save_assets"):  # An optional method: Keras itself looks for it so.
        with tempfile.TemporaryDirectory() as folder:
            source.save_assets(folder)
            copy.load_assets(folder)
    for old, new in zip(seed_states(source), seed_states(copy), strict=True):
        new.assign(_new_array(old))


def _new_array(value: Any) -> np.ndarray:
    """A copy of the value: JAX deletes in training what a variable was assigned from."""
    return np.array(keras.ops.convert_to_numpy(value))


def _leading_to(named: list[tuple[str, Node]], wanted: dict[str, int]) -> set[Node]:
    """The calls that the wanted ones depend on, and these."""
    outer = {path.split("/")[0] for path in wanted}
    waiting = [node for call, node in named if call in outer]
    needed: set[Node] = set()
    while waiting:
        node = waiting.pop()
        if node not in needed:
            needed.add(node)
            waiting.extend(node.parent_nodes)
    return needed


def _call(operation: Any, node: Node, values: dict[int, Any]) -> Any:
    args, kwargs = node.arguments.fill_in(values)
    if any(isinstance(value, keras.Variable) for value in keras.tree.flatten((args, kwargs))):
        raise CloneError(
            f"`{node.operation.name}` takes a variable as its argument: a copy would share it "
            "with the original. Use the variable inside a layer instead."
        )
    return operation(*args, **kwargs)


def _copy_of_lambda(layer: keras.layers.Lambda) -> keras.layers.Lambda:
    """Built from the function itself: Keras refuses to rebuild a Python lambda from its code."""
    return keras.layers.Lambda(
        layer.function,
        output_shape=layer._output_shape,
        mask=layer.mask,
        arguments=layer.arguments,
        name=layer.name,
        dtype=layer.dtype_policy,
        trainable=layer.trainable,
    )
