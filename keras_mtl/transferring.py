"""A trained model reused: cut, freeze, and a new head."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from keras_mtl.common.arguments import flag, name_or_none
from keras_mtl.errors import HeadMismatch, InvalidCut, LayerNotFound
from keras_mtl.graph.call import Call
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.heads.head_like import HeadLike, checked_head
from keras_mtl.keras_private.graphs import producer
from keras_mtl.models.transfer_model import TransferModel, join
from keras_mtl.surgery.clone import clone_graph
from keras_mtl.surgery.preprocessing import augmentation
from keras_mtl.surgery.static_flags import BatchNormPolicy, calls_up_to, check_batchnorm, set_static
from keras_mtl.surgery.trunk import Trunk
from keras_mtl.surgery.verify import verify_copy


def transfer(
    model: keras.Model,
    cut: int | str | Sequence[str],
    freeze: bool | str = True,
    head: HeadLike = None,
    *,
    batchnorm: BatchNormPolicy = "frozen",
    augment: bool = False,
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
            a trunk with a dict of outputs, which a `Head` pools and joins. `cut_points(model)`
            lists what is possible.
        freeze: Whether the layers kept are static: inference mode whatever `fit` does, no
            variable changes, no losses. A name makes the layers up to and including that one
            static, and the rest of the trunk trainable.
        head: The new last layers: None for the trunk alone, a number of classes, a `Head`, a
            layer, a list of layers or a model. A copy of it is put on the trunk.
        batchnorm: Whether BatchNormalization layers that are not static still keep their
            statistics, gamma and beta (`"frozen"`, as is best with small data), or train
            (`"train"`).
        augment: Whether random layers at the bottom of `model`, in front of all layers that learn,
            draw in training although the layers around them are static; by default they are static
            too. `fit_cached` then needs `views=n`, since cached features of one draw would not be
            those of the next; `probe_cuts` and `FeatureExtractor` never augment. `unfreeze` leaves
            such layers as they are, `freeze` makes them static.
        verify: Whether to check on one batch that the copy computes what `model` computes.
        name: Name of the result.

    Warns:
        UserWarning: `model` is a KerasHub task with a `preprocessor`, which is no part of its
            layers: the result takes inputs that were prepared with `model.preprocessor(x)`.

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
        ValueError: `freeze`, `batchnorm`, `augment`, `verify` or `name` is out of its range; or
            `augment` is True, and `model` has no random layer that it could keep on.

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
    augment, verify = flag("augment", augment), flag("verify", verify)
    name = name_or_none("name", name)
    graph = Graph.of(model)
    part = graph.part(graph.cut(cut))
    static = _calls_to_freeze(graph, part, freeze)
    random = _calls_that_augment(part) if augment else ()
    new_head = checked_head(head)
    if new_head is not None:
        _check_names(graph, new_head)
    trunk_name = name if new_head is None and name else "trunk"
    trunk = copy_trunk(part, static, batchnorm, random=random, verify=verify, name=trunk_name)
    if new_head is None:
        return trunk
    return join(trunk, new_head, name or f"{model.name}_transfer")


def copy_trunk(
    part: Graph,
    static: Sequence[Call],
    batchnorm: BatchNormPolicy = "frozen",
    *,
    random: Sequence[Call] = (),
    verify: bool = True,
    name: str = "trunk",
) -> Trunk:
    """Copy the part of a graph that leads to a cut, some of its layers static.

    Args:
        part: What `graph.part` returns.
        static: The calls of `part.opened` whose layers are static; all others train.
        batchnorm: As for `transfer`.
        random: Calls whose layers draw in training even so.
        verify: As for `transfer`.
        name: The name of the copy.
    """
    copy = clone_graph(part, class_of=lambda _: Trunk, name=name)
    operations = {call.path: copy.of(call.operation) for call in static if not call.is_input}
    set_static(copy.model, operations, batchnorm)
    if verify:
        verify_copy(part, copy)
    if random:  # After the proof, which shows that all the others are static.
        drawing = {id(copy.of(call.operation)) for call in random}
        others = {path: one for path, one in operations.items() if id(one) not in drawing}
        set_static(copy.model, others, batchnorm)
    return copy.model


def _calls_that_augment(part: Graph) -> Sequence[Call]:
    """Return the calls of the random layers at the bottom of the trunk."""
    calls = augmentation(part.opened)
    if not calls:
        raise ValueError(
            f"`augment=True`: `{part.model.name}` has no random layer, such as `RandomFlip`, in "
            "front of all layers with weights. Leave `augment` out."
        )
    return calls


def _calls_to_freeze(graph: Graph, part: Graph, freeze: bool | str) -> Sequence[Call]:
    """Return the calls of the trunk that become static, or raise if `freeze` makes no sense."""
    if isinstance(freeze, bool):
        return part.opened.calls if freeze else ()
    if not isinstance(freeze, str):
        raise ValueError(f"`freeze` is True, False or the name of a layer. Received: {freeze!r}.")
    graph.find(freeze)
    try:
        path = part.legal_path(freeze)
    except LayerNotFound as error:
        layers = [call.path for call in part.calls if isinstance(call.operation, keras.Layer)]
        raise InvalidCut(
            f"`freeze={freeze!r}`: the cut removes this layer, so it cannot be the last static "
            f"one. The last layer kept is `{layers[-1]}`."
        ) from error
    return calls_up_to(part.opened, path)


def _check_names(graph: Graph, head: keras.Layer | Sequence[keras.Layer]) -> None:
    """Refuse what Keras would once all is copied: two parts of a model with one name."""
    inputs = [producer(tensor).name for tensor in graph.functional.inputs]
    names = [*inputs, "trunk", head.name if isinstance(head, keras.Layer) else "head"]
    if len(set(names)) < len(names):
        raise HeadMismatch(
            f"The inputs, the trunk and the head need different names. Received: {names}. Give the "
            'head another one: `keras_mtl.Head(10, name="new_head")`.'
        )
