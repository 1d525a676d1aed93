"""`plot_transfer`: a network, and what is kept, static, trained and new in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from keras_mtl.explaining.read_network import network_parts
from keras_mtl.pictures.drawing import drawn, saved
from keras_mtl.pictures.network import Network

WIDTH = 720


def plot_transfer(model: keras.Model, path: str | Path | None = None) -> Any:
    """Draw a network with what is kept and static, kept and trained, and new.

    The trunk stands above its head, or the heads of all tasks. Colour, pattern and words tell what
    becomes of each part; the shape of its output and its parameters stand below. Of a part with
    more than 12 layers, runs of layers of the same resolution are one box.

    Args:
        model: What `transfer` or `MultiTaskModel` makes; of any other Functional or built
            Sequential model, what is frozen and what is trained. It is not changed.
        path: Where to save the picture; the ending says the format, such as `.png` or `.svg`.

    Returns:
        The path; a matplotlib figure if `path` is None.

    Raises:
        UnsupportedModel: `model` is a subclassed model, or no model.
        UnbuiltModel: `model` is a Sequential model without an input shape.
        MissingExtra: matplotlib is not installed.

    Example:
        >>> import keras, keras_mtl
        >>> trained = keras.Sequential([
        ...     keras.Input((4,)), keras.layers.Dense(8), keras.layers.Dense(2)])
        >>> model = keras_mtl.transfer(trained, cut=1, head=3)
        >>> keras_mtl.plot_transfer(model, "network.svg").name
        'network.svg'
    """
    picture = Network(network_parts(model))
    if path is None:
        return drawn(picture.draw, WIDTH, picture.height)
    return saved(picture.draw, WIDTH, picture.height, path)
