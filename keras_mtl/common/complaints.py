"""The layer that a converter or a runtime complains of, found in what it says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterator, Sequence

Operation = tuple[str, str]
"""The name of an operation of a graph, in its scopes, and its type."""

_SCOPED = re.compile(r"(?<![\w./-])\w[\w.-]*(?:/[\w.-]+)+")
_SOURCE = re.compile(r"\.\w{1,4}$")
"""How paths of source files end, such as `src/core/node.cpp`."""
_TYPE = re.compile(r"(?<!::)\b\w+")
"""Types of other graphs have a name space, such as `opset1::Transpose`."""


def layer_complained_of(
    reason: str, operations: Sequence[Operation], layers: Container[str]
) -> str | None:
    """Return the name of the layer with the first operation that a message names, if it is found.

    Args:
        reason: What the converter or the runtime says. It names an operation in its scopes, or the
            type of one.
        operations: The operations of the graph, for messages that name a type.
        layers: The names of the layers of the model.
    """
    named = [word for word in _SCOPED.findall(reason) if not _SOURCE.search(word)]
    named += _of_types(reason, operations)
    return next(filter(None, (_layer_around(one, layers) for one in named)), None)


def _of_types(reason: str, operations: Sequence[Operation]) -> Iterator[str]:
    uses = Counter(kind for _, kind in operations)
    # The rarest type: words such as "Shape" are in many messages, and operations in any graph.
    types = sorted(uses.keys() & set(_TYPE.findall(reason)), key=uses.__getitem__)
    return (name for kind in types for name, other in operations if other == kind)


def _layer_around(operation: str, layers: Container[str]) -> str | None:
    """Return the innermost layer whose scope an operation is in."""
    for scope in reversed(operation.split("/")[:-1]):
        for name in (scope, re.sub(r"_\d+$", "", scope)):  # Called again it gets a number.
            if name in layers:
                return name
    return None


def on_one_line(reason: object, longest: int = 500) -> str:
    """Return what a converter says without line breaks, cut off after some characters."""
    return " ".join(str(reason).split())[:longest]
