"""A warning for models that prepare their inputs outside their layers."""

from __future__ import annotations

import sys
import warnings

import keras


def warn_of_preprocessor(model: object) -> None:
    """Warn if a task of KerasHub prepares its inputs in `fit` and `predict`, which layers do not.

    A user who prepares the inputs sets `model.preprocessor = None`, as KerasHub has it.
    """
    preprocessor = preprocessor_of(model)
    if preprocessor is None:
        return
    assert isinstance(model, keras.Model)
    warnings.warn(
        f"`{model.name}` ({type(model).__name__}) prepares its inputs in `fit` and `predict` with "
        f"its `preprocessor` (`{type(preprocessor).__name__}`). That is no layer of "
        "its graph, so what is made of the layers does not have it: pass `model.preprocessor(x)` "
        "instead of `x`, and set `model.preprocessor = None` to say so.",
        stacklevel=4,
    )


def preprocessor_of(model: object) -> keras.Layer | None:
    """Return the preprocessor of a task of KerasHub; None if the model is none, or has none."""
    hub = sys.modules.get("keras_hub")  # Imported by now, if the model is one of its.
    return model.preprocessor if hub and isinstance(model, hub.models.Task) else None
