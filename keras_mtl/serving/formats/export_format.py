"""The contract of a format: how a SavedModel is converted to it, and how an export of it runs.

Neither needs Keras. The packages of a format are imported in its functions only.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

import numpy as np

from keras_mtl.errors import MissingExtra
from keras_mtl.serving.manifest import Manifest

Arrays = Mapping[str, np.ndarray]


class Running(ABC):
    """A loaded export."""

    @abstractmethod
    def outputs(self, inputs: Arrays, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Return the outputs with these names for one batch.

        Args:
            inputs: An array for each input, of its dtype; text as an array of objects.
            names: The names of the outputs.
        """


class ExportFormat(ABC):
    """A format of exported models. A subclass in a file of this folder is one; it has no state.

    Attributes:
        name: What `export(format=...)` takes, Keras's name.
        extra: The optional dependencies, by the name under which pip installs them.
        writers: The packages that write it.
        readers: The packages that run it.
        distributions: The packages whose versions the manifest tells, under their names for pip.
        quantizations: What `export(quantize=...)` takes beside None.
        takes_text: Whether inputs may be text, or encoded pictures.
        row_by_row: Whether a model that cannot be converted for batches of any size is converted
            for a single row, which `load` runs row by row.
    """

    name: str
    extra: str | None = None
    writers: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    distributions: tuple[str, ...] = ()
    quantizations: ClassVar[tuple[str, ...]] = ()
    takes_text: bool = False
    row_by_row: bool = False

    def check_writers(self) -> None:
        """Refuse to go on if a package is missing that writes the format, or that checks it.

        Raises:
            MissingExtra: One is.
        """
        self._check((*self.writers, *self.readers))

    def check_readers(self) -> None:
        """Refuse to go on if a package is missing that runs the format.

        Raises:
            MissingExtra: One is.
        """
        self._check(self.readers)

    def _check(self, packages: Sequence[str]) -> None:
        if any(find_spec(package) is None for package in packages):
            raise MissingExtra(f"The format `{self.name}`", self.extra or "tensorflow")

    @abstractmethod
    def convert(
        self, saved_model: Path, folder: Path, manifest: Manifest, sample: Arrays | None
    ) -> None:
        """Convert a SavedModel whose only signature is `"serving_default"`.

        Args:
            saved_model: Its folder.
            folder: The folder to write to.
            manifest: What the export takes and gives.
            sample: Inputs, rows first, where numbers are to be quantized.

        Raises:
            NotConvertible: The format lacks something that the model computes.
        """

    @abstractmethod
    def load(self, folder: Path, manifest: Manifest) -> Running:
        """Load an export."""
