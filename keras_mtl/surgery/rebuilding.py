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
        with _named_apart(functions) as names, keras.saving.custom_object_scope(classes | names):
            return type(old).from_config((get_config or old.get_config)())
    except Exception as error:  # `get_config` and `from_config` are the user's code.
        raise CloneError(
            f"`{old.name}` ({type(old).__name__}) cannot be copied. Give its class a "
            f"`get_config` that returns the arguments of its constructor. The reason: {error}"
        ) from error


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
    used = [*parts, *(value for part in parts for value in vars(part).values())]
    functions = {id(value): value for value in used if inspect.isfunction(value)}
    classes = {type(value) for value in used if id(value) not in functions}
    # The module of a lambda that Keras has loaded from a file is one of Keras's.
    own = [f for f in functions.values() if f.__name__ == "<lambda>" or not _is_builtin(f)]
    return {one.__name__: one for one in classes if not _is_builtin(one)}, own


def _is_builtin(code: Any) -> bool:
    return code.__module__.startswith(("keras.", "builtins", "tensorflow.", "numpy"))
