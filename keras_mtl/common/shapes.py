"""Comparison of shapes whose dimensions are not all known."""

from __future__ import annotations

Shape = tuple[int | None, ...]


def fits(shape: Shape, expected: Shape) -> bool:
    """Return whether all dimensions but the first can be equal; None stands for any size."""
    return len(shape) == len(expected) and all(
        None in (size, wanted) or size == wanted
        for size, wanted in zip(shape[1:], expected[1:], strict=True)
    )
