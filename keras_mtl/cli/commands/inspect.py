"""`keras-mtl inspect`: what an exported model takes and gives."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from keras_mtl.cli.export_facts import facts_of_export, text_of_export
from keras_mtl.cli.failures import bad_model
from keras_mtl.cli.options import Json
from keras_mtl.cli.output import show

EXAMPLES = ("keras-mtl inspect served/hair", "keras-mtl inspect served/hair/2 --json")


def inspect(
    export: Annotated[Path, typer.Argument(help="A folder that `export` wrote.")],
    json: Json = False,
) -> None:
    """Show what an exported model takes and gives, and check that its files are whole."""
    from keras_mtl.errors import DamagedExport, ExportNotFound
    from keras_mtl.serving.loaded_export import export_folder
    from keras_mtl.serving.manifest import Manifest

    try:
        folder = export_folder(export)
        manifest = Manifest.read(folder)
    except (ExportNotFound, DamagedExport) as error:
        raise bad_model(str(error)) from error
    show(text_of_export(folder, manifest), facts_of_export(folder, manifest), as_json=json)
