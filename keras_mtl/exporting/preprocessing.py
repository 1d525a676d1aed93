"""What an export does with an input before the model: decode, resize, scale, look words up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.graph.functional_models import functional_of
from keras_mtl.serving.manifest import Shape

DECODE = "decode"
"""An encoded picture (JPEG, PNG, GIF or BMP) becomes numbers from 0 to 255 of a known size."""
RESIZE = "resize"
"""A picture of any size becomes one of the size that the model takes."""
SCALE = "scale"
"""Numbers from 0 to 255 become numbers from 0 to 1."""
STEPS = (DECODE, RESIZE, SCALE)

_TEXT_OF_ANY_SHAPE = (keras.layers.StringLookup, keras.layers.Hashing)
_ANY_SIZE = (keras.layers.Resizing, keras.layers.CenterCrop)


@dataclass(frozen=True)
class Preprocessing:
    """The steps before one input of a model.

    Attributes:
        layers: Layers in inference mode, called one after the other.
        shape: The shape of what the export takes, with the samples.
        dtype: Its dtype.
        picture: Height, width and channels of the picture that an encoded one is decoded to; None
            where nothing is decoded.
    """

    layers: tuple[keras.Layer, ...]
    shape: Shape
    dtype: str
    picture: tuple[int, int, int] | None = None

    def __call__(self, values: Any) -> Any:
        """Return what the model takes, for a batch of numbers, text or decoded pictures."""
        for layer in self.layers:
            values = layer(values, training=False)
        return values

    @property
    def needs_tensorflow(self) -> bool:
        """Whether a step reads text or encoded pictures, which TensorFlow alone can."""
        return self.dtype == "string"


def checked_preprocessing(
    preprocess: Any, tensors: Sequence[Any], names: Sequence[str]
) -> tuple[Preprocessing, ...]:
    """Return the steps before each input of a model.

    Args:
        preprocess: None, a step or a list of steps for the only input, or a dict by name. A step is
            a layer of Keras, or one of the names `"decode"`, `"resize"` and `"scale"`.
        tensors: The symbolic inputs of the model.
        names: Their names.

    Raises:
        ValueError: It is something else, or a step does not fit the input.
    """
    by_name = _by_name(preprocess, names)
    return tuple(
        _before(tensor, by_name.get(name, ()), name)
        for tensor, name in zip(tensors, names, strict=True)
    )


def _by_name(preprocess: Any, names: Sequence[str]) -> dict[str, Sequence[Any]]:
    if preprocess is None:
        return {}
    if isinstance(preprocess, Mapping):
        for name in preprocess:
            if name not in names:
                raise ValueError(
                    f"`preprocess` names the input {name!r}; the model has {list(names)}."
                    f"{did_you_mean(name, names)}"
                )
        return {name: _steps(steps) for name, steps in preprocess.items()}
    if len(names) > 1:
        raise ValueError(
            f"The model has the inputs {list(names)}: give `preprocess` as a dict by their names, "
            f'such as `{{"{names[0]}": ["resize"]}}`.'
        )
    return {names[0]: _steps(preprocess)}


def _steps(steps: Any) -> Sequence[Any]:
    listed = list(steps) if isinstance(steps, list | tuple) else [steps]
    for step in listed:
        if not isinstance(step, keras.Layer) and step not in STEPS:
            raise ValueError(
                f"A step of `preprocess` is a Keras layer or one of {STEPS}. Received: {step!r}."
                f"{did_you_mean(step, STEPS)}"
            )
    if DECODE in listed[1:]:
        raise ValueError(f'"decode" is the first step of `preprocess`. Received: {listed!r}.')
    return listed


def _before(tensor: Any, steps: Sequence[Any], name: str) -> Preprocessing:
    """Return the steps before one input; what they take follows from what the model takes."""
    layers = [_layer(step, tensor, name) for step in steps if step != DECODE]
    shape, dtype = tuple(tensor.shape), keras.backend.standardize_dtype(tensor.dtype)
    for layer in reversed(layers):
        shape, dtype = _taken_by(layer, shape, dtype)
    if DECODE not in steps:
        return Preprocessing(tuple(layers), shape, dtype)
    sizes = [layer for layer in layers[:1] if isinstance(layer, keras.layers.Resizing)]
    height, width = (sizes[0].height, sizes[0].width) if sizes else _size(tensor, name, shape)
    picture = (height, width, _channels(shape, name))
    return Preprocessing(tuple(layers), (None,), "string", picture)


def _layer(step: Any, tensor: Any, name: str) -> keras.Layer:
    if step == RESIZE:
        height, width = _size(tensor, name, tuple(tensor.shape))
        return keras.layers.Resizing(height, width, name=f"resize_{name}", data_format=_LAST)
    if step == SCALE:
        return keras.layers.Rescaling(1 / 255, name=f"scale_{name}")
    return step


_LAST = "channels_last"


def _taken_by(layer: keras.Layer, shape: Shape, dtype: str) -> tuple[Shape, str]:
    """Return shape and dtype of what a layer takes that gives a certain shape and dtype."""
    functional = functional_of(layer)
    if functional is not None and len(functional.inputs) == 1:
        (tensor,) = functional.inputs
        return tuple(tensor.shape), keras.backend.standardize_dtype(tensor.dtype)
    if isinstance(layer, keras.layers.TextVectorization):
        return (shape[0],), "string"
    if isinstance(layer, _TEXT_OF_ANY_SHAPE):
        return shape, "string"
    if isinstance(layer, _ANY_SIZE) and len(shape) == 4:
        return (shape[0], None, None, shape[3]), dtype
    return shape, dtype


def _size(tensor: Any, name: str, shape: Shape) -> tuple[int, int]:
    if len(shape) == 4 and shape[1] is not None and shape[2] is not None:
        return shape[1], shape[2]
    raise ValueError(
        f"The input `{name}` takes {tensor.dtype} of shape {tuple(tensor.shape)}, which says no "
        "height and width of a picture; name them by a `keras.layers.Resizing(height, width)` as "
        "the step after."
    )


def _channels(shape: Shape, name: str) -> int:
    if len(shape) == 4 and shape[3] in (1, 3, 4):
        return shape[3]
    raise ValueError(
        f"A picture is decoded to 1, 3 or 4 channels, the last dimension; before the input "
        f"`{name}` the shape is {shape}."
    )
