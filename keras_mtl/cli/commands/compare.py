"""`keras-mtl compare`: which way to use a trained network, for how many labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from keras_mtl.cli.data_sources import DataOptions, read_parts
from keras_mtl.cli.failures import CommandFailed, ExitCode, bad_data, going_on, usage
from keras_mtl.cli.model_files import checked_new_file, read_model, write_model
from keras_mtl.cli.options import (
    AllowUnsafe,
    Data,
    DataDir,
    Inputs,
    Json,
    Model,
    Task,
    Test,
)
from keras_mtl.cli.output import note, progress, show
from keras_mtl.cli.stored_results import facts_of, text_of

if TYPE_CHECKING:
    from keras_mtl.datasets.task_dataset import TaskDataset

EXAMPLES = (
    "keras-mtl compare sex.keras --data portraits/ --test 0.3 --report report.html",
    "keras-mtl compare sex.keras --data people.csv --task hair --labels 20,100,500 --seeds 5",
)


def compare(
    model: Model,
    data: Data,
    task: Task = None,
    labels: Annotated[
        str, typer.Option(help="Numbers of labels with commas between, or auto.")
    ] = "auto",
    test: Test = None,
    strategies: Annotated[
        str, typer.Option(help="Names with commas between, such as frozen,fine-tuned, or all.")
    ] = "all",
    seeds: Annotated[int, typer.Option(help="Runs of each strategy and number of labels.")] = 5,
    cut: Annotated[
        str, typer.Option(help="Where to cut, as for `transfer`; auto: the best for the labels.")
    ] = "auto",
    metric: Annotated[
        str, typer.Option(help="auto, or a scorer of scikit-learn, such as f1_macro.")
    ] = "auto",
    results: Annotated[
        Path | None, typer.Option(help="Folder of the runs; MODEL_comparison by default.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write a page, such as report.html.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Save a picture, such as lines.png.")] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Train the best way on all labels; save it here."),
    ] = None,
    jobs: Annotated[int, typer.Option(help="Processes; -1 for one for each core.")] = 1,
    inputs: Inputs = None,
    data_dir: DataDir = None,
    json: Json = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace OUTPUT.")] = False,
    allow_unsafe: AllowUnsafe = False,
) -> None:
    """Train in every way with few labels and with many, judge all on the same rows, say which.

    Without `--test` runs are cross-validated. The runs are kept in a folder: the same command goes
    on where it was interrupted, and `report` shows what is there.
    """
    counts = _counts(labels)
    for path, suffix in ((report, ".html"), (output, ".keras")):
        if path is not None:
            checked_new_file(path, overwrite=overwrite or path == report, suffix=suffix)
    folder = results or Path(f"{model.stem}_comparison")
    network = read_model(model, allow_unsafe=allow_unsafe)
    options = DataOptions(data, task, inputs, data_dir=data_dir)
    rows, held_out = read_parts(options, test, network)
    from keras_mtl.comparing.compare import compare as compared

    with going_on(_how(folder)), progress() as verbose:
        comparison = compared(
            network,
            *_labelled(rows),
            test=None if held_out is None else _labelled(held_out),
            cut=int(cut) if cut.isdecimal() else cut,
            strategies="all" if strategies == "all" else strategies.split(","),
            labels=counts,
            seeds=seeds,
            kind=_kind(rows),
            metric=metric,
            n_jobs=jobs,
            directory=folder,
            verbose=verbose,
        )
        if not comparison.is_complete:
            raise KeyboardInterrupt
        if report is not None:
            note("Training the best way on all labels, for the report ...")
            comparison.report(report)
        if plot is not None:
            comparison.plot(plot)
        if output is not None:
            _write_best(comparison, output)
    facts = facts_of(comparison) | {"results": folder, "report": report, "output": output}
    show(text_of(comparison, folder, report), facts, as_json=json)


def _how(folder: Path) -> str:
    return (
        f"The runs that are done are kept in `{folder}`: the same command goes on from there, and "
        f"`keras-mtl report {folder}` shows them."
    )


def _counts(labels: str) -> Any:
    if labels == "auto":
        return labels
    parts = labels.split(",")
    if not all(part.strip().isdecimal() for part in parts):
        raise usage(
            "`--labels` is `auto` or numbers with commas between, such as 20,100,500. Received: "
            f"{labels!r}."
        )
    return [int(part) for part in parts]


def _kind(rows: TaskDataset) -> str:
    if rows.kind == "multilabel":
        raise bad_data(
            f"`compare` takes one label for each row; `{rows.name}` has several. Name one column."
        )
    return "regression" if rows.kind == "regression" else "classification"


def _labelled(rows: TaskDataset) -> tuple[Any, Any]:
    """Return inputs and labels, by name where the classes have names."""
    import numpy as np

    x, y = rows
    if rows.kind == "regression":
        return x, y
    numbers = np.asarray(y).astype(int)
    return x, numbers if rows.classes is None else np.array(rows.classes)[numbers]


def _write_best(comparison: Any, output: Path) -> None:
    best = comparison.best_model()
    if not hasattr(best, "save"):
        raise CommandFailed(
            ExitCode.FAILED,
            f"The best way, `{comparison.best().strategy}`, is no Keras model, so `{output}` was "
            "not written. Name others by `--strategies`, such as frozen,fine-tuned.",
        )
    write_model(best, output)
