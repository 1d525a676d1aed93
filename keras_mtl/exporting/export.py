"""`export`: a trained model as files that need neither `keras_mtl` nor Keras."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from keras_mtl.common.arguments import flag, number, one_of
from keras_mtl.errors import NotConvertible
from keras_mtl.exporting.checked_source import Exportable, Source, checked_source
from keras_mtl.exporting.export_path import checked_target, written_whole_export
from keras_mtl.exporting.samples import given_sample
from keras_mtl.exporting.saved_model import check_names
from keras_mtl.exporting.written_files import Settings, write_export, writes_here
from keras_mtl.serving.formats.export_format import ExportFormat
from keras_mtl.serving.formats.known_formats import FORMATS


def export(
    model: Exportable,
    path: str | os.PathLike[str],
    *,
    format: str = "tf_saved_model",
    version: int | str | None = None,
    preprocess: Any = None,
    classes: Any = None,
    quantize: str | None = None,
    sample: Any = None,
    verify: bool = True,
    tolerance: float | None = None,
    overwrite: bool = False,
) -> Path:
    """Write a model as files that are run without `keras_mtl` and without Keras.

    Use it to put a trained model into service. `keras_mtl.load_export` runs what it writes, and so
    does the runtime of each format. To train on, save the model with `model.save` instead.

    | `format` | files | pip extra |
    |---|---|---|
    | `"tf_saved_model"` | a SavedModel, for TensorFlow and TensorFlow Serving | none |
    | `"onnx"` | `model.onnx`, for ONNX Runtime | `onnx` |
    | `"litert"` | `model.tflite`, for LiteRT (TensorFlow Lite) | `litert` |
    | `"openvino"` | `model.xml` and `model.bin`, for OpenVINO | `openvino` |

    LiteRT takes recurrent layers one row at a time; `load_export` runs such a file row by row.
    Beside the files `manifest.json` says what the export takes and gives (names, shapes, dtypes,
    classes), which model it was made of, the checksums of the files, and how far its outputs are
    from those of the model on the same samples.

    Inputs are named after the input layers of the model, and have their dtypes and shapes (None
    stays None). Outputs are named after the tasks of a `MultiTaskModel`, otherwise after the layers
    that make them, `"head"` for a model with a `Head`; outputs of a model that returns a dict keep
    their keys. Of two equal names the second becomes `"name_1"`, and in the name of an input what
    is no letter from a to z, digit or `_` becomes `_`. They are the outputs in inference mode, as
    `predict` gives them.

    A SavedModel has the signatures `"serving_default"` and `"serve"` with all outputs; one under
    the name of each task of a `MultiTaskModel`, which runs the trunk and that head only; and
    `"features"` for the trunk of a model that has one. The variables are stored once, and on
    TensorFlow the graph of the trunk too. Where the classes of an output have names, an output
    `"head_class"` (`"<output>_class"`) holds the label of each sample, and the file
    `assets.extra/classes.json` the names. Of several yes-or-no labels it holds "" for those that
    do not apply. The other formats have no text among their outputs; `load_export` tells the
    classes from the manifest.

    A SavedModel is written by TensorFlow and JAX. What these cannot write themselves, such as the
    other formats from JAX, or anything from torch, is converted in a process of its own that
    runs Keras on TensorFlow.

    A process that is killed leaves the old export or the new one; where it was killed between
    putting one away and the other in its place, the next call for `path` puts the old one back.

    Args:
        model: A Functional or built Sequential model, such as `transfer` returns; a fitted
            `TransferClassifier` or `TransferRegressor`; or a fitted `sklearn.pipeline.Pipeline`
            that begins with a `FeatureExtractor`, goes on with `StandardScaler`, `MinMaxScaler`,
            `Normalizer` or `PCA`, if any, and ends with `KNeighborsClassifier`,
            `KNeighborsRegressor`, `LogisticRegression`, `LogisticRegressionCV`, `LinearSVC`,
            `RidgeClassifier`, `RidgeClassifierCV`, `Ridge`, `RidgeCV` or `LinearRegression`. Its
            output is `"head"`: probabilities, scores of `decision_function` where there are none,
            or numbers. It is not changed.
        path: The folder to write, in a folder that exists. It is written whole or not at all.
        format: The format; see the table.
        version: None, the default, to write into `path` itself. A whole number, or `"next"` for one
            more than the highest that is there, writes into `path/<number>`, as TensorFlow Serving
            reads it.
        preprocess: What the export does with its input before the model: a step or a list of steps;
            for several inputs a dict of these by name. A step is a layer of Keras (such as
            `Rescaling`, `TextVectorization`, `StringLookup`); `"resize"`, so that pictures of any
            size are taken; `"scale"`, from 0..255 to 0..1; or first `"decode"`, so that the bytes
            of JPEG, PNG, GIF or BMP files are taken, each resized to the size of the model, or of
            a `Resizing` layer that follows. Text and encoded pictures are taken by
            `"tf_saved_model"` only.
        classes: The names of the classes of an output whose `Head` has none, or other ones than
            those: a list, or a dict of lists by output.
        quantize: None for floats, or `"int8"` for weights and activations as integers of 8 bits
            (`"litert"` only); inputs and outputs stay floats.
        sample: Inputs as the export takes them, rows first, on which the export is compared with
            the model (at most 256 rows) and by which `"int8"` is calibrated, for which it must be
            given. By default a few rows are drawn that fit the inputs.
        verify: Whether an export is refused whose outputs differ from those of the model by more
            than is allowed. The differences are in the manifest in any case.
        tolerance: The difference allowed, relative to the largest output (at least 1). By default
            1e-4 for 32-bit floats, 0.01 and 0.1 for models in float16 and bfloat16, 0.1 for
            `"int8"`.
        overwrite: Whether an export that is already there is replaced. Anything else that is
            there is refused.

    Returns:
        The folder with the export, `path` or `path/<version>`, as a `pathlib.Path`.

    Raises:
        ExportError: Nothing can be written at `path`, or TensorFlow takes a name of a layer not. If
            something is there already, or comes there before the model is written, it is also a
            `FileExistsError`, if the folder around it cannot be written in a `PermissionError`.
        ExportMismatch: What was written does not give what the model gives; nothing is kept.
        NotConvertible: The format, or the package that runs it, lacks something that the model
            computes; the layer is named where it can be found.
        UnsupportedBackend: JAX cannot express the model for inputs of any size; or another process
            could not load it, as it does not find a class of the user's.
        UnsupportedModel: `model` is a subclassed model, or no model; or a step of the pipeline is
            not among those above.
        UnbuiltModel: `model` is a Sequential model without an input shape.
        MissingExtra: A package that the format needs is not installed.
        InvalidFeatures: `sample` does not fit the inputs.
        ValueError: An argument is not among those allowed, or `preprocess` or `classes` do not fit.

    Example:
        >>> import keras, keras_mtl
        >>> import tensorflow as tf
        >>> trained = keras.Sequential([
        ...     keras.Input((4,), name="measurements"), keras.layers.Dense(3)])
        >>> model = keras_mtl.transfer(trained, cut=0, head=2)
        >>> path = keras_mtl.export(model, "exported")
        >>> serve = tf.saved_model.load(path).signatures["serving_default"]
        >>> serve(measurements=tf.ones((5, 4)))["head"].shape
        TensorShape([5, 2])
    """
    form = FORMATS.find(format)
    source = checked_source(model, preprocess, classes)
    _check_format(form, source)
    settings = _checked_settings(form, quantize, sample, verify, tolerance)
    overwrite = flag("overwrite", overwrite)
    if writes_here(form, source):
        check_names(source.served.model)
    target = checked_target(path, version=version, overwrite=overwrite)
    given = None if sample is None else given_sample(source.served, sample)
    form.check_writers()
    with written_whole_export(target) as folder:
        write_export(form, source, folder, settings, given)
    return target.path


def _checked_settings(
    form: ExportFormat, quantize: Any, sample: Any, verify: Any, tolerance: Any
) -> Settings:
    if quantize is not None:
        one_of("quantize", quantize, ("int8",))
        if quantize not in form.quantizations:
            raise ValueError(
                f"`quantize={quantize!r}` is for the format `litert`. Received: "
                f"`format={form.name!r}`."
            )
        if sample is None:
            raise ValueError(
                '`quantize="int8"` needs a `sample`: some hundred rows of typical inputs, on which '
                "the ranges of the numbers are measured."
            )
    allowed = None if tolerance is None else number("tolerance", tolerance)
    return Settings(quantize, flag("verify", verify), allowed)


def _check_format(form: ExportFormat, source: Source) -> None:
    """Refuse text and encoded pictures where a format has none."""
    text = [one.given_name for one in source.served.inputs if one.dtype == "string"]
    if text and not form.takes_text:
        raise NotConvertible(
            f"`{form.name}` takes numbers only; the input `{text[0]}` of the export is text or "
            'encoded pictures. Use `format="tf_saved_model"`, or do this step before the export.'
        )
