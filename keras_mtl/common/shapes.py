"""Whether shapes of which not all is known can be the same."""

from __future__ import annotations

Shape = tuple[int | None, ...]


def fits(shape: Shape, expected: Shape) -> bool:
    """Whether all dimensions but the first can be the same; None is one that is not known."""
    return len(shape) == len(expected) and all(
        None in (size, wanted) or size == wanted
        for size, wanted in zip(shape[1:], expected[1:], strict=True)
    )
