"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[Path, typer.Argument(help="A trained model: a `.keras` file, or an `.h5` file.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document, for machines.")]
AllowUnsafe = Annotated[
    bool,
    typer.Option(
        "--allow-unsafe",
        help="Run Python code that the model file holds, such as a Lambda layer. Such code can do "
        "whatever you can do on this machine: only for files of people you trust.",
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the file that is there.")]
Seed = Annotated[int, typer.Option(help="Seed of all that is drawn at random.")]
Data = Annotated[
    str,
    typer.Option(
        help="Labelled data: a folder of pictures, one folder a class; an `.npz` file with `x` and "
        "`y`; a CSV or Parquet file; or `tfds:name`.",
        show_default=False,
    ),
]
Task = Annotated[
    str | None,
    typer.Option(help="Which labels: a column of a table, an array, a feature of the data set."),
]
Labels = Annotated[
    int | None,
    typer.Option(help="How many labels to use, drawn with each class's share; all by default."),
]
Inputs = Annotated[
    str | None,
    typer.Option(help="Columns, or features, that are inputs, with commas between."),
]
DataDir = Annotated[
    Path | None, typer.Option(help="Where tensorflow-datasets keeps its data, for `tfds:name`.")
]
Test = Annotated[
    str | None,
    typer.Option(help="Rows to judge on: a fraction of the data, such as 0.3, or other data."),
]
