"""Models that answer: a Keras model from a file, or an exported one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_mtl.cli.failures import bad_model, usage
from keras_mtl.cli.model_files import read_model

if TYPE_CHECKING:
    import keras
    import numpy as np

    from keras_mtl.heads.head import Head
    from keras_mtl.serving.loaded_export import LoadedExport
    from keras_mtl.serving.manifest import ExportedOutput


@dataclass(frozen=True)
class TakenInput:
    """An input of a model.

    Attributes:
        name: Its name.
        shape: Its shape with the samples, None where any size goes.
        dtype: Its dtype; `"string"` for text and for encoded pictures.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: str


@dataclass(frozen=True)
class Answer:
    """What a model says for one task.

    Attributes:
        task: The name of the task, or of the output.
        output: The numbers, rows first.
        labels: The class of each row, by name if it has one; None of measured numbers.
        classes: The names of the classes; None if they have none.
    """

    task: str
    output: np.ndarray
    labels: Any = None
    classes: tuple[Any, ...] | None = None

    def probability(self, index: int) -> float | None:
        """Return the probability of the class of a row; None for several labels at once."""
        row = self.output[index].reshape(-1)
        if isinstance(self.labels[index], tuple):
            return None
        return float(max(row[0], 1 - row[0]) if len(row) == 1 else row.max())


class Predictor(ABC):
    """A model that answers."""

    @property
    @abstractmethod
    def inputs(self) -> list[TakenInput]:
        """The inputs of the model."""

    @abstractmethod
    def answers(self, x: dict[str, np.ndarray], task: str | None, batch_size: int) -> list[Answer]:
        """Return the answers of each task, or of the one that is asked for."""


def predictor_of(path: Path, *, allow_unsafe: bool) -> Predictor:
    """Return the model in a file, or in a folder that `export` wrote."""
    if not path.is_dir() or (path / "keras_metadata.pb").exists():
        return _KerasPredictor(read_model(path, allow_unsafe=allow_unsafe))
    from keras_mtl.cli.quiet_start import quietly
    from keras_mtl.errors import DamagedExport, ExportNotFound
    from keras_mtl.serving.loaded_export import load_export

    try:
        with quietly():
            return _ExportPredictor(load_export(path))
    except (DamagedExport, ExportNotFound) as error:
        raise bad_model(str(error)) from error


class _ExportPredictor(Predictor):
    def __init__(self, loaded: LoadedExport) -> None:
        self._loaded = loaded

    @property
    def inputs(self) -> list[TakenInput]:
        return [TakenInput(one.name, one.shape, one.dtype) for one in self._loaded.inputs]

    def answers(self, x: dict[str, np.ndarray], task: str | None, batch_size: int) -> list[Answer]:
        wanted = [one for one in self._loaded.outputs if task in (None, one.name)]
        if not wanted:
            names = [one.name for one in self._loaded.outputs]
            raise usage(f"`--task` is one of {names}. Received: {task!r}.")
        return [self._answer(one, x, batch_size) for one in wanted]

    def _answer(self, one: ExportedOutput, x: Any, batch_size: int) -> Answer:
        from keras_mtl.serving.class_labels import class_labels, has_classes

        output = self._loaded.predict(x, task=one.name, batch_size=batch_size)
        labels = class_labels(output, one) if has_classes(one) else None
        return Answer(one.name, output, labels, one.classes)


class _KerasPredictor(Predictor):
    def __init__(self, network: keras.Model) -> None:
        from keras_mtl.graph.functional_models import checked_functional

        self._network = network
        self._functional = checked_functional(network)

    @property
    def inputs(self) -> list[TakenInput]:
        return [TakenInput(one.name, one.shape, one.dtype) for one in self._functional.inputs]

    def answers(self, x: dict[str, np.ndarray], task: str | None, batch_size: int) -> list[Answer]:
        import keras

        from keras_mtl.models.model_heads import heads_of

        heads = heads_of(self._network)
        given = [x[tensor.name] for tensor in self._functional.inputs]
        inputs = keras.tree.pack_sequence_as(self._functional.input, given)
        outputs = self._network.predict(inputs, batch_size=batch_size, verbose=0)
        named = self._named(outputs, list(heads))
        if task is not None and task not in named:
            raise usage(f"`--task` is one of {list(named)}. Received: {task!r}.")
        wanted = named if task is None else {task: named[task]}
        return [self._answer(name, one, heads.get(name)) for name, one in wanted.items()]

    def _answer(self, name: str, output: np.ndarray, head: Head | None) -> Answer:
        from keras_mtl.heads.class_names import has_classes

        if head is None or not has_classes(head.task_kind):
            return Answer(name, output)
        return Answer(name, output, head.decode(output), head.classes)

    def _named(self, outputs: Any, heads: list[str]) -> dict[str, np.ndarray]:
        import keras

        from keras_mtl.keras_private.graphs import producer

        if isinstance(outputs, dict):
            return outputs
        flat = keras.tree.flatten(outputs)
        if len(flat) == 1 and len(heads) == 1:
            return {heads[0]: flat[0]}
        names = [producer(tensor).name for tensor in self._functional.outputs]
        return dict(zip(names, flat, strict=True))
