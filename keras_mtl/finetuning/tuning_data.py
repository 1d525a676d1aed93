"""The data of one call of `fine_tune`, read and checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras_mtl.batches.arrays import ArraySource
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.batches.recognise import recognise
from keras_mtl.batches.values import as_structure
from keras_mtl.caching.fit_arguments import validation_parts
from keras_mtl.errors import InvalidLabels
from keras_mtl.heads.head import Head
from keras_mtl.heads.labels import without_tensor
from keras_mtl.models.transfer_model import TransferModel
from keras_mtl.training.known_heads import num_classes
from keras_mtl.training.state import OneTaskState

SHOWN = 5
"""Classes that an error names."""


@dataclass(frozen=True)
class TuningData:
    """Labelled rows, or a stream of batches.

    Attributes:
        x: Inputs as arrays, or a stream.
        y: Labels of arrays; None with a stream.
        sample_weight: Weights of the rows of arrays, or None.
        batch_size: Rows of a batch.
        num_batches: Batches of a pass; None where it is not known.
        classes: The class of each row; None if labels are not one class for each row.
        is_endless: Whether a stream has no end.
    """

    x: Any
    y: Any
    sample_weight: Any
    batch_size: int
    num_batches: int | None
    classes: np.ndarray | None = None
    is_endless: bool = False

    @property
    def is_stream(self) -> bool:
        """Whether rows cannot be taken out."""
        return self.y is None

    @property
    def num_rows(self) -> int:
        """The number of rows of arrays."""
        return len(keras.tree.flatten(self.y)[0])


def read_data(
    model: TransferModel, x: Any, y: Any, sample_weight: Any, batch_size: int
) -> TuningData:
    """Read the data to train on: arrays as NumPy's, streams as they are.

    Raises:
        InvalidLabels: The labels do not fit the head.
        InvalidFeatures: The inputs do not fit the model.
        ValueError: The data can be read only once, or arrays have no labels.
    """
    source = recognise(x, y, sample_weight)
    if not isinstance(source, ArraySource):
        if source.is_read_once:
            raise ValueError(
                "A generator can be read only once, and each phase reads the data. Received: "
                f"`{source.kind}`; give arrays, a `tf.data.Dataset` or a `keras.utils.PyDataset`."
            )
        stream, count = model.checked_stream(x), source.num_batches
        return TuningData(stream, None, None, batch_size, count, is_endless=source.is_endless)
    if y is None:
        raise ValueError("`y` is missing: give the labels of `x`, or batches of both.")
    y, _ = model.checked_labels(y, None)
    inputs = ModelInputs.of(model)
    rows = inputs.count_rows(x, "`x`")
    x, y = inputs.read(x, "`x`"), as_structure(without_tensor(y), "`y`")
    weights = as_structure(without_tensor(sample_weight), "`sample_weight`")
    lengths = {
        len(leaf) for leaf in keras.tree.flatten([y, *([] if weights is None else [weights])])
    }
    if lengths != {rows}:
        raise ValueError(
            f"`x`, `y` and `sample_weight` have as many rows. Received: {rows} rows of `x`, and "
            f"{sorted(lengths)} labels or weights."
        )
    return TuningData(x, y, weights, batch_size, -(-rows // batch_size), _classes(model, y))


def check_validation(model: TransferModel, data: TuningData, validation_data: Any) -> Any:
    """Return the validation data with labels as numbers, if they have all classes of the data.

    Raises:
        InvalidLabels: The labels do not fit the head, or a class is missing.
        ValueError: The data have another form than `fit` takes.
    """
    validation_parts(validation_data)
    _, validation_data = model.checked_labels(None, validation_data)
    if not isinstance(validation_data, tuple | list) or len(validation_data) < 2:
        return model.checked_stream(validation_data, argument="validation_data")
    known, held = (
        data.classes,
        _classes(model, as_structure(without_tensor(validation_data[1]), "`y`")),
    )
    if known is None or held is None:
        return tuple(validation_data)
    missing = np.setdiff1d(known[known >= 0], held)  # Below it labels are missing.
    if len(missing):
        raise InvalidLabels(
            f"`validation_data` have no row of {_named(model, missing)}, which `y` has. Give some "
            "of each class, or leave `validation_data` out."
        )
    return tuple(validation_data)


def _classes(model: TransferModel, y: Any) -> np.ndarray | None:
    state = OneTaskState(model)
    if num_classes(state, *state.tasks) is None or not isinstance(y, np.ndarray):
        return None
    one_each = y.size == len(y) and y.dtype.kind in "biu"
    return y.reshape(-1).astype(np.int64) if one_each else None


def _named(model: TransferModel, classes: np.ndarray) -> str:
    names = model.head.classes if isinstance(model.head, Head) else None
    shown = [repr(names[c]) if names else str(c) for c in classes[:SHOWN].tolist()]
    more = f" and {len(classes) - SHOWN} more" if len(classes) > SHOWN else ""
    return f"the class{'es' if len(classes) > 1 else ''} {', '.join(shown)}{more}"
