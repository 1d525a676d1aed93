"""`keras-mtl report`: what a comparison has found, from its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from keras_mtl.cli.failures import bad_data
from keras_mtl.cli.model_files import checked_new_file
from keras_mtl.cli.options import Json
from keras_mtl.cli.output import note, show
from keras_mtl.cli.stored_results import facts_of, text_of

EXAMPLES = (
    "keras-mtl report sex_comparison",
    "keras-mtl report sex_comparison --output report.html",
)


def report(
    results: Annotated[Path, typer.Argument(help="The folder that `compare` wrote.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write a page, such as report.html.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Save a picture, such as lines.png.")] = None,
    json: Json = False,
) -> None:
    """Show what a comparison has found, from the folder that `compare` wrote.

    It needs neither the model nor the data, and shows an interrupted comparison too.
    """
    if output is not None:
        checked_new_file(output, overwrite=True, suffix=".html")
    if not results.is_dir():
        raise bad_data(f"`{results}` is no folder: give the one that `compare` wrote.")
    from keras_mtl.cli.quiet_start import import_keras

    import_keras()
    from keras_mtl.comparing.stored_comparison import StoredComparison
    from keras_mtl.errors import ComparisonNotFound

    try:
        comparison = StoredComparison(results)
    except (ComparisonNotFound, ValueError) as error:
        raise bad_data(str(error)) from error
    if not comparison.is_complete:
        note("Not all runs are done: the same `compare` command goes on.")
    if output is not None:
        comparison.report(output)
    if plot is not None:
        comparison.plot(plot)
    facts = facts_of(comparison) | {"results": results, "report": output}
    show(text_of(comparison, results, output), facts, as_json=json)
