"""What the backend in use cannot write is converted in a process that runs Keras on TensorFlow."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import warnings
from importlib import import_module
from pathlib import Path

import keras
import numpy as np

from keras_mtl.errors import KerasMtlError, NotConvertible, UnsupportedBackend
from keras_mtl.exporting.conversion import write_converted
from keras_mtl.exporting.jax_functions import VIA_TENSORFLOW
from keras_mtl.exporting.preprocessing import Preprocessing
from keras_mtl.exporting.saved_model import write_saved_model
from keras_mtl.exporting.served import Served
from keras_mtl.keras_private.layers import sublayers
from keras_mtl.serving.formats.export_format import Arrays, ExportFormat
from keras_mtl.serving.formats.known_formats import FORMATS
from keras_mtl.serving.formats.tf_saved_model import SAVED_MODEL
from keras_mtl.serving.manifest import Manifest

FOLDER = ".model"
"""The folder with what the process reads, inside that of the export."""
_MODEL, _SAMPLE, _REQUEST, _ANSWER = "model.keras", "sample.npz", "request.json", "answer.json"


def converted_elsewhere(
    form: ExportFormat, served: Served, folder: Path, manifest: Manifest, sample: Arrays | None
) -> None:
    """Write the files of a format in another process.

    The model goes there as a `.keras` file, which is loaded in Keras's safe mode.

    Raises:
        UnsupportedBackend: The model cannot be saved, or be loaded there.
        NotConvertible: The format lacks something that the model computes.
    """
    material = folder / FOLDER
    material.mkdir()
    _save(served, manifest, sample, material)
    environment = {
        **os.environ,
        "KERAS_BACKEND": "tensorflow",
        "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),
    }
    process = subprocess.run(
        [sys.executable, "-m", __name__, str(material), str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    answer = material / _ANSWER
    if not answer.exists():
        raise _not_here(served, process.stderr.strip().rpartition("\n")[2])
    told = json.loads(answer.read_text(encoding="utf-8"))
    shutil.rmtree(material)
    if told["error"] == "NotConvertible":
        raise NotConvertible(told["message"])
    if told["error"] == "OSError":
        raise OSError(told["number"], told["message"])
    if told["error"] is not None:
        raise _not_here(served, told["message"])


def _save(served: Served, manifest: Manifest, sample: Arrays | None, material: Path) -> None:
    manifest.write(material)
    if sample is not None:
        np.savez(material / _SAMPLE, **dict(sample))  # type: ignore[arg-type]
    request = {
        "modules": _modules_of(served),
        "pictures": [steps.picture for steps in served.preprocessing],
        "steps": [len(steps.layers) for steps in served.preprocessing],
    }
    (material / _REQUEST).write_text(json.dumps(request), encoding="utf-8")
    try:
        keras.saving.save_model(served.model, material / _MODEL)
        for index, steps in enumerate(served.preprocessing):
            for number, layer in enumerate(steps.layers):
                _save_layer(layer, material / f"{index}-{number}.keras")
    except Exception as error:  # `get_config` may be the user's code.
        raise _not_here(served, str(error)) from error


def _save_layer(layer: keras.Layer, path: Path) -> None:
    with warnings.catch_warnings():
        # What it takes is known to TensorFlow only; the layer itself is built, or has no weights.
        warnings.filterwarnings("ignore", "You are saving a model that has not yet been built")
        keras.saving.save_model(keras.Sequential([layer]), path)


def _modules_of(served: Served) -> list[str]:
    """Return the modules that define the classes of layers, but for Keras's own."""
    layers = [*sublayers(served.model), *(one for s in served.preprocessing for one in s.layers)]
    modules = {type(layer).__module__ for layer in layers} - {"__main__"}
    return sorted(one for one in modules if one.partition(".")[0] != "keras")


def _not_here(served: Served, reason: str) -> UnsupportedBackend:
    return UnsupportedBackend(
        f"`{served.model.name}` cannot be written with the Keras backend "
        f"`{keras.backend.backend()}`: {VIA_TENSORFLOW} A process that runs Keras on TensorFlow "
        f"could not load it: {' '.join(reason.split())[:400]}"
    )


def main(material: Path, folder: Path) -> None:
    """Convert what another process has saved, and write down how that went."""
    told: dict[str, object] = {"error": None}
    try:
        _convert(material, folder)
    except NotConvertible as error:
        told = {"error": "NotConvertible", "message": str(error)}
    except KerasMtlError as error:
        told = {"error": "KerasMtlError", "message": str(error)}
    except OSError as error:
        told = {"error": "OSError", "number": error.errno, "message": error.strerror or str(error)}
    except Exception as error:  # Told by the process that waits.
        told = {"error": type(error).__name__, "message": str(error)}
    (material / _ANSWER).write_text(json.dumps(told), encoding="utf-8")


def _convert(material: Path, folder: Path) -> None:
    request = json.loads((material / _REQUEST).read_text(encoding="utf-8"))
    for module in request["modules"]:
        import_module(module)
    manifest = Manifest.read(material)
    form = FORMATS.find(manifest.format)
    preprocessing = tuple(
        Preprocessing(
            tuple(_layer(material / f"{index}-{number}.keras") for number in range(steps)),
            one.shape,
            one.dtype,
            tuple(picture) if picture else None,
        )
        for index, (one, steps, picture) in enumerate(
            zip(manifest.inputs, request["steps"], request["pictures"], strict=True)
        )
    )
    model = keras.saving.load_model(material / _MODEL, compile=False)
    served = Served(model, manifest.inputs, manifest.outputs, preprocessing)
    if form.name == SAVED_MODEL:
        write_saved_model(served, folder)
    else:
        sample = dict(np.load(material / _SAMPLE)) if (material / _SAMPLE).exists() else None
        write_converted(form, served, folder, manifest, sample)


def _layer(path: Path) -> keras.Layer:
    (layer,) = keras.saving.load_model(path, compile=False).layers
    return layer


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
