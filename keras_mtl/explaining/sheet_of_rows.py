"""A sheet of pictures of the rows on which a model is most wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_mtl.errors import InvalidFeatures
from keras_mtl.explaining.kept_rows import KEPT, KeptRows, Row
from keras_mtl.pictures.contact_sheet import ContactSheet
from keras_mtl.pictures.drawing import saved
from keras_mtl.pictures.pixels import from_0_to_1, in_colours, is_picture


@dataclass(frozen=True)
class WorstRow:
    """A row on which a model is wrong.

    Attributes:
        row: Its number.
        output: The output of the model that a map is of.
        truth: What it is.
        predicted: What is predicted for it.
    """

    row: int
    output: int
    truth: str
    predicted: str

    @property
    def caption(self) -> str:
        """What is written above its picture."""
        return f"row {self.row}: true {self.truth}\npredicted {self.predicted}"


@dataclass(frozen=True)
class RowPicture:
    """The picture of a row on which a model is wrong.

    Attributes:
        row: The row.
        picture: Of shape `(height, width, 1 or 3)`, with values from 0 to 1.
        heat: What the model looked at, of shape `(height, width)` of any size, at least 0; None if
            the model has no layer that says so.
    """

    row: WorstRow
    picture: np.ndarray
    heat: np.ndarray | None


def draw_sheet(path: str | Path, kept: KeptRows | None, rows: Sequence[WorstRow]) -> Path:
    """Save pictures of rows, with the map of what the model looked at over each.

    Args:
        path: Where to save the sheet.
        kept: The inputs of the worst rows; None if there are none.
        rows: The rows.

    Raises:
        ValueError: There are no rows, or more than were kept.
        InvalidFeatures: The inputs are no pictures.
    """
    if not rows:
        raise ValueError("There is no picture to show: no prediction is wrong.")
    found = pictures_of(kept, rows)
    sheet = ContactSheet(
        [one.picture for one in found], [one.heat for one in found], [one.caption for one in rows]
    )
    return saved(sheet.draw, *sheet.size, path)


def pictures_of(kept: KeptRows | None, rows: Sequence[WorstRow]) -> list[RowPicture]:
    """Return the pictures of some rows.

    Raises:
        ValueError: There are more rows than were kept.
        InvalidFeatures: The inputs are no pictures.
    """
    if kept is None:
        raise InvalidFeatures("The inputs of this model were not kept, as they are no arrays.")
    if any(one.row not in kept.inputs for one in rows):
        raise ValueError(
            f"`n` is at most {KEPT}: the inputs of that many rows are kept. Received: {len(rows)}."
        )
    inputs = [kept.inputs[one.row] for one in rows]
    pictures = from_0_to_1([_picture(one) for one in inputs])
    maps = kept.heat(inputs, [one.output for one in rows])
    heats = [None] * len(rows) if maps is None else maps
    return [RowPicture(*one) for one in zip(rows, pictures, heats, strict=True)]


def are_pictures(kept: KeptRows | None) -> bool:
    """Return whether the inputs of the worst rows are there and can be shown as pictures."""
    return kept is not None and all(any(map(is_picture, row)) for row in kept.inputs.values())


def _picture(row: Row) -> np.ndarray:
    """Return the first input that is a picture, channels last, of one channel or three."""
    for array in row:
        if is_picture(array):
            return in_colours(array)
    shapes = [array.shape for array in row]
    raise InvalidFeatures(
        "A contact sheet shows pictures, inputs of shape (height, width) or (height, width, "
        f"channels). The inputs of this model have the shapes {shapes}; `mistakes()` lists its "
        "mistakes."
    )
