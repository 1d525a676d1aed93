"""Model classes that Keras finds when it loads a file, whatever the format of the file."""

from __future__ import annotations

from typing import TypeVar

import keras

Class = TypeVar("Class", bound=type)


def registered(cls: Class) -> Class:
    """Register a model class for `.keras` files, and for `.h5` files; use it as a decorator.

    A `.keras` file names the class with its package. Keras 3.15 writes the bare name of the
    class of the outermost model into an `.h5` file, so that name has to be known too. A class that
    the user has registered under the name stays.
    """
    keras.saving.register_keras_serializable("keras_mtl")(cls)
    keras.saving.get_custom_objects().setdefault(cls.__name__, cls)
    return cls
