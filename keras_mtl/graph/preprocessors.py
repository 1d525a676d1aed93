"""A warning for models that prepare their inputs outside their layers."""

from __future__ import annotations

import sys
import warnings

import keras


def warn_of_preprocessor(model: object) -> None:
    """Warn if a task of KerasHub prepares its inputs in `fit` and `predict`, which layers do not.

    A user who prepares the inputs sets `model.preprocessor = None`, as KerasHub has it.
    """
    if not _is_task(model) or model.preprocessor is None:  # type: ignore[attr-defined]
        return
    assert isinstance(model, keras.Model)
    kind = type(model.preprocessor).__name__
    warnings.warn(
        f"`{model.name}` ({type(model).__name__}) prepares its inputs in `fit` and `predict` with "
        f"its `preprocessor` (`{kind}`). That is no layer of its graph, so what is made of the "
        "layers does not have it: pass `model.preprocessor(x)` instead of `x`, and set "
        "`model.preprocessor = None` to say so.",
        stacklevel=4,
    )


def _is_task(model: object) -> bool:
    """Return whether a model is a task of KerasHub; if there is one, KerasHub is imported."""
    hub = sys.modules.get("keras_hub")
    return hub is not None and isinstance(model, hub.models.Task)
