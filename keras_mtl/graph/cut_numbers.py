"""Integer cuts: how many of the last layers of `model.layers` a cut removes."""

from __future__ import annotations

from typing import Any

import keras

from keras_mtl.common.arguments import is_whole_number
from keras_mtl.errors import InvalidCut
from keras_mtl.graph import cut_messages as messages
from keras_mtl.graph.dataflow import Dataflow
from keras_mtl.keras_private.graphs import Functional


def counted_layers(functional: Functional) -> list[keras.Layer]:
    """Return the layers that an integer cut counts: all but the input layers."""
    return [layer for layer in functional.layers if not isinstance(layer, keras.layers.InputLayer)]


def checked_number(cut: Any, layers: list[keras.Layer]) -> int:
    """Return a `cut` as a number of layers to remove, if it can be one."""
    if not is_whole_number(cut):
        raise InvalidCut(
            "`cut` is the number of layers to remove, the name of the last layer to keep, or a "
            f"list of names. Received: {cut!r} (of type `{type(cut).__name__}`)."
        )
    number = int(cut)
    if number and not 0 < number < len(layers):
        raise InvalidCut(
            f"`cut={cut}` is not possible: the model has {len(layers)} layers besides its inputs, "
            f"so `cut` is from 0 (keep everything) to {max(len(layers) - 1, 0)}."
        )
    return number


def removed_layers(flow: Dataflow, layers: list[keras.Layer]) -> dict[str, int]:
    """Return for the legal cuts after which just the last layers come, how many these are.

    Where several cuts remove the same layers, the number belongs to the first one: the layer,
    not the operations after it. `cut=0` keeps everything, so there it is the last one.
    """
    from_end = {id(layer): len(layers) - index for index, layer in enumerate(layers)}
    legal = {cut.position for cut in flow.legal_cuts}
    # From the outputs to the inputs: after a cut come exactly the last layers of `model.layers` if
    # as many layers were met as the position of the deepest one from the end.
    removed: set[int] = set()
    deepest = 0
    counts: dict[int, str] = {}
    for position in range(len(flow.calls) - 1, -1, -1):
        call = flow.calls[position]
        exact = deepest == len(removed) < len(layers)
        if position in legal and exact and (removed or 0 not in counts):
            counts[len(removed)] = call.path
        if id(call.operation) in from_end:
            removed.add(from_end[id(call.operation)])
            deepest = max(deepest, from_end[id(call.operation)])
    return {path: count for count, path in reversed(counts.items())}


def path_of_number(flow: Dataflow, layers: list[keras.Layer], cut: int) -> str:
    """Return the path of the layer that is last when `cut` layers are removed.

    Raises:
        InvalidCut: The model cannot be cut there; the nearest legal numbers are named.
    """
    paths = {count: path for path, count in removed_layers(flow, layers).items()}
    if cut in paths:
        return paths[cut]
    before = [count for count in paths if count > cut][-1:]
    after = [count for count in paths if count < cut][:1]
    nearest = " and ".join(f"`cut={count}` (`{paths[count]}`)" for count in before + after)
    name = layers[-cut - 1].name
    raise InvalidCut(
        f"The model cannot be cut after `{name}` (`cut={cut}`): {_why_not(flow, name)} The nearest "
        f"legal cuts are {nearest or 'none'}; `cut_points(model)` lists them all."
    )


def _why_not(flow: Dataflow, name: str) -> str:
    """Return why no cut removes just the layers after the one with a name."""
    call = flow.by_path.get(name)
    if call is None or any(call is one for _, one in flow.dominators()):
        return "the layers after it are not the last ones of `model.layers`."
    return f"{messages.passing_by(flow, call)}.{messages.keep_all(flow, call)}"
