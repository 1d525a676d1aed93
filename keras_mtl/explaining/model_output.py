"""One output of a Keras model: its tensor, its values, what it means."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np

from keras_mtl.explaining.output_meaning import OutputMeaning, call_of
from keras_mtl.graph.functional_models import checked_functional, functional_of
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.heads.head import Head
from keras_mtl.heads.task_names import check_task
from keras_mtl.models.trunk_with_heads import TrunkWithHeads


@dataclass(frozen=True)
class ModelOutput:
    """One output of a model.

    Attributes:
        model: The model, or the part of it that leads to the output.
        index: The position of the output among its outputs.
        loss: The loss that the output is trained with; None if it is not known.
    """

    model: keras.Model
    index: int
    loss: Any

    @classmethod
    def of(cls, model: keras.Model, task: str | None) -> ModelOutput:
        """Return the output of a task, or the only one.

        Args:
            model: The model.
            task: A task of a `MultiTaskModel`, the name of an output of another model, or None.

        Raises:
            TaskNotFound: There is no such output.
            ValueError: There are several outputs, and `task` is None.
        """
        if isinstance(model, TrunkWithHeads):
            name = _named(model.name, task, model.tasks)
            loss = model.training_state.arguments.get("loss", {}).get(name)
            return cls(model.training_state.graphs.of_task(name), 0, loss)
        functional = functional_of(model)
        if functional is None:
            if isinstance(model, keras.Sequential):
                checked_functional(model)  # It has no input shape yet, which predicting would set.
            if task is not None:
                raise ValueError(f"`{model.name}` has no tasks. Received: task={task!r}.")
            return cls(model, 0, _loss_of(model))
        names = list(functional.output_names)
        if isinstance(functional.output, dict):
            # Keras flattens a dict in the order of its keys.
            names = sorted(functional.output)
        named = task is not None or len(names) > 1
        index = names.index(_named(model.name, task, names)) if named else 0
        return cls(model, index, _loss_of(model) if len(names) == 1 else None)

    @cached_property
    def graph(self) -> Graph | None:
        """The graph of the model; None of a subclassed model."""
        return None if functional_of(self.model) is None else Graph.of_whole(self.model)

    @cached_property
    def number(self) -> int:
        """The number of the output in the opened graph."""
        assert self.graph is not None
        return int(keras.tree.flatten(self.graph.opened.structure)[self.index])

    @cached_property
    def meaning(self) -> OutputMeaning:
        """What the head, or the last layers and the loss, tell of the output."""
        if self.graph is None:
            return OutputMeaning()
        call = call_of(self.graph.opened, self.number)
        if call is not None and isinstance(call.operation, Head):
            return OutputMeaning.of_head(call.operation)
        return OutputMeaning.of_layers(self.graph.opened, self.number, self.loss)

    def of_batch(self, tensors: Any) -> np.ndarray:
        """Return the values of the output for one batch, by one compiled call."""
        outputs = keras.tree.flatten(self.model.predict_on_batch(tensors))
        return np.asarray(outputs[self.index])


def _named(model: str, task: str | None, names: Any) -> str:
    if task is not None:
        return check_task(task, names, where="`task`")
    if len(names) > 1:
        raise ValueError(f"`{model}` has the outputs {list(names)}; name one by `task`.")
    return str(next(iter(names)))


def _loss_of(model: keras.Model) -> Any:
    return model.loss if model.compiled else None
