"""The input layers of a model for tables, fitted to the rows to train on."""

from __future__ import annotations

import re
from typing import Any

import keras
import numpy as np

from keras_mtl.batches.row_reader import TEXT, InputSpec
from keras_mtl.datasets.frame_inputs import FrameRows
from keras_mtl.datasets.multi_task_dataset import MultiTaskDataset
from keras_mtl.datasets.task_dataset import TaskDataset
from keras_mtl.errors import InvalidTaskData, UnsupportedBackend

UNKNOWN = "[UNK]"
"""What Keras calls all texts that are not known."""
LARGEST = 1e18
"""Numbers whose squares are finite in float32 are smaller."""
FEW_ROWS = 50
"""Rows up to which each may have a text of its own."""


def tabular_inputs(data: MultiTaskDataset | TaskDataset) -> tuple[Any, Any]:
    """Make the input layers of a model for the columns of a table, and join them.

    Numbers are standardised with their mean and variance in these rows, texts and whole numbers
    that stand for texts become a vector with a 1 at their place, and all of it becomes one vector.
    Put the layers of a trunk on it. What the layers know of the data is in their configuration,
    so it is in every copy, file and export of the model.

    Args:
        data: The rows to train on, as `from_frame` or another source gives them. Inputs are
            numbers, vectors of numbers or texts.

    Returns:
        The inputs, a dict of symbolic tensors by name (one tensor if the data have a single input),
        and the features, a float tensor of shape `(batch, features)`: the arguments of
        `keras.Model(inputs, layers(features))`.

    Raises:
        InvalidTaskData: An input has more dimensions, gaps, or a text of its own in almost every
            row.
        UnsupportedBackend: An input holds texts, and Keras runs on JAX or torch.
        TypeError: `data` is something else.

    Example:
        >>> import keras, keras_mtl
        >>> table = {"age": [39, 50, 38, 53], "hours": [40, 13, 40, 35],
        ...          "sex": ["m", "m", "f", "f"], "income": ["low", "high", "high", "low"]}
        >>> data = keras_mtl.datasets.from_frame(table, ["age", "hours"], ["sex", "income"])
        >>> inputs, features = keras_mtl.datasets.tabular_inputs(data)
        >>> trunk = keras.Model(inputs, keras.layers.Dense(8, "relu")(features))
        >>> model = keras_mtl.MultiTaskModel(trunk, data.heads())
        >>> sorted(model.fit(data, epochs=1, verbose=0).history)
        ['income_accuracy', 'income_loss', 'loss', 'sex_accuracy', 'sex_loss']
    """
    if not isinstance(data, MultiTaskDataset | TaskDataset):
        parts = f", such as `data[{next(iter(data))!r}]`" if isinstance(data, dict) and data else ""
        raise TypeError(
            "`data` are the rows to train on, as `keras_mtl.datasets.from_frame` gives them"
            f"{parts}. Received: `{type(data).__name__}`."
        )
    specs = data.reader.specs
    for name, spec in specs.items():
        _check(name, spec)
    codes = _codes(data.reader)
    arrays = data.reader.read(data.rows)
    # Keras refuses slashes in names, and names that are there twice.
    used: set[str] = set()
    names = {name: _unused(name.replace("/", "_"), used) for name in specs}
    inputs, features = {}, []
    for name, spec in specs.items():
        label = _unused(re.sub(r"\W+", "_", f"{name}_encoded", flags=re.ASCII).strip("_"), used)
        if name in codes:
            layer = keras.layers.CategoryEncoding(codes[name], "one_hot", name=label)
            tensor = keras.Input((1,), dtype="int32", name=names[name])
        elif spec.dtype == TEXT:
            layer = _of_texts(arrays[name], name, label)
            tensor = keras.Input((1,), dtype="string", name=names[name])
        else:
            layer = _of_numbers(arrays[name], name, label)
            tensor = keras.Input((*spec.shape, *[1] * (not spec.shape)), name=names[name])
        inputs[name] = tensor
        features.append(layer(tensor))
    joined = (
        features[0]
        if len(features) == 1
        else keras.layers.Concatenate(name=_unused("columns", used))(features)
    )
    return (next(iter(inputs.values())) if data.reader.is_single else inputs), joined


def _check(name: str, spec: InputSpec) -> None:
    if len(spec.shape) > 1 or (spec.dtype == TEXT and spec.shape):
        raise InvalidTaskData(
            f"`tabular_inputs` is for numbers, vectors and texts. The input {name!r} has rows of "
            f"the shape {spec.shape}: begin its model with `keras.Input({spec.shape})`."
        )
    if spec.dtype == TEXT and keras.backend.backend() != "tensorflow":
        raise UnsupportedBackend(
            f"The input {name!r} holds texts, which Keras takes on TensorFlow only, not on "
            f"{keras.backend.backend()!r}. Give `from_frame(..., encode=True)`, which makes whole "
            "numbers of them."
        )


def _codes(reader: Any) -> dict[str, int]:
    """Return the number of codes of the inputs that are codes."""
    inputs = reader.inputs if isinstance(reader, FrameRows) else ()
    return {one.name: one.num_categories for one in inputs if one.num_categories is not None}


def _of_numbers(values: np.ndarray, name: str, label: str) -> keras.Layer:
    columns = values.reshape(len(values), -1).astype(np.float64)
    wrong = ~(np.abs(columns) < LARGEST).all(axis=1)  # NaN is not smaller either.
    if wrong.any():
        raise InvalidTaskData(
            f"The input {name!r} has no number, or one of {LARGEST:.0e} and more, in {wrong.sum()} "
            f"of {len(values)} rows. Leave these rows out, or put in numbers."
        )
    mean, variance = columns.mean(axis=0), columns.var(axis=0)
    # A column that is constant here may not be in other rows: a variance of 0 would blow it up.
    variance[variance < 1e-12 * np.maximum(1, mean**2)] = 1
    # As arguments they are in the config, and no copy of the layer can lose them.
    return keras.layers.Normalization(mean=mean.tolist(), variance=variance.tolist(), name=label)


def _of_texts(values: np.ndarray, name: str, label: str) -> keras.Layer:
    known = sorted(set(values.tolist()))
    if len(values) > FEW_ROWS and len(known) > len(values) // 2:
        raise InvalidTaskData(
            f"The input {name!r} has {len(known)} different texts in {len(values)} rows, so they "
            f"are no categories; such as {known[0]!r}. Leave it out of `inputs`, or make layers of "
            "your own for it, beginning with `keras.layers.TextVectorization`."
        )
    vocabulary = [one for one in known if one != UNKNOWN] or [""]  # Keras refuses an empty one.
    return keras.layers.StringLookup(vocabulary=vocabulary, output_mode="one_hot", name=label)


def _unused(name: str, used: set[str]) -> str:
    """Return a name that is not used yet, and note that it is used from now on."""
    unused = name
    while unused in used:
        unused = f"{name}_{len(used)}"
    used.add(unused)
    return unused
