"""The form of the pictures that an input takes."""

from __future__ import annotations

from collections.abc import Sequence

COLORS = {1: "grayscale", 3: "rgb", 4: "rgba"}
Shape = Sequence[int | None]


def takes_pictures(shapes: Sequence[Shape]) -> bool:
    """Return whether the only input, with its samples, has the shape of pictures."""
    return len(shapes) == 1 and len(shapes[0]) == 4


def picture_size(shape: Shape) -> tuple[int, int] | None:
    """Return height and width of the pictures of an input; None where any size goes."""
    height, width = shape[1:3]
    return (height, width) if height and width else None


def color_mode(shape: Shape) -> str:
    """Return what Keras calls the colours of the pictures of an input."""
    return COLORS.get(shape[3] or 3, "rgb")
