"""All files of an export: those of the format, and the manifest with what was measured."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from keras_mtl.errors import NotConvertible
from keras_mtl.exporting.checked_source import Source
from keras_mtl.exporting.conversion import write_converted
from keras_mtl.exporting.parity import check_parity, measured_parity, tolerance_of
from keras_mtl.exporting.refusals import refusal
from keras_mtl.exporting.samples import Arrays, sample_that_runs
from keras_mtl.exporting.saved_model import signatures_of, write_class_names, write_saved_model
from keras_mtl.exporting.served import Served
from keras_mtl.exporting.source_facts import compute_dtypes, facts_of_model, versions
from keras_mtl.exporting.tensorflow_process import converted_elsewhere
from keras_mtl.serving.formats.export_format import ExportFormat
from keras_mtl.serving.formats.tf_saved_model import SAVED_MODEL
from keras_mtl.serving.manifest import Manifest
from keras_mtl.serving.running import refusals_of, run_in_batches


@dataclass(frozen=True)
class Settings:
    """What the caller of `export` asked for.

    Attributes:
        quantize: How numbers are stored, `"int8"` or None.
        verify: Whether an export that differs from its model is refused.
        tolerance: The difference allowed; None for the default.
    """

    quantize: str | None
    verify: bool
    tolerance: float | None


def writes_here(form: ExportFormat, source: Source) -> bool:
    """Return whether this process writes the format with the backend that it runs."""
    if keras.backend.backend() == "tensorflow":
        return True
    text = any(steps.needs_tensorflow for steps in source.served.preprocessing)
    return keras.backend.backend() == "jax" and form.name == SAVED_MODEL and not text


def write_export(
    form: ExportFormat, source: Source, folder: Path, settings: Settings, given: Arrays | None
) -> None:
    """Write an export, compare what it gives with what the model gives, and write the manifest.

    Args:
        form: The format.
        source: What is exported.
        folder: An empty folder.
        settings: What the caller asked for.
        given: The sample of the caller, if there is one.

    Raises:
        ExportMismatch: The outputs differ.
        NotConvertible: The format, or what runs it, lacks something that the model computes.
        UnsupportedBackend: The backend cannot write the model.
    """
    served = source.served
    if form.name != SAVED_MODEL:
        served = served.without_labels()
    manifest = Manifest(
        format=form.name,
        inputs=served.inputs,
        outputs=served.outputs,
        structure=served.structure,
        tasks=served.tasks,
        signatures=signatures_of(served) if form.name == SAVED_MODEL else {},
        quantize=settings.quantize,
        model=facts_of_model(served.model),
        versions=versions(form),
    )
    sample, expected = (
        sample_that_runs(served, source.expected)
        if given is None
        else (given, source.expected(given))
    )
    if writes_here(form, source):
        _write_here(form, source, folder, manifest, given)
    else:
        converted_elsewhere(form, served, folder, manifest, given)
    if form.name == SAVED_MODEL:
        write_class_names(served, folder)
    tolerance = tolerance_of(compute_dtypes(served.model), settings.quantize, settings.tolerance)
    actual = _outputs_of_files(form, served, folder, manifest, sample)
    parity = measured_parity(expected, actual, served.outputs, tolerance)
    if settings.verify:
        check_parity(parity, f"The export of `{served.model.name}` as `{form.name}`")
    replace(manifest, parity=parity, sample=_told(sample, given)).write(folder)


def _write_here(
    form: ExportFormat, source: Source, folder: Path, manifest: Manifest, given: Arrays | None
) -> None:
    served = source.served
    if form.name == SAVED_MODEL:
        write_saved_model(served, folder)
        return
    write_converted(form, served.without_labels(), folder, manifest, given)


def _outputs_of_files(
    form: ExportFormat, served: Served, folder: Path, manifest: Manifest, sample: Arrays
) -> dict[str, np.ndarray]:
    """Return what an export gives for a sample on which the model itself runs."""
    names = [output.name for output in served.outputs]
    try:
        with refusals_of(form, manifest):
            return run_in_batches(form.load(folder, manifest), manifest, sample, names)
    except NotConvertible as error:
        raise refusal(form, served, error) from error


def _told(sample: Arrays, given: Arrays | None) -> dict[str, object]:
    rows = len(next(iter(sample.values())))
    return {"from": "drawn" if given is None else "given", "rows": rows}
