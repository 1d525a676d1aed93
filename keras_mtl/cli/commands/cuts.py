"""`keras-mtl cuts`: where a model can be cut."""

from __future__ import annotations

from typing import Annotated

import typer

from keras_mtl.cli.model_files import read_model
from keras_mtl.cli.options import AllowUnsafe, Json, Model
from keras_mtl.cli.output import show

EXAMPLES = ("keras-mtl cuts sex.keras", "keras-mtl cuts sex.keras --nested --json")


def cuts(
    model: Model,
    nested: Annotated[
        bool, typer.Option("--nested", help="Look inside models that are layers.")
    ] = False,
    json: Json = False,
    allow_unsafe: AllowUnsafe = False,
) -> None:
    """List every place where MODEL can be cut.

    The names and numbers are what `transfer --cut` takes.
    """
    network = read_model(model, allow_unsafe=allow_unsafe)
    from keras_mtl.graph.cuts import cut_points

    points = cut_points(network, nested=nested)
    show(points, {"model": network.name, "cuts": list(points)}, as_json=json)
