"""What errors say about a name that is no cut: why not, and what could be meant."""

from __future__ import annotations

from collections.abc import Sequence

from keras_mtl.common.near_misses import near_misses
from keras_mtl.graph.call import Call
from keras_mtl.graph.dataflow import Dataflow


def first_legal(flow: Dataflow) -> str:
    """Return a sentence that names the first legal cut."""
    if not flow.legal_cuts:
        return "The model has no legal cut."
    return f"The first legal cut is `{flow.legal_cuts[0].call.path}`."


def why_illegal(flow: Dataflow, call: Call) -> str:
    """Return why a model cannot be cut at a call, and the nearest places where it can."""
    position = flow.calls.index(call)
    if any(dominator is call for _, dominator in flow.dominators()):
        reason = "The rest of the model uses more than one of its outputs."
    else:
        reason = f"Its output is not all that the layers after it need: {_passing_by(flow, call)}."
    before = [cut.call.path for cut in flow.legal_cuts if cut.position < position][-1:]
    after = [cut.call.path for cut in flow.legal_cuts if cut.position > position][:1]
    return f"{reason} The nearest legal cuts are {listed(before + after, ' and ') or 'none'}."


def _passing_by(flow: Dataflow, call: Call) -> str:
    """Return which call after a cut takes a tensor that is neither made after it nor its output."""
    position = flow.calls.index(call)
    made = {number: one for one in flow.calls[:position] for number in one.outputs}
    for later in flow.calls[position + 1 :]:
        for number in later.inputs:
            if number in made:
                return f"`{_named(later)}` takes the output of `{_named(made[number])}` as well"
    return "the model has other outputs or inputs"


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
