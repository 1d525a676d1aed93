"""Files that are no model say why; new ones are written whole or not at all."""

import keras
import numpy as np
import pytest

from keras_mtl.cli.failures import CommandFailed, ExitCode
from keras_mtl.cli.model_files import checked_new_file, read_model, write_model


def truncated(folder, place):
    (place / "cut.keras").write_bytes((folder / "sex.keras").read_bytes()[:-200])
    return place / "cut.keras"


def damaged(folder, place):
    content = bytearray((folder / "sex.keras").read_bytes())
    content[len(content) // 2] ^= 255
    (place / "flipped.keras").write_bytes(content)
    return place / "flipped.keras"


def of_keras_2(folder, place):
    (place / "old").mkdir()
    for name in ("saved_model.pb", "keras_metadata.pb"):
        (place / "old" / name).write_bytes(b"")
    return place / "old"


def exported(folder, place):
    (place / "new" / "1").mkdir(parents=True)
    (place / "new" / "1" / "saved_model.pb").write_bytes(b"")
    return place / "new"


def written(name, content):
    def make(folder, place):
        (place / name).write_bytes(content)
        return place / name

    return make


def with_unknown_class(folder, place):
    @keras.saving.register_keras_serializable("test_model_files")
    class Passing(keras.layers.Layer):
        def call(self, x):
            return x

    keras.Sequential([keras.Input((3,)), Passing()]).save(place / "own.keras")
    keras.saving.get_custom_objects().pop("test_model_files>Passing")
    return place / "own.keras"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder, place: folder / "sec.keras", "does not exist. Did you mean 'sex.keras'?"),
        (lambda folder, place: folder / "pictures", "is a folder and no model"),
        (truncated, "damaged or was not copied to its end"),
        (damaged, "damaged or was not copied|cannot be loaded"),
        (of_keras_2, "a SavedModel that Keras 2 wrote.*model.h5"),
        (exported, "an exported model.*`keras-mtl predict`"),
        (with_unknown_class, "Could not locate class 'Passing'.*in Python"),
        (lambda folder, place: folder / "unsafe.keras", "Python code.*`--allow-unsafe`"),
        (written("a.keras", b""), "is empty"),
        (written("a.keras", b"not a model"), "is not a Keras model"),
        (written("a.pt", b"\x80\x02"), "is not a Keras model, but a file of PyTorch"),
        (written("a.h5", b"\x89HDF\r\n\x1a\n half"), "damaged"),
        (written("a.keras", b"\x89HDF\r\n\x1a\n"), "ends with `.h5`"),
        (written("a.weights.h5", b"\x89HDF\r\n\x1a\n"), "weights without layers"),
    ],
)
def test_what_is_no_model(folder, tmp_path, make, said):
    path = make(folder, tmp_path)
    with pytest.raises(CommandFailed, match=said) as caught:
        read_model(path)
    assert caught.value.code is ExitCode.BAD_MODEL and str(path) in str(caught.value)


def test_zip_files_that_are_no_model(folder, tmp_path):
    np.savez(tmp_path / "x.npz", x=np.ones(3))
    with pytest.raises(CommandFailed, match="a zip file without a Keras model"):
        read_model(tmp_path / "x.npz")
    (tmp_path / "m.zip").write_bytes((folder / "sex.keras").read_bytes())
    with pytest.raises(CommandFailed, match="rename it"):
        read_model(tmp_path / "m.zip")


def test_unsafe_models_are_loaded_when_they_are_trusted(folder):
    model = read_model(folder / "unsafe.keras", allow_unsafe=True)
    assert model.predict(np.ones((2, 3)), verbose=0).tolist() == [[2.0] * 3] * 2


def test_models_are_written_whole(folder, tmp_path):
    model = read_model(folder / "sex.keras")
    path = tmp_path / "new.keras"
    write_model(model, path)
    again = read_model(path)
    assert all(map(np.array_equal, model.get_weights(), again.get_weights()))
    assert [one.name for one in tmp_path.iterdir()] == ["new.keras"]


def test_names_of_new_files_are_checked_before_the_work(folder, tmp_path):
    new = tmp_path / "new.keras"
    assert checked_new_file(new, overwrite=False) == new
    new.write_bytes(b"")
    assert checked_new_file(new, overwrite=True) == new
    folder_there = tmp_path / "folder.keras"
    folder_there.mkdir()
    for path, said in [
        (new, "exists; `--overwrite`"),
        (tmp_path / "new.h5", "ends with `.keras`"),
        (tmp_path / "absent" / "new.keras", "there is no folder"),
        (folder_there, "is a folder"),
    ]:
        with pytest.raises(CommandFailed, match=said) as caught:
            checked_new_file(path, overwrite=False)
        assert caught.value.code is ExitCode.USAGE
