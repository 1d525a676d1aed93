"""Exports loaded and run without Keras, whatever their format."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_mtl.common.arguments import whole_number
from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.errors import ExportNotFound, TaskNotFound
from keras_mtl.serving.class_labels import class_labels, has_classes
from keras_mtl.serving.formats.known_formats import FORMATS
from keras_mtl.serving.given_inputs import checked_inputs
from keras_mtl.serving.manifest import (
    MANIFEST,
    ExportedInput,
    ExportedOutput,
    Manifest,
    is_export,
)
from keras_mtl.serving.running import BATCH_SIZE, refusals_of, run_in_batches


def load_export(path: str | os.PathLike[str]) -> LoadedExport:
    """Load what `export` wrote, of any format, to run it without Keras.

    Use it to serve a model: it needs the package that runs the format (TensorFlow, ONNX Runtime,
    LiteRT, OpenVINO) and neither Keras nor the code of the model. The files are compared with the
    checksums in `manifest.json` first.

    Args:
        path: The folder that `export` wrote; or the folder of its versions, of which the highest
            one is loaded.

    Returns:
        A `LoadedExport`.

    Raises:
        ExportNotFound: There is no export.
        DamagedExport: The files are not those that were written.
        MissingExtra: The package that runs the format is not installed.
        NotConvertible: It cannot run the export, such as a version that is older than the one that
            wrote it.

    Example:
        >>> import keras, keras_mtl, numpy as np
        >>> trained = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        >>> model = keras_mtl.transfer(trained, cut=0, head=keras_mtl.Head(classes=["cat", "dog"]))
        >>> loaded = keras_mtl.load_export(keras_mtl.export(model, "reader"))
        >>> loaded.predict(np.ones((5, 4))).shape
        (5, 2)
        >>> set(loaded.predict_classes(np.ones((5, 4)))) <= {"cat", "dog"}
        True
    """
    folder = export_folder(path)
    manifest = Manifest.read(folder)
    return LoadedExport(folder, manifest)


class LoadedExport:
    """A model that was exported, ready to predict; `load_export` returns one.

    Several threads may call it.

    Attributes:
        path: Its folder.
        manifest: What `manifest.json` says of it.

    Example:
        >>> import keras, keras_mtl
        >>> trunk = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "relu")])
        >>> heads = {"sex": 2, "hair": keras_mtl.Head(classes=["black", "blond", "red"])}
        >>> model = keras_mtl.MultiTaskModel(trunk, heads)
        >>> loaded = keras_mtl.load_export(keras_mtl.export(model, "portraits"))
        >>> loaded.tasks, loaded.classes
        (('sex', 'hair'), {'hair': ('black', 'blond', 'red')})
        >>> [parity.max_difference < 1e-5 for parity in loaded.manifest.parity]
        [True, True]
    """

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path = path
        self.manifest = manifest
        form = FORMATS.find(manifest.format)
        form.check_readers()
        with refusals_of(form, manifest):
            self._running = form.load(path, manifest)

    @property
    def format(self) -> str:
        """The format, such as `"onnx"`."""
        return self.manifest.format

    @property
    def tasks(self) -> tuple[str, ...]:
        """The names of the tasks; of a model without tasks those of its outputs."""
        return self.manifest.tasks

    @property
    def inputs(self) -> tuple[ExportedInput, ...]:
        """What it takes."""
        return self.manifest.inputs

    @property
    def outputs(self) -> tuple[ExportedOutput, ...]:
        """What it gives."""
        return self.manifest.outputs

    @property
    def classes(self) -> dict[str, tuple[Any, ...]]:
        """The names of the classes of each output whose classes have names."""
        return {one.name: one.classes for one in self.outputs if one.classes is not None}

    def predict(self, x: Any, *, task: str | None = None, batch_size: int = BATCH_SIZE) -> Any:
        """Return the outputs for inputs, as `predict` of the model returns them.

        Args:
            x: An array for one input, rows first; for several a dict or a data frame of them by
                name, or a list in their order. Text, and encoded pictures as bytes, as an array or
                a list.
            task: The task whose output is wanted, or the output; by default all of them.
            batch_size: Number of rows that are run at once.

        Returns:
            An array; for several outputs, or a model of several tasks, a dict of them by name, or a
            list where the model gives one.

        Raises:
            InvalidFeatures: `x` does not fit.
            TaskNotFound: There is no such task.
        """
        chosen = self._chosen(task)
        results = self._run(x, chosen, batch_size)
        if task is not None or self.manifest.structure == "single":
            return results[chosen[0].name]
        return list(results.values()) if self.manifest.structure == "list" else results

    def predict_classes(
        self, x: Any, *, task: str | None = None, batch_size: int = BATCH_SIZE
    ) -> Any:
        """Return the predicted class of each sample, by its name if the classes have names.

        Args:
            x: As for `predict`.
            task: As for `predict`.
            batch_size: As for `predict`.

        Returns:
            An array of names, or of numbers of classes, of shape `(samples, ...)`; tuples of names
            for several yes-or-no labels. For several tasks a dict of these by task.

        Raises:
            ValueError: The task has no classes.
            InvalidFeatures: `x` does not fit.
            TaskNotFound: There is no such task.
        """
        chosen = [output for output in self._chosen(task) if has_classes(output)]
        if not chosen:
            name = task or ", ".join(output.name for output in self.outputs)
            raise ValueError(f"The output `{name}` has no classes. `predict` gives its numbers.")
        results = self._run(x, chosen, batch_size)
        named = {output.name: class_labels(results[output.name], output) for output in chosen}
        single = task is not None or self.manifest.structure == "single"
        return named[chosen[0].name] if single else named

    def _chosen(self, task: str | None) -> list[ExportedOutput]:
        if task is None:
            return list(self.outputs)
        names = [output.name for output in self.outputs]
        if task not in names:
            raise TaskNotFound(
                f"`task` names one of {names}. Received: {task!r}.{did_you_mean(task, names)}"
            )
        return [self.outputs[names.index(task)]]

    def _run(
        self, x: Any, chosen: Sequence[ExportedOutput], batch_size: int
    ) -> dict[str, np.ndarray]:
        arrays = checked_inputs(x, self.inputs)
        names = [output.name for output in chosen]
        size = whole_number("batch_size", batch_size)
        return run_in_batches(self._running, self.manifest, arrays, names, size)

    def __repr__(self) -> str:
        tasks = ", ".join(self.tasks)
        return f"<LoadedExport {str(self.path)!r}, {self.format}, of {tasks}>"


def export_folder(path: Any) -> Path:
    """Return the folder of an export; of a folder of versions that of the highest one."""
    if not isinstance(path, str | os.PathLike) or not os.fspath(path):
        raise ExportNotFound(f"`path` is the folder of an export. Received: {path!r}.")
    folder = Path(path)
    if folder.is_file() and folder.name == MANIFEST:
        return folder.parent
    if not folder.is_dir():
        raise ExportNotFound(f"There is no folder `{folder}`. Give the one that `export` returned.")
    if (folder / MANIFEST).exists():
        return folder
    versions = [one for one in folder.iterdir() if one.name.isascii() and one.name.isdigit()]
    exported = [one for one in versions if is_export(one)]
    return max(exported, key=lambda one: int(one.name)) if exported else folder
