"""A model as it is exported: its inputs and outputs by name, and what runs in front of it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import keras

from keras_mtl.common.structures import unwrap_single
from keras_mtl.exporting.preprocessing import Preprocessing
from keras_mtl.graph.functional_models import checked_functional
from keras_mtl.keras_private.graphs import producer
from keras_mtl.models.multi_task_model import MultiTaskModel
from keras_mtl.models.transfer_model import TransferModel
from keras_mtl.serving.manifest import ExportedInput, ExportedOutput

DEFAULT_SIGNATURE = "serving_default"
"""The signature that TensorFlow Serving calls when a request names none."""
KERAS_SIGNATURE = "serve"
"""The signature that `keras.layers.TFSMLayer` calls, and that `keras.Model.export` writes."""
FEATURES = "features"
"""The signature of the trunk, and its output where the trunk has a single one."""


@dataclass(frozen=True)
class Served:
    """A model to be exported.

    Attributes:
        model: A Functional or built Sequential model.
        inputs: What the export takes, in the order of the model's inputs.
        outputs: What it gives, in the order of the model's outputs.
        preprocessing: What is done with each input before the model, in their order.
    """

    model: keras.Model
    inputs: tuple[ExportedInput, ...]
    outputs: tuple[ExportedOutput, ...]
    preprocessing: tuple[Preprocessing, ...]

    @property
    def structure(self) -> str:
        """How `predict` of the model gives its outputs."""
        output = unwrap_single(checked_functional(self.model).output)
        if isinstance(output, keras.KerasTensor):
            return "single"
        flat = all(isinstance(one, keras.KerasTensor) for one in _values(output))
        return "list" if flat and not isinstance(output, dict) else "dict"

    @property
    def tasks(self) -> tuple[str, ...]:
        """The names of the tasks, or else of the outputs."""
        if isinstance(self.model, MultiTaskModel):
            return tuple(self.model.tasks)
        return tuple(output.name for output in self.outputs)

    @property
    def input_structure(self) -> Any:
        """The inputs in the structure in which the model takes them."""
        return unwrap_single(checked_functional(self.model).input)

    @property
    def parts(self) -> Parts | None:
        """The trunk and the heads of one of our models; None of a model with other parts."""
        if isinstance(self.model, MultiTaskModel):
            parts = Parts(self.model.trunk, self.model.heads)
        elif isinstance(self.model, TransferModel):
            parts = Parts(self.model.trunk, {self.outputs[0].name: self.model.head})
        else:
            return None
        called = {id(one) for one in self.model.operations if not _is_input(one)}
        whole = called == {id(parts.trunk), *map(id, parts.heads.values())}
        return parts if whole and len(parts.heads) == len(self.outputs) else None

    def without_labels(self) -> Served:
        """Return the same without outputs that hold the label of each sample."""
        return replace(self, outputs=tuple(replace(one, labels=None) for one in self.outputs))

    def for_one_row(self) -> Served | None:
        """Return the same for batches of one row; None if the size of a batch is known already."""
        if any(one.shape[0] is not None for one in self.inputs):
            return None
        inputs = tuple(replace(one, shape=(1, *one.shape[1:])) for one in self.inputs)
        return replace(self, inputs=inputs)


@dataclass(frozen=True)
class Parts:
    """What one of our models is made of.

    Attributes:
        trunk: The shared layers.
        heads: The last layers, by the name of the output.
    """

    trunk: keras.Model
    heads: Mapping[str, keras.Layer]

    @property
    def feature_names(self) -> list[str]:
        """Names of the outputs of the trunk, in the order in which Keras flattens them."""
        functional = checked_functional(self.trunk)
        if len(functional.outputs) == 1:
            return [FEATURES]
        return output_names(self.trunk)


def input_names(model: keras.Model) -> list[str]:
    """Return the names of the inputs as TensorFlow writes them, in their order."""
    return distinct(_input_name(tensor) for tensor in checked_functional(model).inputs)


def output_names(model: keras.Model) -> list[str]:
    """Return one name for each output, in the order in which Keras flattens them."""
    structure = unwrap_single(checked_functional(model).output)
    return distinct(
        "_".join(map(str, path)) if any(isinstance(key, str) for key in path) else layer_name(t)
        for path, t in keras.tree.flatten_with_path(structure)
    )


def layer_name(tensor: Any) -> str:
    """Return the name of the layer or operation that gives a symbolic tensor."""
    return producer(tensor).name


def distinct(names: Iterable[str]) -> list[str]:
    """Return the names without duplicates; the second of two equal ones becomes `"name_1"`."""
    taken: list[str] = []
    for name in names:
        candidates = itertools.chain([name], (f"{name}_{i}" for i in itertools.count(1)))
        taken.append(next(candidate for candidate in candidates if candidate not in taken))
    return taken


def _input_name(tensor: Any) -> str:
    """Return the name of the input layer, changed as TensorFlow changes names of arguments."""
    name = re.sub(r"[^A-Za-z0-9_]", "_", layer_name(tensor))
    if name[0].isdigit():
        return f"arg_{name}"
    return f"input{name}" if name[0] == "_" else name


def _is_input(operation: keras.Operation) -> bool:
    return isinstance(operation, keras.layers.InputLayer)


def _values(structure: Any) -> list[Any]:
    return list(structure.values()) if isinstance(structure, dict) else list(structure)
