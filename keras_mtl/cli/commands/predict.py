"""`keras-mtl predict`: what a model says of pictures, or of rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from keras_mtl.cli.options import AllowUnsafe, Json
from keras_mtl.cli.output import progress, show
from keras_mtl.cli.predicted_files import read_files
from keras_mtl.cli.predictors import Answer, predictor_of
from keras_mtl.common.tables import text_table

EXAMPLES = (
    "keras-mtl predict hair.keras portraits/*.png",
    "keras-mtl predict served/hair portrait.jpg --json",
    "keras-mtl predict income.keras people.csv --task income",
)


def predict(
    model: Annotated[
        Path, typer.Argument(help="A `.keras` or `.h5` file, or a folder that `export` wrote.")
    ],
    files: Annotated[
        list[Path], typer.Argument(help="Pictures; or one `.npy`, `.npz`, CSV or Parquet file.")
    ],
    task: Annotated[str | None, typer.Option(help="The task of a model with several.")] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Rows in a batch.")] = 32,
    json: Json = False,
    allow_unsafe: AllowUnsafe = False,
) -> None:
    """Predict for pictures, or for the rows of a file.

    With the names of classes where MODEL knows them, and the probability of the class.
    """
    predictor = predictor_of(model, allow_unsafe=allow_unsafe)
    names, x = read_files(files, predictor.inputs)
    with progress():
        answers = predictor.answers(x, task, batch_size)
    rows = [_row(name, answer, index) for answer in answers for index, name in enumerate(names)]
    show(_text(rows, answers), rows, as_json=json)


def _row(name: str, answer: Answer, index: int) -> dict[str, Any]:
    output = answer.output[index]
    row: dict[str, Any] = {"file": name, "task": answer.task, "output": output}
    if answer.labels is not None:
        row["class"] = answer.labels[index]
        row["probability"] = answer.probability(index)
    if answer.classes is not None:
        row["classes"] = list(answer.classes)
    return row


def _text(rows: list[dict[str, Any]], answers: list[Answer]) -> str:
    with_task = len(answers) > 1
    with_class = any("class" in row for row in rows)
    header = ["file", *(["task"] if with_task else [])]
    header += ["class", "probability"] if with_class else ["output"]
    return text_table(header, [_cells(row, with_task, with_class) for row in rows])


def _cells(row: dict[str, Any], with_task: bool, with_class: bool) -> list[object]:
    start = [row["file"], *([row["task"]] if with_task else [])]
    if not with_class:
        return [*start, _numbers(row["output"])]
    probability = row.get("probability")
    shown = None if probability is None else f"{probability:.3f}"
    label = row.get("class", _numbers(row["output"]))
    return [*start, ", ".join(label) if isinstance(label, tuple) else str(label), shown]


def _numbers(output: Any) -> str:
    flat = output.reshape(-1)
    shown = " ".join(f"{value:.4g}" for value in flat[:8])
    return f"{shown} ..." if len(flat) > 8 else shown
