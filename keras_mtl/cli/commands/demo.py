"""`keras-mtl demo`: a trained network, pictures, and which way to use the one for the other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keras_mtl.cli.failures import going_on, usage
from keras_mtl.cli.model_files import write_model
from keras_mtl.cli.options import Json
from keras_mtl.cli.output import note, progress, show
from keras_mtl.cli.stored_results import facts_of, text_of

if TYPE_CHECKING:
    import keras
    import numpy as np

EXAMPLES = ("keras-mtl demo", "keras-mtl demo --output try_it --seeds 2")
LABELS = (20, 100, 400)


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write.")] = Path(
        "demo"
    ),
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each way and number of labels.")] = 5,
    json: Json = False,
) -> None:
    """Train a network that tells odd from even, and find the best way to read digits with it.

    Needs no data: these are scikit-learn's pictures of digits. Leaves a trained model, a folder of
    pictures to try the other commands on, and a report. Takes about a minute.
    """
    if output.exists() and not output.is_dir():
        raise usage(f"`{output}` is a file: give the name of a folder.")
    output.mkdir(parents=True, exist_ok=True)
    from keras_mtl.cli.quiet_start import import_keras

    import_keras()
    from keras_mtl.comparing.compare import compare
    from keras_mtl.datasets.digits import digits

    train, test = digits(), digits(split="test")
    report, results = output / "report.html", output / "comparison"
    with going_on(f"The same command goes on from what is in `{output}`."), progress() as verbose:
        network = _trained(output / "parity.keras", *train["parity"])
        _write_pictures(output / "digits", *train["digit"])
        comparison = compare(
            network,
            *_bytes(*train["digit"]),
            test=_bytes(*test["digit"]),
            labels=LABELS,
            seeds=seeds,
            directory=results,
            verbose=verbose,
        )
        if not comparison.is_complete:
            raise KeyboardInterrupt
        comparison.report(report)
    show(
        text_of(comparison, results, report) + "\n" + _next(output),
        facts_of(comparison) | {"results": results, "report": report},
        as_json=json,
    )


def _trained(path: Path, x: np.ndarray, y: np.ndarray) -> keras.Model:
    """Return the network in a file; it is trained and written if there is none."""
    import keras
    from keras.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D, Rescaling

    from keras_mtl.cli.model_files import read_model

    if path.exists():
        return read_model(path)
    note("Training a network that tells odd from even ...")
    keras.utils.set_random_seed(0)
    layers = [
        keras.Input((8, 8, 1)),
        Rescaling(1 / 255, name="scale"),
        Conv2D(32, 3, padding="same", activation="relu", name="conv"),
        Conv2D(32, 3, padding="same", activation="relu", name="conv_2"),
        MaxPooling2D(name="pool"),
        Flatten(name="flatten"),
        Dropout(0.3, name="dropout"),
        Dense(64, activation="relu", name="dense"),
        Dense(2, activation="softmax", name="parity"),
    ]
    network = keras.Sequential(layers, name="parity_network")
    network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    network.fit(*_bytes(x, y), epochs=10, verbose=0)
    write_model(network, path)
    return network


def _bytes(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return pictures as they are in files, from 0 to 255."""
    return (x * 255).round().astype("uint8"), y


def _write_pictures(folder: Path, x: np.ndarray, y: np.ndarray) -> None:
    """Write a folder for each class."""
    if folder.exists():
        return
    from PIL import Image

    from keras_mtl.common.atomic_files import written_whole_folder

    pictures, _ = _bytes(x, y)
    with written_whole_folder(folder, flush=False) as unfinished:
        for index, (picture, digit) in enumerate(zip(pictures[..., 0], y, strict=True)):
            place = unfinished / str(digit)
            place.mkdir(exist_ok=True)
            Image.fromarray(picture).save(place / f"{index:04}.png")


def _next(folder: Path) -> str:
    commands = (
        f"cuts {folder}/parity.keras",
        f"transfer {folder}/parity.keras --cut flatten --head 10 -o {folder}/digit.keras",
        f"train {folder}/digit.keras --data {folder}/digits --labels 200 --test 0.3",
    )
    return "\n".join(["Next:", *(f"  keras-mtl {command}" for command in commands)])
