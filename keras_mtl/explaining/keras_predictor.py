"""A Keras model as a predictor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import keras
import numpy as np

from keras_mtl.batches.arrays import ArraySource
from keras_mtl.batches.finite_inputs import FiniteInputs
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.batches.orders import BATCH_SIZE
from keras_mtl.batches.values import as_structure, as_tensors
from keras_mtl.errors import InvalidFeatures
from keras_mtl.explaining.grad_cam import class_maps, map_layer
from keras_mtl.explaining.kept_rows import Row
from keras_mtl.explaining.labelled_batches import check_count, labelled_batches, recognised
from keras_mtl.explaining.model_output import ModelOutput
from keras_mtl.explaining.output_meaning import OutputMeaning
from keras_mtl.explaining.predictor import Answered, Predictor
from keras_mtl.explaining.state_kept import state_kept
from keras_mtl.graph.functional_models import functional_of
from keras_mtl.graph.preprocessors import preprocessor_of
from keras_mtl.keras_private.retracing import expected_to_trace


class KerasPredictor(Predictor):
    """A Keras model; it is run in inference mode and stays as it is.

    Args:
        model: The model, compiled or not.
        task: Which of its outputs, if it has several.
        batch_size: Rows of a batch of arrays; None for 32, or what the model takes.
        verbose: As in `predict`.
    """

    def __init__(
        self, model: keras.Model, task: str | None, batch_size: int | None, verbose: str | int
    ) -> None:
        self.output = ModelOutput.of(model, task)
        self.name = model.name
        self.task = task
        self._fixed_size = _fixed_size(self.output.model)
        self._size = self._fixed_size or batch_size or BATCH_SIZE
        self._verbose = 0 if verbose == 0 else 1
        self._largest = 0

    @cached_property
    def meaning(self) -> OutputMeaning:
        """What the head, the last layers and the loss tell."""
        return self.output.meaning

    def answers(self, x: Any, y: Any) -> Iterator[Answered]:
        """Yield the rows with the outputs for them; a stream is read once, in its order."""
        with state_kept(self.output.model), expected_to_trace():
            source = recognised(x, y)
            if isinstance(source, ArraySource):
                yield from self._of_arrays(x, y)
                return
            progress = keras.utils.Progbar(source.num_batches, verbose=self._verbose)
            for inputs, labels in labelled_batches(source, self.task):
                arrays = self._read(inputs, "a batch of `x`", batched=True)
                yield Answered(keras.tree.flatten(arrays), self._run(arrays), labels)
                progress.add(1)

    def heat(self, rows: Sequence[Row], outputs: Sequence[int]) -> list[np.ndarray] | None:
        """Return a class activation map for each row; None if the model has no layer for one."""
        graph = self.output.graph
        if graph is None or map_layer(graph, self.output.number) is None:
            return None
        # One by one: pictures of a stream may differ in size.
        batches = [[array[None] for array in row] for row in rows]
        return [
            class_maps(self.output, batch, np.array([index]), None)[0]
            for batch, index in zip(batches, outputs, strict=True)
        ]

    def _of_arrays(self, x: Any, y: Any) -> Iterator[Answered]:
        arrays = self._read(x, "`x`", batched=False)
        leaves = keras.tree.flatten(arrays)
        rows = len(leaves[0])
        if not rows:
            raise InvalidFeatures("There are no samples in `x`.")
        check_count(rows, y)
        progress = keras.utils.Progbar(-(-rows // self._size), verbose=self._verbose)
        for start in range(0, rows, self._size):
            part = _rows(arrays, slice(start, start + self._size))
            yield Answered(keras.tree.flatten(part), self._run(part), None)
            progress.add(1)

    def _read(self, x: Any, what: str, *, batched: bool) -> Any:
        """Return arrays in the structure of the inputs of the model."""
        model = self.output.model
        # A subclassed model, or one that prepares its inputs, takes what it takes.
        if functional_of(model) is None or preprocessor_of(model) is not None:
            return as_structure(x, what)
        inputs = ModelInputs.of(model)
        arrays = inputs.read(x, what, batched=batched)
        FiniteInputs(inputs.tensors, what).check(arrays)
        return arrays

    def _run(self, arrays: Any) -> np.ndarray:
        """Return the outputs for any number of rows.

        Rows go through in batches of one size, the last one filled up, so that one compiled
        function serves: it is made for each size.
        """
        rows = len(keras.tree.flatten(arrays)[0])
        size = self._fixed_size or rows
        if not self._fixed_size:
            size = self._largest = max(self._largest, rows)
        parts = []
        for start in range(0, rows, size):
            filled = np.minimum(np.arange(start, start + size), rows - 1)
            outputs = self.output.of_batch(as_tensors(_rows(arrays, filled)))
            parts.append(outputs[: rows - start])
        return np.concatenate(parts)


def _rows(arrays: Any, rows: Any) -> Any:
    return keras.tree.map_structure(lambda array: array[rows], arrays)


def _fixed_size(model: keras.Model) -> int | None:
    """Return the only size of a batch that a model takes; None if it takes any."""
    functional = functional_of(model)
    sizes = [] if functional is None else [tensor.shape[0] for tensor in functional.inputs]
    return next((size for size in sizes if size is not None), None)
