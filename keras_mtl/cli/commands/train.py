"""`keras-mtl train`: a model with a new head learns from labelled data."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from keras_mtl.cli.data_sources import DataOptions, read_parts
from keras_mtl.cli.failures import bad_model, going_on
from keras_mtl.cli.head_labels import name_classes
from keras_mtl.cli.model_files import checked_new_file, read_model, write_model
from keras_mtl.cli.options import (
    AllowUnsafe,
    Data,
    DataDir,
    Inputs,
    Json,
    Labels,
    Overwrite,
    Seed,
    Task,
    Test,
)
from keras_mtl.cli.output import progress, show

if TYPE_CHECKING:
    from keras_mtl.datasets.task_dataset import TaskDataset
    from keras_mtl.models.transfer_model import TransferModel

EXAMPLES = (
    "keras-mtl train hair.keras --data portraits/ --test 0.2",
    "keras-mtl train hair.keras --data people.csv --task hair --strategy frozen -o trained.keras",
)
Strategy = Literal["auto", "frozen", "fine-tune"]


def train(
    model: Annotated[Path, typer.Argument(help="A `.keras` file that `transfer` wrote.")],
    data: Data,
    task: Task = None,
    strategy: Annotated[
        Strategy,
        typer.Option(
            help="frozen: the head alone; fine-tune, and auto: the head first, then all layers."
        ),
    ] = "auto",
    labels: Labels = None,
    test: Test = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where to save it; by default MODEL is replaced."),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Epochs; by default as many as suit the labels.")
    ] = None,
    batch_size: Annotated[int, typer.Option(help="Rows in a batch.")] = 32,
    seed: Seed = 0,
    inputs: Inputs = None,
    data_dir: DataDir = None,
    overwrite: Overwrite = False,
    json: Json = False,
    allow_unsafe: AllowUnsafe = False,
) -> None:
    """Train MODEL, a network with a new head, on labelled data.

    The file is written when all is done. After Ctrl-C the same command goes on where it was.
    """
    target = model if output is None else checked_new_file(output, overwrite=overwrite)
    network = _checked_model(model, allow_unsafe)
    options = DataOptions(data, task, inputs, network.head.classes, data_dir)
    rows, held_out = read_parts(options, test, network, labels, seed)
    name_classes(network, rows)
    chosen = "fine-tune" if strategy == "auto" else strategy
    backup = target.with_name(f"{target.name}.backup")
    given = {"epochs": epochs, "batch_size": batch_size, "seed": seed, "backup": backup}
    with going_on(_how(backup, chosen)), progress() as verbose:
        logs = _train(network, rows, chosen, verbose, given)
        scores = None if held_out is None else _scores(network, held_out, batch_size)
        write_model(network, target)
    shutil.rmtree(backup, ignore_errors=True)
    facts = {
        "model": target,
        "strategy": chosen,
        "rows": len(rows),
        "classes": network.head.classes,
        "training": logs,
        "test_rows": None if held_out is None else len(held_out),
        "test": scores,
    }
    show(_text(facts), facts, as_json=json)


def _checked_model(path: Path, allow_unsafe: bool) -> TransferModel:
    network = read_model(path, allow_unsafe=allow_unsafe, compiled=True)
    from keras_mtl.heads.head import Head
    from keras_mtl.models.transfer_model import TransferModel

    if not isinstance(network, TransferModel) or not isinstance(network.head, Head):
        raise bad_model(
            f"`{path}` has no head of keras_mtl: put one on it by `keras-mtl transfer {path} "
            "--cut ... --head ... -o NEW`, and train that."
        )
    if not network.compiled:
        raise bad_model(f"`{path}` was saved without its loss: make it anew by `transfer`.")
    return network


def _how(backup: Path, strategy: str) -> str:
    if strategy == "frozen":
        return "Nothing was written; the same command starts anew."
    return f"The model is as it was. The same command goes on from the backup in `{backup}`."


def _train(
    network: TransferModel, rows: TaskDataset, strategy: str, verbose: int, given: dict[str, Any]
) -> dict[str, float]:
    """Train, and return the last value of each metric."""
    from keras_mtl.caching.fit_cached import fit_cached
    from keras_mtl.finetuning.fine_tune import fine_tune

    x, y = rows
    if strategy == "fine-tune":
        history = fine_tune(network, x, y, verbose=verbose, **given)
    else:
        options = {name: given[name] for name in ("epochs", "batch_size")}
        history = fit_cached(network, x, y, verbose=verbose, **options)
    return {name: float(values[-1]) for name, values in history.history.items()}


def _scores(network: TransferModel, rows: TaskDataset, batch_size: int) -> dict[str, float]:
    x, y = rows
    scores = network.evaluate(x, y, batch_size=batch_size, verbose=0, return_dict=True)
    return {name: float(value) for name, value in scores.items()}


def _text(facts: dict[str, Any]) -> str:
    lines = [f"`{facts['model']}`: trained on {facts['rows']:,} labels, {facts['strategy']}."]
    for what, scores in (("Training", facts["training"]), ("Test", facts["test"])):
        if scores:
            shown = ", ".join(f"{name} {value:.4f}" for name, value in scores.items())
            lines.append(f"{what}: {shown}.")
    return "\n".join(lines)
