"""The one place that recognises which kind of data a user has given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import keras

from keras_mtl.batches.arrays import ArraySource
from keras_mtl.batches.generators import GeneratorSource
from keras_mtl.batches.indexed_rows import IndexedRows, refuse_tasks
from keras_mtl.batches.indexed_source import IndexedSource
from keras_mtl.batches.loaders import LoaderSource
from keras_mtl.batches.pydatasets import PyDatasetSource
from keras_mtl.batches.source import DataSource
from keras_mtl.batches.tf_datasets import TfDatasetSource
from keras_mtl.keras_private.data_adapters import is_tf_dataset


def recognise(x: Any, y: Any = None, sample_weight: Any = None) -> DataSource:
    """Return the data as a source of their kind; a kind that has no batches counts as arrays.

    To teach the package another kind of data, write a `DataSource` and name it here.

    Args:
        x: Arrays, or a stream of batches.
        y: Labels or other targets of arrays; None with a stream.
        sample_weight: Weights of arrays; None with a stream.

    Raises:
        InvalidInputs: They are the data of several tasks.
        ValueError: Labels or weights are given beside a stream.
    """
    refuse_tasks(x, "`x`")
    source = _stream(x, is_alone=y is None and sample_weight is None)
    if source is None:
        return ArraySource(x, y, sample_weight)
    for argument, value in (("y", y), ("sample_weight", sample_weight)):
        if value is not None:
            raise ValueError(
                f"`{argument}` goes with arrays. Received: x of type `{source.kind}`; let it give "
                f"batches `(x, y)` or `(x, y, sample_weight)`, and leave `{argument}` out."
            )
    return source


def _stream(x: Any, *, is_alone: bool) -> DataSource | None:
    # From the narrowest kind to the widest: data sets are iterable, too, and so is a generator.
    if isinstance(x, IndexedRows):
        return IndexedSource(x)
    if isinstance(x, keras.utils.PyDataset):
        return PyDatasetSource(x)
    if is_tf_dataset(x):
        return TfDatasetSource(x)
    if isinstance(x, Iterator):
        return GeneratorSource(x)
    if isinstance(x, Iterable) and not _holds_values(x):
        return LoaderSource(x)
    if isinstance(x, list) and is_alone and (not x or all(map(_is_batch, x))):
        return LoaderSource(x)
    return None


def _holds_values(x: Iterable[Any]) -> bool:
    """Return whether an iterable holds values, as arrays and dicts do, rather than batches."""
    has_array = hasattr(x, "shape") or hasattr(x, "__array__")
    return has_array or isinstance(x, str | bytes | Mapping | list | tuple)


def _is_batch(value: Any) -> bool:
    """Return whether an element of a list is `(x, y)` rather than a row, or an input's array."""
    if isinstance(value, tuple):
        return True
    parts = value if isinstance(value, list) else []
    return any(len(getattr(part, "shape", ())) > 0 or isinstance(part, Mapping) for part in parts)
