"""A trained model reused: cut, freeze, and a new head."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from keras_mtl.errors import HeadMismatch, InvalidCut, LayerNotFound
from keras_mtl.graph.cuts import find_call, legal_path, resolve_cut
from keras_mtl.graph.layer_graph import checked_functional, graph_of
from keras_mtl.heads.head_like import HeadLike, checked_head
from keras_mtl.models.transfer_model import TransferModel, join
from keras_mtl.surgery.clone import clone_graph
from keras_mtl.surgery.static_flags import BatchNormPolicy, check_batchnorm, paths_up_to, set_static
from keras_mtl.surgery.trunk import Trunk
from keras_mtl.surgery.verify import verify_copy


def transfer(
    model: keras.Model,
    cut: int | str | Sequence[str],
    freeze: bool | str = True,
    head: HeadLike = None,
    *,
    batchnorm: BatchNormPolicy = "frozen",
    verify: bool = True,
    name: str | None = None,
) -> Trunk | TransferModel:
    """Reuse the first layers of a trained model for another task.

    Use `freeze=True` with few labels (the layers kept are a static preprocessor), `freeze=False`
    when labels are not scarce (they are merely a better start), and compare with `from_scratch`.

    Args:
        model: A trained Functional or built Sequential model. It is not changed; the result
            shares nothing with it.
        cut: Where to cut. An integer is the number of layers to remove from the end of
            `model.layers`; a string is the name of the last layer kept, `"outer/inner"` inside a
            nested model, `"name:1"` for the second call of a shared layer; a list of names gives
            a trunk with a dict of outputs. `cut_points(model)` lists what is possible.
        freeze: Whether the layers kept are static: inference mode whatever `fit` does, no
            variable changes, no losses. A name makes the layers up to and including that one
            static, and the rest of the trunk trainable.
        head: The new last layers: None for the trunk alone, a number of classes, a `Head`, a
            layer, a list of layers or a model. A copy of it is put on the trunk.
        batchnorm: Whether BatchNormalization layers that are not static still keep their
            statistics, gamma and beta (`"frozen"`, as is best with small data), or train
            (`"train"`).
        verify: Whether to check on one batch that the copy computes what `model` computes.
        name: Name of the result.

    Returns:
        A `keras.Model`: the trunk if `head` is None; otherwise a model of two layers, reached as
        `.trunk` and `.head`. With a number or a `Head` it is compiled, with Adam and the loss
        and metrics of the head.

    Raises:
        LayerNotFound: No layer has the name given; near names are suggested.
        InvalidCut: The model cannot be cut there; the nearest legal cuts are named.
        CloneError: A layer cannot be copied faithfully; it is named.
        NotStatic: A layer that should be static cannot be.
        HeadMismatch: The head does not fit the features at the cut.
        UnsupportedModel: `model` is a subclassed model, or no model.
        UnbuiltModel: `model` is a Sequential model without an input shape.

    Example:
        >>> import keras, keras_mtl
        >>> trained = keras.Sequential([
        ...     keras.Input((8, 8, 1)),
        ...     keras.layers.Conv2D(4, 3, activation="relu", name="conv"),
        ...     keras.layers.Flatten(),
        ...     keras.layers.Dense(2, activation="softmax"),
        ... ])
        >>> model = keras_mtl.transfer(trained, cut=2, freeze=True, head=10)
        >>> model.output_shape
        (None, 10)
        >>> model.trunk.trainable
        False
    """
    check_batchnorm(batchnorm)
    paths = resolve_cut(model, cut)
    _check_freeze(model, freeze)
    new_head = checked_head(head)
    if new_head is not None:
        _check_names(model, new_head)
    trunk_name = name if new_head is None and name else "trunk"
    trunk = clone_graph(model, paths, class_of=lambda _: Trunk, name=trunk_name)
    _set_flags(model, trunk, freeze, batchnorm)
    if verify:
        verify_copy(model, trunk, paths)
    if new_head is None:
        return trunk
    return join(trunk, new_head, name or f"{model.name}_transfer")


def _set_flags(
    model: keras.Model, trunk: Trunk, freeze: bool | str, batchnorm: BatchNormPolicy
) -> None:
    graph = graph_of(trunk, nested=True)
    if isinstance(freeze, str):
        static = paths_up_to(graph, _path_kept(model, trunk, freeze))
    else:
        static = paths_up_to(graph, None) if freeze else set()
    set_static(trunk, static, batchnorm)


def _check_freeze(model: keras.Model, freeze: bool | str) -> None:
    if isinstance(freeze, str):
        find_call(model, freeze)
    elif not isinstance(freeze, bool):
        raise ValueError(f"`freeze` is True, False or the name of a layer. Received: {freeze!r}.")


def _check_names(model: keras.Model, head: keras.Layer | Sequence[keras.Layer]) -> None:
    """Refuse what Keras would once all is copied: two parts of a model with one name."""
    inputs = [t._keras_history.operation.name for t in checked_functional(model).inputs]
    names = [*inputs, "trunk", head.name if isinstance(head, keras.Layer) else "head"]
    if len(set(names)) < len(names):
        raise HeadMismatch(
            f"The inputs, the trunk and the head need different names. Received: {names}. Give the "
            'head another one: `keras_mtl.Head(10, name="new_head")`.'
        )


def _path_kept(model: keras.Model, trunk: Trunk, name: str) -> str:
    try:
        return legal_path(trunk, name)
    except LayerNotFound as error:
        raise InvalidCut(
            f"`freeze={name!r}`: the cut removes this layer, so it cannot be the last static one. "
            f"The last layer kept is `{trunk.layers[-1].name}`."
        ) from error
