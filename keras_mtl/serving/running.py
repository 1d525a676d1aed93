"""An export run on any number of rows; needs no Keras."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np

from keras_mtl.common.complaints import on_one_line
from keras_mtl.errors import NotConvertible
from keras_mtl.serving.formats.export_format import ExportFormat, Running
from keras_mtl.serving.manifest import Manifest

BATCH_SIZE = 32


@contextmanager
def refusals_of(form: ExportFormat, manifest: Manifest) -> Iterator[None]:
    """Tell by one error that the package that runs a format refuses an export, however it fails.

    Raises:
        NotConvertible: It cannot load the export, or cannot run it.
    """
    try:
        yield
    except (OSError, MemoryError):
        raise
    except Exception as error:  # Errors of runtimes have no common class.
        (*_, package) = form.distributions
        written = manifest.versions.get(package, "unknown")
        raise NotConvertible(
            f"`{package}` cannot run the export, which was written with its version {written}: "
            f"{on_one_line(error)}"
        ) from error


def run_in_batches(
    running: Running,
    manifest: Manifest,
    inputs: Mapping[str, np.ndarray],
    names: Sequence[str],
    batch_size: int = BATCH_SIZE,
) -> dict[str, np.ndarray]:
    """Return outputs for all rows, batch by batch.

    Args:
        running: A loaded export.
        manifest: What it takes; a batch has the size that it prescribes, if it does.
        inputs: An array for each input, of its dtype.
        names: The names of the outputs.
        batch_size: Rows of a batch.
    """
    rows = len(next(iter(inputs.values())))
    fixed = next((one.shape[0] for one in manifest.inputs if one.shape[0] is not None), None)
    size = batch_size if fixed is None else fixed
    parts = []
    for start in range(0, rows, size):
        batch = {name: array[start : start + size] for name, array in inputs.items()}
        kept = min(size, rows - start)
        if fixed is not None and kept < size:  # Filled up with copies of the last row.
            filled = np.minimum(np.arange(size), kept - 1)
            batch = {name: array[filled] for name, array in batch.items()}
        outputs = running.outputs(batch, names)
        parts.append({name: outputs[name][:kept] for name in names})
    return {name: np.concatenate([part[name] for part in parts]) for name in names}
