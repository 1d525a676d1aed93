"""A model split at a cut: the first layers, and the last layers as a model of the features."""

from __future__ import annotations

import keras

from keras_mtl.common.structures import unwrap_single
from keras_mtl.errors import InvalidCut
from keras_mtl.graph.dataflow import Dataflow
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.keras_private.graphs import Functional
from keras_mtl.surgery.clone import clone_graph
from keras_mtl.surgery.cloner import Cloner, Copy
from keras_mtl.surgery.layer_copies import copy_from_config, copy_layer_state
from keras_mtl.surgery.own_configs import rebuilds_itself
from keras_mtl.surgery.trunk import Trunk, own_class
from keras_mtl.surgery.verify import verify_chain, verify_copy


def split(graph: Graph, path: str, *, verify: bool = True) -> tuple[Trunk, Functional]:
    """Copy the layers up to a legal cut and those after it.

    Args:
        graph: The graph of a model with one output, which is not changed.
        path: Where to cut: the path that `graph.cut` returns.
        verify: Whether to check on one batch that the copies compute what the model computes.

    Returns:
        The trunk, and a model from the features of the trunk to the output of the model.

    Raises:
        InvalidCut: No layer comes after the cut, or the layers after it serve only as a part of
            a model that is built as a whole.
    """
    if graph.opened.number(graph.tensor(path)) in graph.opened.outputs:
        raise InvalidCut(
            f"No layer of `{graph.model.name}` comes after {path!r}, so nothing is left for the "
            "head. Cut at an earlier layer."
        )
    part = graph.part((path,))
    trunk = clone_graph(part, class_of=lambda _: Trunk, name="trunk")
    rest = _copy_of_rest(graph, path)
    if verify:
        verify_copy(part, trunk)
        verify_chain(graph, trunk, rest)
    return trunk.model, rest.model


def _copy_of_rest(graph: Graph, path: str) -> Copy:
    cloner = Cloner(own_class, copy_from_config)
    model = _rest(cloner, graph, path, graph.tensor(path))
    cloner.copy_states(copy_layer_state)
    return Copy(model, cloner.copies)


def _rest(cloner: Cloner, graph: Graph, path: str, features: keras.KerasTensor) -> Functional:
    """Return the layers after a cut as a model of features, made of copies of them."""
    outer, _, inner = path.partition("/")
    call = graph.find(outer)
    rest = Dataflow(graph.calls[graph.calls.index(call) + 1 :], graph.structure)
    if rest.calls:
        _check_served_alone(graph, path)
    # torch has no sparse tensors in Keras, though symbolic ones are marked as such there too.
    sparse = features.sparse and keras.config.backend() != "torch"
    inputs = keras.Input(batch_shape=features.shape, dtype=features.dtype, sparse=sparse)
    nested = graph.nested(call) if inner else None
    if nested is None:
        values = {id(features): inputs}
    else:
        first = _rest(cloner, nested, inner, features)
        if not rest.calls and len(call.outputs) == 1:
            return first
        # Where the cut is at the end of the nested model, this hands the features on.
        values = dict(zip(call.outputs, keras.tree.flatten(first(inputs)), strict=True))
    return Functional(inputs, unwrap_single(cloner.replay(graph, rest, values)))


def _check_served_alone(graph: Graph, path: str) -> None:
    """Refuse the last layers of a model whose layers cannot be rebuilt or loaded one by one."""
    if not rebuilds_itself(graph.model):
        return
    if Cloner(own_class, copy_from_config).copy_operations(graph) is not None:
        raise InvalidCut(
            f"The layers of `{graph.model.name}` ({type(graph.model).__name__}) after {path!r} "
            "cannot be a head by themselves: the config of the whole model serves, those of its "
            "layers do not. Cut at its end or before it, or use "
            "`MultiTaskModel(transfer(model, cut), heads)`."
        )
