"""Files of Keras models: read with the reason where they cannot be, written whole or not at all."""

from __future__ import annotations

import warnings
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from keras_mtl.cli.failures import CommandFailed, bad_model, one_line, usage
from keras_mtl.common.near_misses import did_you_mean

if TYPE_CHECKING:
    import keras

_HDF5 = b"\x89HDF\r\n\x1a\n"
_ZIP = b"PK\x03\x04"
_FOREIGN = {
    ".pt": "of PyTorch",
    ".pth": "of PyTorch",
    ".onnx": "of ONNX",
    ".tflite": "of LiteRT",
    ".pb": "of TensorFlow",
    ".pkl": "a pickle",
    ".joblib": "a pickle",
}
_ONE_WAY = "Save the model with `model.save('model.keras')`."


def read_model(path: Path, *, allow_unsafe: bool = False, compiled: bool = False) -> keras.Model:
    """Return the model in a file.

    Args:
        path: A `.keras` or an `.h5` file.
        allow_unsafe: Whether Python code in the file may run.
        compiled: Whether to compile it as it was.

    Raises:
        CommandFailed: There is no model that Keras 3 can load; the message says why.
    """
    if path.is_dir():
        raise bad_model(_about_folder(path))
    if not path.exists():
        raise bad_model(f"`{path}` does not exist.{_near(path)}")
    _check_content(path)
    from keras_mtl.cli.quiet_start import import_keras

    keras = import_keras()
    try:
        with warnings.catch_warnings():
            # Of a model that was compiled and never trained; every training starts it anew.
            warnings.filterwarnings("ignore", "Skipping variable loading for optimizer")
            model = keras.saving.load_model(path, compile=compiled, safe_mode=not allow_unsafe)
    except Exception as error:  # Keras raises errors of all classes for what is wrong with a file.
        raise _not_loaded(path, error) from error
    if not isinstance(model, keras.Model):
        raise bad_model(f"`{path}` holds no model, but a `{type(model).__name__}`.")
    return model


def checked_new_file(path: Path, *, overwrite: bool, suffix: str = ".keras") -> Path:
    """Return the path if a file can be written there; asked before the work.

    Raises:
        CommandFailed: It has another ending, its folder is missing, or something is there.
    """
    if path.suffix != suffix:
        raise usage(f"The name of a new file ends with `{suffix}`. Received: `{path}`.")
    if not path.parent.is_dir():
        raise usage(f"`{path}` cannot be written: there is no folder `{path.parent}`.")
    if path.is_dir() or (path.exists() and not overwrite):
        kind = "is a folder" if path.is_dir() else "exists; `--overwrite` replaces it"
        raise usage(f"`{path}` {kind}.")
    return path


def write_model(model: keras.Model, path: Path) -> None:
    """Write a `.keras` file, whole or not at all."""
    from keras_mtl.common.atomic_files import written_whole_file
    from keras_mtl.estimators.model_archive import to_archive

    archive = to_archive(model)
    with written_whole_file(path) as unfinished:
        unfinished.write_bytes(archive)


def _near(path: Path) -> str:
    names = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
    return did_you_mean(path.name, names)


def _about_folder(path: Path) -> str:
    if (path / "keras_metadata.pb").exists():
        return (
            f"`{path}` is a SavedModel that Keras 2 wrote, which Keras 3 does not load. Write it "
            "as a file where Keras 2 is: `tf_keras.models.load_model(...).save('model.h5')`."
        )
    if (path / "manifest.json").exists() or any(path.glob("**/saved_model.pb")):
        return (
            f"`{path}` is an exported model, of which Keras has no layers: give the `.keras` file "
            "that it was exported from. `keras-mtl predict` and `inspect` take exports."
        )
    return f"`{path}` is a folder and no model. {_ONE_WAY}"


def _check_content(path: Path) -> None:
    """Refuse what is no model by its first bytes, before Keras is imported."""
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise bad_model(one_line(error)) from error
    if start.startswith(_ZIP):
        _check_archive(path)
    elif start != _HDF5:
        raise bad_model(_about_content(path, start))
    elif path.suffix not in (".h5", ".hdf5"):
        raise bad_model(f"`{path}` holds HDF5: rename it, so that its name ends with `.h5`.")
    if path.name.endswith(".weights.h5"):
        raise bad_model(f"`{path}` holds weights without layers. {_ONE_WAY}")


def _check_archive(path: Path) -> None:
    if not zipfile.is_zipfile(path):
        raise bad_model(_damaged(path, "its end is missing"))
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if "config.json" not in names:
        raise bad_model(f"`{path}` is a zip file without a Keras model. {_ONE_WAY}")
    if path.suffix != ".keras":
        raise bad_model(f"`{path}` is a Keras model: rename it, so that it ends with `.keras`.")


def _about_content(path: Path, start: bytes) -> str:
    if not start:
        return f"`{path}` is empty."
    kind = _FOREIGN.get(path.suffix)
    known = f", but {'a file ' if kind.startswith('of') else ''}{kind}" if kind else ""
    return f"`{path}` is not a Keras model{known}. {_ONE_WAY}"


def _damaged(path: Path, reason: str) -> str:
    return f"`{path}` is damaged or was not copied to its end: {reason}. Copy the file again."


def _not_loaded(path: Path, error: Exception) -> CommandFailed:
    text = one_line(error)
    if "safe_mode=False" in text:
        return bad_model(
            f"`{path}` holds Python code (such as a Lambda layer), which would run when the model "
            "is loaded and could do anything on this machine. If you trust who made the file, pass "
            "`--allow-unsafe`."
        )
    if isinstance(error, zipfile.BadZipFile | EOFError | OSError | KeyError):
        return bad_model(_damaged(path, text))
    if "Could not locate" in text:
        named = text.partition(" Make sure")[0].removesuffix(".")
        return bad_model(
            f"`{path}` cannot be loaded: {named}. The command line knows the layers of Keras, "
            "KerasHub and keras_mtl; load a model with others in Python."
        )
    return bad_model(f"`{path}` cannot be loaded: {text[:500]}")
