"""What errors say about a name that is no cut: why not, and what could be meant."""

from __future__ import annotations

from collections.abc import Sequence

from keras_mtl.common.near_misses import near_misses
from keras_mtl.graph.call import Call
from keras_mtl.graph.dataflow import Dataflow

MOST_NAMES = 4
"""The number of names up to which a message lists what a cut would have to keep."""


def first_legal(flow: Dataflow) -> str:
    """Return a sentence that names the first legal cut."""
    if not flow.legal_cuts:
        return "The model has no legal cut."
    return f"The first legal cut is `{flow.legal_cuts[0].call.path}`."


def why_illegal(flow: Dataflow, call: Call) -> str:
    """Return why a model cannot be cut at a call, and what to cut at instead."""
    if any(dominator is call for _, dominator in flow.dominators()):
        reason = "The rest of the model uses more than one of its outputs."
    else:
        reason = f"Its output is not all that the layers after it need: {passing_by(flow, call)}."
    return f"{reason}{keep_all(flow, call)}"


def nearest_legal(flow: Dataflow, call: Call) -> str:
    """Return a sentence that names the legal cuts before and after a call."""
    position = flow.calls.index(call)
    before = [cut.call.path for cut in flow.legal_cuts if cut.position < position][-1:]
    after = [cut.call.path for cut in flow.legal_cuts if cut.position > position][:1]
    return f"The nearest legal cuts are {listed(before + after, ' and ') or 'none'}."


def nested_alone(outer: str, inner: str) -> str:
    """Return a sentence that says how to cut a nested model by itself."""
    model = "model" + "".join(f'.get_layer("{name}")' for name in outer.split("/"))
    return f'Or cut the nested model by itself: `transfer({model}, "{inner}")`.'


def passing_by(flow: Dataflow, call: Call) -> str:
    """Return which call after a cut takes a tensor that is neither made after it nor its output."""
    position = flow.calls.index(call)
    made = {number: one for one in flow.calls[:position] for number in one.outputs}
    for later in flow.calls[position + 1 :]:
        for number in later.inputs:
            if number in made:
                return f"`{_named(later)}` takes the output of `{_named(made[number])}` as well"
    return "the model has other outputs or inputs"


def keep_all(flow: Dataflow, call: Call) -> str:
    """Return a sentence, with a space before it, with a `cut` that keeps all that is needed.

    It is empty where no list of names does: where an input itself is needed, or several outputs of
    one call, or more than a few tensors.
    """
    position = flow.calls.index(call)
    kept = [
        one
        for index, one in enumerate(flow.calls[: position + 1])
        for number in one.outputs
        if flow.last_uses.get(number, index) > position
    ]
    paths = [call.path, *(one.path for one in kept if one is not call)]
    unnamed = any(one.is_input or one.is_entry for one in kept)
    if unnamed or not 1 < len(set(paths)) == len(kept) <= MOST_NAMES:
        return ""
    names = ", ".join(f'"{path}"' for path in paths)
    return f" To keep {'both' if len(paths) == 2 else 'all of them'}, give `cut=[{names}]`."


def _named(call: Call) -> str:
    """Return the path of a call; the border of a nested model has that of the model."""
    return call.path.rpartition("/")[0] if call.is_entry else call.path


def not_found(model: str, closed: Dataflow, opened: Dataflow, name: str) -> str:
    """Return that no call has a name, and the names that come near."""
    outer = name.split("/")[0]
    message = f"`{model}` has no layer or operation named `{name}`."
    if "/" in name and f"{outer}:1" in closed.by_path:
        return f"{message} `{outer}` is called more than once: cut at `{outer}` itself or after it."
    inside = list(opened.by_path)
    near = (
        [path for path in inside if path.endswith(f"/{name}")]
        or near_misses(name, inside if "/" in name else closed.by_path)
        or near_misses(name, inside)
    )
    hint = f"Did you mean {listed(near)}?" if near else "`cut_points(model)` lists the names."
    return f"{message} {hint}"


def listed(names: Sequence[str], separator: str = ", ") -> str:
    """Return names in backticks."""
    return separator.join(f"`{name}`" for name in names)
