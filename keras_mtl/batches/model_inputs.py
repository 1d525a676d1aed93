"""The inputs of a model, and the data for them: names, structure, shapes, dtypes, lengths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

import keras
import numpy as np

from keras_mtl.batches.batch import EACH_ITS_OWN, UNBATCHED, hint_for_dicts
from keras_mtl.batches.finite_inputs import FiniteInputs
from keras_mtl.batches.values import by_column, dense_array, in_floatx, is_frame, is_text
from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.common.shapes import Shape, fits
from keras_mtl.errors import InvalidFeatures, InvalidInputs
from keras_mtl.graph.functional_models import checked_functional


class ModelInputs:
    """The inputs that a model takes.

    Args:
        structure: `model.input`: a symbolic tensor, or a list or dict of them.
    """

    def __init__(self, structure: Any) -> None:
        self.structure = structure
        self.tensors = keras.tree.flatten(structure)
        self.names = [tensor.name for tensor in self.tensors]
        self.keys = self.names
        if isinstance(structure, dict):
            keys = {id(tensor): key for key, tensor in structure.items()}
            self.keys = [keys[id(tensor)] for tensor in self.tensors]

    @classmethod
    def of(cls, model: keras.Model) -> ModelInputs:
        """Return the inputs of a Functional or built Sequential model."""
        return cls(checked_functional(model).input)

    @property
    def are_named(self) -> bool:
        """Whether their data have names, as the columns of a data frame have."""
        return len(self.names) > 1 or isinstance(self.structure, dict)

    def read(self, x: Any, what: str, *, batched: bool = False) -> Any:
        """Return arrays in the structure of the model's inputs, each of a shape that it takes.

        Args:
            x: An array for a model with one input; for several a dict or a data frame of them by
                the inputs' names, or a list in their order.
            what: What messages call the data, such as "`x`".
            batched: Whether the data are one batch of a stream.

        Raises:
            InvalidFeatures: An input is missing, or has a wrong shape or dtype.
            InvalidInputs: The inputs are no arrays, lack a value, or differ in length.
        """
        arrays = [
            _with_rank(in_floatx(array), self.added_axes(index, array.shape, what, batched=batched))
            for index, array in enumerate(self._arrays(x, what, batched=batched))
        ]
        # Runs for each batch, and most models have one input: `pack_sequence_as` would cost more.
        if self.structure is self.tensors[0]:
            return arrays[0]
        self.check_lengths(arrays, what)
        return keras.tree.pack_sequence_as(self.structure, arrays)

    def arrange(self, x: Any, what: str) -> Any:
        """Return checked arrays in the structure of the model's inputs, each of a rank it takes.

        Unlike `read`, this neither converts nor copies, so data that fill the memory stay as they
        are, and batches of the result need no check.

        Args:
            x: What `count_rows` accepted, as arrays and tensors.
            what: What messages call the data.

        Raises:
            InvalidFeatures: An input is missing, or has a wrong shape.
        """
        arrays = [
            _with_rank(array, self.added_axes(index, tuple(array.shape), what))
            for index, array in enumerate(self.in_order(x, what))
        ]
        return keras.tree.pack_sequence_as(self.structure, arrays)

    def check_forms(self, x: Any, what: str) -> None:
        """Refuse arrays that do not fit, without reading their values.

        Args:
            x: Arrays and tensors, as `ArraySource.as_arrays` returns them.
            what: What messages call the data.

        Raises:
            InvalidFeatures: An input is missing, or has a wrong shape or dtype; or there are no
                samples.
            InvalidInputs: The inputs differ in length.
        """
        arrays = self.in_order(x, what)
        for index, (tensor, array) in enumerate(zip(self.tensors, arrays, strict=True)):
            self.added_axes(index, tuple(array.shape), what)
            if isinstance(array, np.ndarray):
                check_dtype(array[:1], tensor.dtype, f"The input `{tensor.name}` in {what}")
        lengths = {n: array.shape[0] for n, array in zip(self.names, arrays, strict=True)}
        self._check_equal(lengths, what)
        if not arrays[0].shape[0]:
            raise InvalidFeatures(f"There are no samples in {what}.")

    def count_rows(self, x: Any, what: str) -> int:
        """Return the number of samples in finite arrays that fit, without a copy of any.

        Raises:
            As `read`, and InvalidFeatures if there are no samples, or values are NaN or infinite.
        """
        arrays = list(self._arrays(x, what))
        for index, array in enumerate(arrays):
            self.added_axes(index, array.shape, what)
        self.check_lengths(arrays, what)
        if not len(arrays[0]):
            raise InvalidFeatures(f"There are no samples in {what}.")
        FiniteInputs(self.tensors, what).check(arrays)
        return len(arrays[0])

    def check_specs(self, x: Any, what: str) -> None:
        """Refuse a stream whose known shapes do not fit.

        Args:
            x: The inputs in the `element_spec` of a `tf.data.Dataset`.
            what: What messages call the data.
        """
        for index, spec in enumerate(self.in_order(x, what, batched=True)):
            if spec.shape.rank is not None:
                self.added_axes(index, tuple(spec.shape), what, batched=True)

    def in_order(self, x: Any, what: str, *, batched: bool = False) -> list[Any]:
        """Return what is given for each input, in the order of the flat inputs.

        Raises:
            InvalidFeatures: An input is missing, or there is another number of arrays.
        """
        if is_frame(x) and self.are_named:
            x = by_column(x)
        if isinstance(x, Mapping) and not hasattr(x, "shape"):  # A sparse `dok_matrix` is a dict.
            return self._by_name(x, what, batched)
        if len(self.tensors) == 1:
            return [self._only(x, what, batched)]
        if isinstance(x, list | tuple) and len(x) == len(self.tensors):
            return list(x)
        raise self._wrong_number(x, what, batched)

    def added_axes(self, index: int, shape: Shape, what: str, *, batched: bool = False) -> int:
        """Return how many axes are to be added at the end, if the shape fits the input then.

        As in Keras a last dimension of 1 may be left out, or be one too many.

        Raises:
            InvalidFeatures: It does not fit.
        """
        expected = self.tensors[index].shape
        if fits(shape, expected):
            return 0
        if expected[-1] == 1 and fits((*shape, 1), expected):
            return 1
        if shape[-1:] == (1,) and fits(shape[:-1], expected):
            return -1
        raise InvalidFeatures(
            f"{what[0].upper()}{what[1:]} does not fit the input `{self.names[index]}` of the "
            f"model: expected the shape {expected}. Received: {tuple(shape)}."
            f"{_hint(shape, expected, batched)}"
        )

    def check_lengths(self, arrays: list[np.ndarray], what: str) -> None:
        """Refuse arrays with different numbers of rows, one for each input.

        Raises:
            InvalidInputs: They differ.
        """
        lengths = {name: len(array) for name, array in zip(self.names, arrays, strict=True)}
        self._check_equal(lengths, what)

    def _check_equal(self, lengths: dict[str, int], what: str) -> None:
        if len(set(lengths.values())) > 1:
            raise InvalidInputs(
                f"All inputs in {what} must have the same number of rows. Received: {lengths}."
            )

    def _arrays(self, x: Any, what: str, *, batched: bool = False) -> Iterator[np.ndarray]:
        for tensor, value in zip(
            self.tensors, self.in_order(x, what, batched=batched), strict=True
        ):
            where = f"The input `{tensor.name}` in {what}"
            if batched and value is not None and np.ndim(value) == 0:
                raise InvalidInputs(f"{where} is a single value. {UNBATCHED}")
            array = dense_array(value, where)
            check_dtype(array, tensor.dtype, where)
            yield array

    def _by_name(self, x: Mapping[str, Any], what: str, batched: bool) -> list[Any]:
        """Return the value for each input; as in Keras, other keys are ignored."""
        for keys in (self.keys, self.names):
            if set(keys) <= set(x):
                return [x[key] for key in keys]
        missing = next(key for key in self.keys if key not in x)
        raise InvalidFeatures(
            f"The model has the inputs {self.keys}. Received: {list(x)} in {what}; {missing!r} is "
            f"missing.{did_you_mean(missing, map(str, x))}{hint_for_dicts(x) if batched else ''}"
        )

    def _only(self, x: Any, what: str, batched: bool) -> Any:
        """Return the array for a single input: given as it is, in a list of one, or as its rows."""
        if not isinstance(x, list | tuple) or not x or not all(map(_is_array, x)):
            return x
        expected = self.tensors[0].shape
        if len(x) == 1 and (isinstance(x, tuple) or _is_batch(x[0].shape, expected)):
            return x[0]
        if any(len(row.shape) != len(expected) - 1 for row in x):
            raise self._wrong_number(x, what, batched)
        return x

    def _wrong_number(self, x: Any, what: str, batched: bool) -> InvalidFeatures:
        received = f"{len(x)} arrays" if isinstance(x, list | tuple) else f"`{type(x).__name__}`"
        needs = f"The model has {len(self.names)} inputs, {self.keys}: {what} must be a dict of "
        needs += "arrays by these names, or a list in this order"
        if len(self.names) == 1:
            needs = f"The model has one input, {self.keys[0]!r}: {what} must be one array"
        zipped = f" {EACH_ITS_OWN}" if batched and isinstance(x, tuple) else ""
        return InvalidFeatures(f"{needs}. Received: {received}.{zipped}")


def check_dtype(array: np.ndarray, expected: str, what: str) -> None:
    """Refuse text for numbers, numbers for text, and what is neither.

    Raises:
        InvalidFeatures: The array has a dtype that the input does not take.
    """
    text = expected == "string"
    fit = is_text(array) if text else array.dtype.kind in "biuf" or "float" in array.dtype.name
    if not fit:
        takes = "text" if text else f"numbers ({expected})"
        example = "" if array.dtype != object else f", such as {array.ravel()[:1].tolist()}"
        raise InvalidFeatures(f"{what} takes {takes}. Received: {array.dtype}{example}.")


def _is_array(value: Any) -> bool:
    return len(getattr(value, "shape", ())) > 0


def _is_batch(shape: Shape, expected: Shape) -> bool:
    """Return whether a shape is that of many rows; a last dimension of 1 may be left out."""
    return len(shape) == len(expected) or (expected[-1] == 1 and fits((*shape, 1), expected))


def _with_rank(array: np.ndarray, added: int) -> np.ndarray:
    if added == 0:
        return array
    return array[..., None] if added > 0 else array[..., 0]


def _hint(shape: Shape, expected: Shape, batched: bool) -> str:
    one_sample = any(fits((1, *shape, *more), expected) for more in ((), (1,)))
    if batched and (one_sample or not shape):
        return f" {UNBATCHED}"
    if one_sample:
        return " Reshape your data: one sample is `x[None]`."
    sizes = [size or 0 for size in shape[1:]]
    if not batched and 0 < prod(sizes) == prod(size or 0 for size in expected[1:]):
        new_shape = ", ".join(map(str, (-1, *expected[1:])))
        return f" Reshape your data: `x.reshape({new_shape})`."
    return ""
