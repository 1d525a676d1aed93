"""The graph of a model of several tasks: one trunk, and a head for each task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from keras_mtl.common.arguments import name_or_none
from keras_mtl.common.structures import unwrap_single
from keras_mtl.graph.layer_graph import checked_functional
from keras_mtl.heads.head_like import HeadLike
from keras_mtl.keras_private.graphs import Functional, producer
from keras_mtl.keras_private.layers import sublayers
from keras_mtl.models.task_heads import SharedHeads, TaskHeads, task_heads
from keras_mtl.optimizers.layer_paths import ModelOfParts
from keras_mtl.surgery.layer_copies import copy_of_input
from keras_mtl.surgery.static_flags import BatchNormPolicy, check_batchnorm
from keras_mtl.surgery.trunk import ClassPreserving
from keras_mtl.training.state import TrainingState
from keras_mtl.training.task_compiling import TaskArguments
from keras_mtl.training.task_graphs import TrunkAndHeads


class TrunkWithHeads(ModelOfParts, ClassPreserving):
    """A Functional model whose outputs are a dict by task; `MultiTaskModel` describes it.

    Attributes:
        tasks: The names of the tasks.
        training_state: What training keeps of the model until it is compiled again.
    """

    def __init__(
        self,
        trunk: keras.Model,
        heads: Mapping[str, HeadLike] | TaskHeads,
        batchnorm: BatchNormPolicy,
        name: str | None,
    ) -> None:
        check_batchnorm(batchnorm)
        name = name_or_none("name", name) or "multitask"
        functional = checked_functional(trunk)
        input_names = [tensor.name for tensor in functional.inputs]
        placed = task_heads(heads, [trunk.name], input_names)
        inputs = keras.tree.map_structure(copy_of_input, unwrap_single(functional.input))
        features = unwrap_single(trunk(inputs))
        super().__init__(inputs, placed.outputs(features), name=name)
        self.tasks = placed.tasks
        self.training_state = self.new_state({})
        if batchnorm == "frozen":
            for layer in sublayers(trunk):
                if isinstance(layer, keras.layers.BatchNormalization):
                    layer.trainable = False

    @property
    def trunk(self) -> keras.Model:
        """The layers that the tasks share."""
        return _trunk_of(self, self.heads)

    @property
    def heads(self) -> dict[str, keras.Layer]:
        """The last layers of each task."""
        return {task: producer(self.output[task]) for task in self.tasks}

    @property
    def layers_by_part(self) -> Mapping[str, list[keras.Layer]]:
        """The trunk and all heads, for the rates of `layerwise`."""
        return {"trunk": [self.trunk], "head": list(self.heads.values())}

    def new_state(self, arguments: TaskArguments) -> TrainingState:
        """Return a fresh state of training.

        Args:
            arguments: What is known of the losses and metrics of the tasks.
        """
        graphs = TrunkAndHeads(self, self.trunk, self.heads)
        return TrainingState(self, graphs, arguments)

    def get_config(self) -> dict[str, Any]:
        """Return the trunk and the heads, without their weights."""
        serialize = keras.saving.serialize_keras_object
        heads = [[task, serialize(head)] for task, head in self.heads.items()]
        return {"name": self.name, "trunk": serialize(self.trunk), "heads": heads}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> TrunkWithHeads:
        """Return the model that `get_config` describes, with fresh weights."""
        revive = keras.saving.deserialize_keras_object
        heads = {task: revive(head, custom_objects) for task, head in config["heads"]}
        return cls(  # type: ignore[call-arg]
            revive(config["trunk"], custom_objects), SharedHeads(heads), name=config["name"]
        )

    @classmethod
    def of_graph(cls, inputs: Any, outputs: Any, name: str) -> TrunkWithHeads:
        """Make the model from the symbolic inputs and outputs of one trunk and its heads."""
        graph = Functional(inputs, outputs)
        heads = {task: producer(output) for task, output in outputs.items()}
        return cls(_trunk_of(graph, heads), SharedHeads(heads), name=name)  # type: ignore[call-arg]


def _trunk_of(model: Functional, heads: Mapping[str, keras.Layer]) -> keras.Model:
    """Return the layer that is neither an input nor a head.

    It is found in the graph, because a copy made by `of_graph` is given nothing else.
    """
    others = {id(head) for head in heads.values()}
    inner = (layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer))
    return next(layer for layer in inner if id(layer) not in others)
