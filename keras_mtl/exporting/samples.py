"""The samples that an export is checked on: given by the caller, or drawn to fit the inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from keras_mtl.exporting.preprocessing import Preprocessing
from keras_mtl.exporting.served import Served
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.serving.given_inputs import checked_inputs

ROWS = 4
"""Rows that are drawn."""
MOST = 256
"""Rows of a given sample on which parity is measured."""
SIZES = (32, 128, 256, 8)
"""Sizes to try, in this order, for input dimensions of any size, as copies are checked."""
PICTURE = (45, 37)
"""Height and width of drawn pictures, where any size goes."""

Arrays = dict[str, np.ndarray]
_LOOKUPS = (keras.layers.StringLookup, keras.layers.TextVectorization, keras.layers.IntegerLookup)


def given_sample(served: Served, sample: Any) -> Arrays:
    """Return the rows of a given sample that are used, by the names of the inputs.

    Raises:
        InvalidFeatures: It does not fit the inputs of the export.
    """
    return {name: array[:MOST] for name, array in checked_inputs(sample, served.inputs).items()}


def drawn_samples(served: Served) -> Iterator[Arrays]:
    """Yield samples that fit the inputs, of other sizes where these are open.

    Numbers are standard normal, from 0 to 255 for pictures that are resized or decoded; integers
    are below the size of the table that they are looked up in; text is of known words.
    """
    generator = np.random.default_rng(0)
    limits, words = _limits(served.model), _words(served)
    open_ended = any(None in one.shape[1:] for one in served.inputs)
    for size in SIZES if open_ended else SIZES[:1]:
        yield {
            one.name: _drawn(
                one.shape, one.dtype, steps, size, generator, limits[index], words[index]
            )
            for index, (one, steps) in enumerate(
                zip(served.inputs, served.preprocessing, strict=True)
            )
        }


def sample_that_runs(served: Served, expected: Callable[[Arrays], Arrays]) -> tuple[Arrays, Arrays]:
    """Return a drawn sample that the model accepts, and what it gives.

    Raises:
        ValueError: The model accepts none.
    """
    failure: Exception | None = None
    for sample in drawn_samples(served):
        try:
            outputs = expected(sample)
        except Exception as error:  # Layers may refuse a size; the next one may fit.
            failure = error
        else:
            if all(array.size for array in outputs.values()):
                return sample, outputs
            failure = ValueError("an output is empty")
    raise ValueError(
        f"`{served.model.name}` does not run on inputs drawn to check the export: give some as "
        f"`sample`. The reason: {' '.join(str(failure).split())}"
    ) from failure


def _drawn(
    shape: tuple[int | None, ...],
    dtype: str,
    steps: Preprocessing,
    size: int,
    generator: np.random.Generator,
    limit: int | None,
    words: list[Any],
) -> np.ndarray:
    first, *others = shape
    rows = first or ROWS
    if steps.picture is not None:
        return _encoded(rows, steps.picture[2], generator)
    if steps.layers and len(shape) == 4 and shape[1] is None:
        pixels = generator.integers(0, 256, (rows, *PICTURE, shape[3] or 3))
        return pixels.astype(dtype)
    sizes = (rows, *(dim or size for dim in others))
    if dtype == "string":
        return generator.choice(np.array(words or [""], object), sizes)
    if words:
        return generator.choice(np.array(words), sizes).astype(dtype)
    if "float" in dtype:
        return generator.standard_normal(sizes).astype("float32" if dtype == "bfloat16" else dtype)
    if dtype == "bool":
        return generator.integers(0, 2, sizes).astype(bool)
    highest = 256 if dtype == "uint8" and limit is None else (limit or 2)
    return generator.integers(0, min(highest, np.iinfo(dtype).max + 1), sizes).astype(dtype)


def _encoded(rows: int, channels: int, generator: np.random.Generator) -> np.ndarray:
    """Return pictures of noise as the bytes of PNG files."""
    import tensorflow as tf

    pixels = generator.integers(0, 256, (rows, *PICTURE, channels)).astype("uint8")
    encoded = np.empty(rows, object)
    encoded[:] = [tf.io.encode_png(picture).numpy() for picture in pixels]
    return encoded


def _limits(model: keras.Model) -> list[int | None]:
    """Return for each input the smallest table in which its integers are looked up."""
    graph = Graph.of(model)
    limits: list[int | None] = []
    for number in graph.inputs:
        readers = [call.operation for call in graph.opened.calls if number in call.inputs]
        sizes = [one.input_dim for one in readers if isinstance(one, keras.layers.Embedding)]
        limits.append(min(sizes, default=None))
    return limits


def _words(served: Served) -> list[list[Any]]:
    """Return for each input known words of the layer that looks them up."""
    graph = Graph.of(served.model)
    words = []
    for number, steps in zip(graph.inputs, served.preprocessing, strict=True):
        readers = [call.operation for call in graph.opened.calls if number in call.inputs]
        tables = [one for one in (*steps.layers, *readers) if isinstance(one, _LOOKUPS)]
        words.append(list(tables[0].get_vocabulary(include_special_tokens=False)) if tables else [])
    return words
