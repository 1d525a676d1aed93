"""A model on TensorFlow in a format that is converted from a SavedModel."""

from __future__ import annotations

import shutil
from pathlib import Path

from keras_mtl.common.hidden_output import hidden_output
from keras_mtl.errors import NotConvertible
from keras_mtl.exporting.refusals import refusal
from keras_mtl.exporting.saved_model import write_saved_model
from keras_mtl.exporting.served import Served
from keras_mtl.serving.formats.export_format import Arrays, ExportFormat
from keras_mtl.serving.manifest import Manifest

SAVED_MODEL = ".saved_model"
"""The folder of the SavedModel, inside that of the export, so that nothing is left if it ends."""


def write_converted(
    form: ExportFormat, served: Served, folder: Path, manifest: Manifest, sample: Arrays | None
) -> None:
    """Write the files of a format, by way of a SavedModel.

    Raises:
        NotConvertible: The format lacks something that the model computes.
    """
    try:
        _convert(form, served, folder, manifest, sample)
    except NotConvertible as error:
        one_row = served.for_one_row() if form.row_by_row else None
        if one_row is not None:
            write_converted(form, one_row, folder, manifest, sample)
            return
        raise refusal(form, served, error) from error


def _convert(
    form: ExportFormat, served: Served, folder: Path, manifest: Manifest, sample: Arrays | None
) -> None:
    saved_model = folder / SAVED_MODEL
    try:
        write_saved_model(served, saved_model, only_default=True)
        with hidden_output():
            form.convert(saved_model, folder, manifest, sample)
    finally:
        shutil.rmtree(saved_model, ignore_errors=True)
