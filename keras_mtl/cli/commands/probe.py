"""`keras-mtl probe`: how well the features at each depth suit a task."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from keras_mtl.cli.data_sources import DataOptions, read_task
from keras_mtl.cli.model_files import read_model
from keras_mtl.cli.options import (
    AllowUnsafe,
    Data,
    DataDir,
    Inputs,
    Json,
    Labels,
    Model,
    Seed,
    Task,
)
from keras_mtl.cli.output import progress, show

EXAMPLES = (
    "keras-mtl probe sex.keras --data portraits/",
    "keras-mtl probe sex.keras --data people.csv --task hair --labels 200 --plot depths.png",
)
Probe = Literal["ridge", "logistic", "knn", "logme", "h_score"]


def probe(
    model: Model,
    data: Data,
    task: Task = None,
    labels: Labels = None,
    inputs: Inputs = None,
    probe: Annotated[Probe, typer.Option(help="How features are scored.")] = "ridge",
    nested: Annotated[
        bool, typer.Option("--nested", help="Look inside models that are layers.")
    ] = False,
    plot: Annotated[Path | None, typer.Option(help="Save a picture, such as depths.png.")] = None,
    batch_size: Annotated[int, typer.Option(help="Rows in a batch.")] = 32,
    seed: Seed = 0,
    data_dir: DataDir = None,
    json: Json = False,
    allow_unsafe: AllowUnsafe = False,
) -> None:
    """Score every depth of MODEL for a task whose labels are given.

    The model runs once over the data; no network is trained. The best depth is the one for
    `transfer --cut`.
    """
    network = read_model(model, allow_unsafe=allow_unsafe)
    options = DataOptions(data, task, inputs, data_dir=data_dir)
    rows = read_task(options, network, labels, seed)
    from keras_mtl.probing.probe_cuts import probe_cuts

    with progress() as verbose:
        probes = probe_cuts(
            network,
            *rows,
            nested=nested,
            probe=probe,
            kind=rows.head(),
            seed=seed,
            batch_size=batch_size,
            verbose=verbose,
        )
    if plot is not None:
        probes.plot(plot)
    facts = {
        "model": network.name,
        "metric": probes.metric,
        "rows": len(rows),
        "best": probes.best.layer,
        "contenders": [one.layer for one in probes.contenders],
        "chance": probes.chance,
        "probes": list(probes),
        "plot": plot,
    }
    show(probes, facts, as_json=json)
