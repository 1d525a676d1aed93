"""Classes of layers that another process does not know."""

from __future__ import annotations

from collections.abc import Mapping

import keras

from keras_mtl.keras_private.layers import sublayers

KNOWN = ("keras.", "keras_mtl.")


def custom_classes(model: keras.Model) -> dict[str, type]:
    """Return the classes of the layers that are neither Keras's nor ours, by registered name."""
    classes = {type(layer) for layer in [model, *sublayers(model)]}
    return {
        keras.saving.get_registered_name(cls): cls
        for cls in classes
        if not f"{cls.__module__}.".startswith(KNOWN)
    }


def make_known(classes: Mapping[str, type]) -> None:
    """Let Keras find classes when it loads a model; those that it knows stay."""
    known = keras.saving.get_custom_objects()
    for name, cls in classes.items():
        known.setdefault(name, cls)
