import numpy as np
import pytest
from PIL import Image

from keras_mtl.datasets import picture_rows
from keras_mtl.datasets.picture_files import PictureForm
from keras_mtl.datasets.picture_rows import PictureRows, checked_cache, read_pictures
from keras_mtl.errors import InvalidTaskData

NAMES = [f"{number}.png" for number in range(5)]


@pytest.fixture
def folder(tmp_path):
    for number, name in enumerate(NAMES):
        Image.fromarray(np.full((4, 3), number * 10, np.uint8)).save(tmp_path / name)
    return tmp_path


def test_pictures_that_do_not_fit_into_memory_are_decoded_anew(folder, monkeypatch):
    form = PictureForm(None, "grayscale")
    kept = read_pictures(folder, NAMES, form, "image", "error").reader
    monkeypatch.setattr(picture_rows, "IN_MEMORY", 20)
    (folder / "2.png").write_bytes(b"damaged")
    read = read_pictures(folder, NAMES, form, "image", "skip", False)
    assert isinstance(read.reader, PictureRows) and read.bad == ["2.png"]
    assert read.kept.tolist() == [0, 1, 3, 4] and read.reader.specs == kept.specs
    rows = np.array([3, 0, 0, 2])
    expected = kept.read(read.kept[rows])["image"]
    assert (read.reader.read(rows)["image"] == expected).all()
    with pytest.raises(InvalidTaskData, match=r"1 of 5 pictures cannot be decoded: '2\.png'"):
        read_pictures(folder, NAMES, form, "image", "error")


def test_the_identity_tells_files_apart(folder):
    form = PictureForm((4, 3), "grayscale")
    identity = PictureRows(folder, NAMES, form, "image").identity
    assert PictureRows(folder, NAMES, form, "image").identity == identity
    assert PictureRows(folder, NAMES[1:], form, "image").identity != identity
    Image.fromarray(np.ones((4, 3), np.uint8)).save(folder / "0.png", compress_level=0)
    assert PictureRows(folder, NAMES, form, "image").identity != identity


def test_where_pictures_are_kept(folder, monkeypatch, tmp_path):
    form = PictureForm(None, "grayscale")
    whole = read_pictures(folder, NAMES, form, "image", "error").reader.read(np.arange(5))["image"]
    anew = read_pictures(folder, NAMES, form, "image", "error", False).reader
    filed = read_pictures(folder, NAMES, form, "image", "error", tmp_path).reader
    monkeypatch.setattr(picture_rows, "IN_MEMORY", 20)
    kept = read_pictures(folder, NAMES, form, "image", "error").reader
    for reader in (anew, filed, kept):
        assert (reader.read(np.array([1, 3]))["image"] == whole[[1, 3]]).all()
    (folder / "3.png").write_bytes(b"damaged")
    for reader in (filed, kept):  # What was read once is not read again.
        assert (reader.read(np.array([3]))["image"] == whole[[3]]).all()
    monkeypatch.setattr(picture_rows, "available_memory", lambda: 30)
    with pytest.raises(InvalidTaskData, match=r"4 pictures need.*memory has room.*cache=False"):
        read_pictures(folder, NAMES, form, "image", "skip")
    wrong = {tmp_path / "no": "a folder that is there", 3: "path of a folder"}
    for cache, message in wrong.items():
        with pytest.raises((ValueError, OSError), match=message):
            checked_cache(cache)
