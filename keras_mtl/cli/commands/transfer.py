"""`keras-mtl transfer`: a trained network with a new head, as a file."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from keras_mtl.cli.failures import usage
from keras_mtl.cli.model_files import checked_new_file, read_model, write_model
from keras_mtl.cli.options import AllowUnsafe, Json, Model, Overwrite
from keras_mtl.cli.output import show

if TYPE_CHECKING:
    from keras_mtl.heads.head import Head

EXAMPLES = (
    "keras-mtl transfer sex.keras --cut 3 --freeze --head 5 -o hair.keras",
    "keras-mtl transfer sex.keras --cut flatten --head brown,black,grey -o hair.keras",
    "keras-mtl transfer sex.keras --cut 1 --head 1 --kind regression -o age.keras",
)
Kind = Literal["classification", "binary", "multilabel", "regression"]


def transfer(
    model: Model,
    cut: Annotated[
        str,
        typer.Option(help="Layers to remove, or the name of the last layer to keep; see `cuts`."),
    ],
    head: Annotated[
        str, typer.Option(help="Number of classes, or their names with commas between.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The new `.keras` file.")],
    freeze: Annotated[
        bool, typer.Option("--freeze/--no-freeze", help="Whether the layers kept are static.")
    ] = True,
    freeze_up_to: Annotated[
        str | None, typer.Option(help="Name of the last layer that is static.")
    ] = None,
    kind: Annotated[Kind, typer.Option(help="What the head tells.")] = "classification",
    hidden: Annotated[
        list[int] | None, typer.Option(help="Width of a hidden layer of the head; may be repeated.")
    ] = None,
    dropout: Annotated[float, typer.Option(help="Dropout in the head, from 0 up to 1.")] = 0.0,
    overwrite: Overwrite = False,
    json: Json = False,
    allow_unsafe: AllowUnsafe = False,
) -> None:
    """Cut MODEL, freeze what is kept, put a new head on it, and save the result.

    MODEL is left as it is. `train` trains the new model.
    """
    checked_new_file(output, overwrite=overwrite)
    if freeze_up_to is not None and not freeze:
        raise usage("`--no-freeze` and `--freeze-up-to` exclude each other.")
    network = read_model(model, allow_unsafe=allow_unsafe)
    from keras_mtl.transferring import transfer as transferred

    place = int(cut) if cut.lstrip("-").isdecimal() else cut
    new_head = _head(head, kind, hidden or [], dropout)
    result = transferred(network, place, freeze_up_to or freeze, new_head)
    write_model(result, output)
    total = result.count_params()
    static = sum(math.prod(one.shape) for one in result.non_trainable_variables)
    facts = {
        "model": output,
        "cut": place,
        "output_shape": result.output_shape,
        "parameters": total,
        "static_parameters": static,
    }
    text = f"`{output}`: {total:,} parameters, {static:,} of them static."
    show(text, facts, as_json=json)


def _head(given: str, kind: Kind, hidden: list[int], dropout: float) -> Head:
    """Return the head for a number, or for names with commas between."""
    from keras_mtl.heads.head import Head

    if given.isdecimal():
        return Head(int(given), kind, hidden=hidden, dropout=dropout, name="head")
    names = [name.strip() for name in given.split(",")]
    if len(names) < 2 or not all(names):
        raise usage(
            "`--head` is a number of classes, or at least two names with commas between, such as "
            f"`brown,black`. Received: {given!r}."
        )
    return Head(kind=kind, classes=names, hidden=hidden, dropout=dropout, name="head")
