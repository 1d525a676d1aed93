"""Files of pictures: which there are, and their pixels."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageOps

from keras_mtl.common.arguments import one_of
from keras_mtl.datasets.feature_inputs import checked_picture_size

SUFFIXES = (
    *(".avif", ".bmp", ".gif", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png"),
    *(".pnm", ".ppm", ".tif", ".tiff", ".webp"),
)
MODES = {"rgb": ("RGB", 3), "grayscale": ("L", 1), "rgba": ("RGBA", 4)}
"""By the name that Keras has for it: the mode of Pillow, and the number of channels."""
DEEP = 257
"""What a value of 16 bits is divided by: 65535 becomes 255."""


class PictureForm(NamedTuple):
    """The form that all pictures of a source get.

    Attributes:
        size: `(height, width)` in pixels, None for the size that a picture has.
        color_mode: `"rgb"`, `"grayscale"` or `"rgba"`.
    """

    size: tuple[int, int] | None
    color_mode: str

    @classmethod
    def checked(cls, size: Any, color_mode: Any) -> PictureForm:
        """Return the form that is asked for.

        Args:
            size: `(height, width)` or None.
            color_mode: The name of a mode.

        Raises:
            ValueError: They are something else.
        """
        return cls(checked_picture_size(size), one_of("color_mode", color_mode, MODES))

    @property
    def channels(self) -> int:
        """The number of channels."""
        return MODES[self.color_mode][1]


def find_pictures(folder: Path) -> list[str]:
    """Return the paths of all pictures below a folder, relative to it, in the order of their names.

    A picture is told by the end of its name. Hidden files and folders are left out.
    """
    found = []
    for where, folders, files in os.walk(folder, followlinks=True):
        folders[:] = sorted(name for name in folders if not _is_hidden(name))
        place = Path(where).relative_to(folder)
        found += [
            (place / name).as_posix()
            for name in files
            if name.lower().endswith(SUFFIXES) and not _is_hidden(name)
        ]
    return sorted(found)


def read_picture(path: Path, form: PictureForm) -> np.ndarray:
    """Return the pixels of a picture, uint8 of shape `(height, width, channels)`.

    It is turned as its EXIF data say, and resized bilinearly, its proportions not kept, as
    `keras.utils.image_dataset_from_directory` does.

    Raises:
        OSError, ValueError, SyntaxError: The file cannot be decoded.
    """
    with Image.open(path) as opened:
        opened.load()
        picture = ImageOps.exif_transpose(opened)
    mode, _ = MODES[form.color_mode]
    picture = _eight_bits(picture)
    if picture.mode != mode:
        # A palette with transparent colours has to become colours first.
        picture = (
            picture.convert("RGBA").convert(mode) if picture.mode == "P" else picture.convert(mode)
        )
    if form.size is not None and picture.size != form.size[::-1]:
        picture = picture.resize(form.size[::-1], Image.Resampling.BILINEAR)
    pixels = np.asarray(picture, np.uint8)
    return pixels[..., np.newaxis] if pixels.ndim == 2 else pixels


def decoding_errors() -> tuple[type[Exception], ...]:
    """Return what Pillow raises of files that it cannot decode."""
    bomb: type[Exception] = Image.DecompressionBombError
    # `SyntaxError` for broken headers of PNG and TIFF, the others from the decoders.
    return (OSError, ValueError, SyntaxError, EOFError, OverflowError, MemoryError, bomb)


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Return a picture of 16 bits with 8; Pillow itself would make all of it white."""
    if picture.mode == "F":
        raise ValueError("its pixels are floats, of which nothing says the range")
    if not picture.mode.startswith("I"):
        return picture
    values = np.clip(np.asarray(picture).astype(np.int64), 0, 65535)
    return Image.fromarray((values // DEEP).astype(np.uint8))


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "__MACOSX"))


def shown(names: Sequence[str], most: int = 10) -> str:
    """Return the first names, and how many there are more."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(map(repr, names[:most])) + more
