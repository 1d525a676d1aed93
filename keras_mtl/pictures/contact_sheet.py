"""Many small pictures side by side, with maps laid over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from keras_mtl.pictures.overlaid_pictures import COLOR, STRENGTH
from keras_mtl.pictures.palette import MUTED

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 6
EDGE, CAPTION, NOTE = 140, 34, 30
"""Pixels of a picture, of the text above it, and of the text above all."""


@dataclass(frozen=True)
class ContactSheet:
    """Pictures side by side.

    Attributes:
        pictures: Arrays of shape `(height, width, 1 or 3)` with values from 0 to 1.
        maps: For each picture an array of shape `(height, width)`, of any size and at least 0: the
            larger, the more colour is laid over the picture; None for no colour.
        captions: What is written above each picture.
    """

    pictures: Sequence[np.ndarray]
    maps: Sequence[np.ndarray | None]
    captions: Sequence[str]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        columns, rows = self._shape
        return max(columns, 3) * EDGE, rows * (EDGE + CAPTION) + NOTE

    @property
    def _shape(self) -> tuple[int, int]:
        columns = min(COLUMNS, len(self.pictures))
        return columns, -(-len(self.pictures) // columns)

    def draw(self, figure: Figure) -> None:
        """Draw on an empty figure."""
        columns, rows = self._shape
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes in panels:
            axes.set_axis_off()
        shown = zip(panels, self.pictures, self.maps, self.captions, strict=False)
        for axes, picture, heat, caption in shown:
            height, width = picture.shape[:2]
            extent = (0.0, float(width), float(height), 0.0)
            colored = np.broadcast_to(np.clip(picture, 0, 1), (height, width, 3))
            axes.imshow(colored, extent=extent, interpolation="nearest")
            if heat is not None:
                axes.imshow(_overlay(heat), extent=extent, interpolation="bilinear")
            axes.set_title(caption, fontsize=9, fontweight="normal")
        if any(heat is not None for heat in self.maps):
            note = "orange: where the model looked for its prediction (Grad-CAM)"
            figure.suptitle(note, fontsize=10, color=MUTED)


def _overlay(heat: np.ndarray) -> np.ndarray:
    """Return one colour, more of it where the map is larger; the rest of the picture stays."""
    share = heat / max(float(heat.max()), 1e-12)
    colors = np.broadcast_to(COLOR, (*heat.shape, 3))
    return np.concatenate([colors, STRENGTH * share[..., None]], axis=-1)
