"""`keras-mtl export`: a model as files that run without Keras."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from keras_mtl.cli.data_sources import DataOptions, read_data
from keras_mtl.cli.export_facts import facts_of_export, text_of_export
from keras_mtl.cli.failures import going_on, usage
from keras_mtl.cli.model_files import read_model
from keras_mtl.cli.options import AllowUnsafe, Json, Model
from keras_mtl.cli.output import progress, show

if TYPE_CHECKING:
    import keras

EXAMPLES = (
    "keras-mtl export hair.keras served/hair --version next --preprocess decode",
    "keras-mtl export hair.keras hair_onnx --format onnx",
    "keras-mtl export hair.keras hair_int8 --format litert --quantize int8 --sample portraits/",
)
SAMPLE = 256
Format = Literal["tf_saved_model", "onnx", "litert", "openvino"]


def export(
    model: Model,
    folder: Annotated[Path, typer.Argument(help="The folder to write.")],
    format: Annotated[Format, typer.Option(help="What to write.")] = "tf_saved_model",
    version: Annotated[
        str | None,
        typer.Option(help="Write into FOLDER/VERSION: a number, or next, for one more."),
    ] = None,
    preprocess: Annotated[
        str | None,
        typer.Option(help="Steps before the model, with commas between: decode, resize, scale."),
    ] = None,
    classes: Annotated[
        str | None, typer.Option(help="Names of the classes, with commas between.")
    ] = None,
    quantize: Annotated[
        Literal["int8"] | None, typer.Option(help="Integers in place of floats, of litert.")
    ] = None,
    sample: Annotated[
        str | None,
        typer.Option(help="Data to compare the export with the model on, as for `--data`."),
    ] = None,
    task: Annotated[str | None, typer.Option(help="As for `train`, where SAMPLE needs it.")] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the export that is there.")
    ] = False,
    json: Json = False,
    allow_unsafe: AllowUnsafe = False,
) -> None:
    """Write MODEL as files that run without Keras, and check that they give what it gives.

    A folder is written whole or not at all.
    """
    number = _version(version)
    network = read_model(model, allow_unsafe=allow_unsafe)
    rows = None if sample is None else _sample(DataOptions(sample, task), network)
    from keras_mtl.exporting.export import export as exported
    from keras_mtl.serving.manifest import Manifest

    with going_on("Nothing was written; the same command starts anew."), progress():
        path = exported(
            network,
            folder,
            format=format,
            version=number,
            preprocess=preprocess.split(",") if preprocess else None,
            classes=classes.split(",") if classes else None,
            quantize=quantize,
            sample=rows,
            overwrite=overwrite,
        )
    manifest = Manifest.read(path)
    show(text_of_export(path, manifest), facts_of_export(path, manifest), as_json=json)


def _version(version: str | None) -> int | str | None:
    if version in (None, "next"):
        return version
    if not version.isdecimal():
        raise usage(f"`--version` is a whole number or `next`. Received: {version!r}.")
    return int(version)


def _sample(options: DataOptions, network: keras.Model) -> Any:
    """Return the inputs of some rows of the data."""
    from keras_mtl.batches.row_reader import structured

    data = read_data(options, network)
    return structured(data.reader, data.reader.read(data.rows[:SAMPLE]))
