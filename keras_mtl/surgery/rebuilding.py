"""New objects from the configs of old ones, whose classes and functions need not be registered."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import Any

import keras

from keras_mtl.errors import CloneError
from keras_mtl.keras_private.layers import sublayers
from keras_mtl.optimizers.layerwise_optimizer import LayerwiseOptimizer

_RENAMING = RLock()
"""Held while functions have other names, which all threads would see.

Reentrant, because the `from_config` of a user may rebuild other objects.
"""


def rebuild(old: Any, get_config: Callable[[], dict[str, Any]] | None = None) -> Any:
    """Return a layer, metric or optimizer of the class and config of an old one, without its state.

    Args:
        old: The old one, which is not changed.
        get_config: Gives the config; `old.get_config` by default.

    Raises:
        CloneError: The class cannot be built from its config.
    """
    classes, functions = _own_code(old)
    try:
        known = {**classes, _TRUSTED: _TrustedSavedModel}
        with _named_apart(functions) as names, keras.saving.custom_object_scope(known | names):
            return type(old).from_config(_trusted((get_config or old.get_config)()))
    except Exception as error:  # `get_config` and `from_config` are the user's code.
        raise CloneError(
            f"`{old.name}` ({type(old).__name__}) cannot be copied. Give its class a "
            f"`get_config` that returns the arguments of its constructor. The reason: {error}"
        ) from error


_TRUSTED = "TFSMLayer_in_memory"


class _TrustedSavedModel:
    """Makes the TFSMLayer of a config.

    Keras refuses to, as a config may come from anybody. This one is that of a layer in memory:
    whoever loaded the SavedModel has trusted it.
    """

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> keras.layers.TFSMLayer:
        return keras.layers.TFSMLayer(**config)


def _trusted(config: Any) -> Any:
    """Return a config in which each TFSMLayer of a layer in memory is one that may be made."""
    if isinstance(config, list | tuple):
        return type(config)(map(_trusted, config))
    if not isinstance(config, dict):
        return config
    if config.get("class_name") == "TFSMLayer" and config.get("module") == "keras.layers":
        return {**config, "module": None, "class_name": _TRUSTED, "registered_name": _TRUSTED}
    return {key: _trusted(value) for key, value in config.items()}


@contextmanager
def _named_apart(functions: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """Give functions unique names within this context; yield them by these names.

    A config holds functions by name. Keras refuses the name of a lambda, and takes any text that
    equals the name of a known function for that function, even the name of a metric.
    """
    with _RENAMING:
        names = [function.__name__ for function in functions]
        apart = {f"function_{index}_in_a_copy": f for index, f in enumerate(functions)}
        try:
            for name, function in apart.items():
                function.__name__ = name
            yield apart
        finally:
            for name, function in zip(names, functions, strict=True):
                function.__name__ = name


def _own_code(old: Any) -> tuple[dict[str, Any], list[Any]]:
    """Return the classes, by name, and functions that an object uses and Keras may not know."""
    parts = sublayers(old) if isinstance(old, keras.Layer) else [old]
    if isinstance(old, keras.optimizers.LossScaleOptimizer):
        parts.append(old.inner_optimizer)
    parts += [one.template() for one in parts if isinstance(one, LayerwiseOptimizer)]
    used = [*parts, *(value for part in parts for value in vars(part).values())]
    functions = {id(value): value for value in used if inspect.isfunction(value)}
    classes = {type(value) for value in used if id(value) not in functions}
    # The module of a lambda that Keras has loaded from a file is one of Keras's.
    own = [f for f in functions.values() if f.__name__ == "<lambda>" or not _is_builtin(f)]
    return {one.__name__: one for one in classes if not _is_builtin(one)}, own


def _is_builtin(code: Any) -> bool:
    return code.__module__.startswith(("keras.", "builtins", "tensorflow.", "numpy"))
