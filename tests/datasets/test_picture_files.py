import numpy as np
import pytest
from PIL import Image

from keras_mtl.datasets.picture_files import (
    PictureForm,
    decoding_errors,
    find_pictures,
    read_picture,
)

RGB = PictureForm(None, "rgb")
PIXELS = np.random.default_rng(0).integers(0, 256, size=(6, 5, 3), dtype=np.uint8)


def saved(folder, picture, name="one.png", **options):
    picture.save(folder / name, **options)
    return folder / name


def test_pixels_are_those_of_pillow(tmp_path):
    path = saved(tmp_path, Image.fromarray(PIXELS))
    assert (read_picture(path, RGB) == PIXELS).all()
    grey = np.asarray(Image.fromarray(PIXELS).convert("L"))
    assert (read_picture(path, PictureForm(None, "grayscale"))[..., 0] == grey).all()
    assert read_picture(path, PictureForm((3, 4), "rgba")).shape == (3, 4, 4)
    path = saved(tmp_path, Image.fromarray(PIXELS), "one.jpg", quality=95)
    assert (read_picture(path, RGB) == np.asarray(Image.open(path))).all()


def test_modes_of_pictures(tmp_path):
    for mode in ("1", "L", "P", "RGBA", "CMYK", "LA"):
        name = "one.tif" if mode == "CMYK" else "one.png"
        path = saved(tmp_path, Image.fromarray(PIXELS).convert(mode), name)
        assert read_picture(path, RGB).shape == (6, 5, 3), mode
    deep = (PIXELS[..., 0].astype(np.uint16) * 257).astype(np.uint16)
    path = saved(tmp_path, Image.fromarray(deep), "deep.png")
    assert (read_picture(path, PictureForm(None, "grayscale"))[..., 0] == PIXELS[..., 0]).all()
    path = saved(tmp_path, Image.fromarray(PIXELS[..., 0].astype(np.float32)), "float.tif")
    with pytest.raises(decoding_errors(), match="floats"):
        read_picture(path, RGB)


def test_pictures_are_turned_as_their_exif_data_say(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the top of the picture is at its right
    path = saved(tmp_path, Image.fromarray(PIXELS), exif=exif)
    assert (read_picture(path, RGB) == np.rot90(PIXELS, -1)).all()


def test_pictures_are_found_by_their_names(tmp_path):
    for name in ("b/2.JPG", "b/1.png", "a.webp", "notes.txt", ".b/3.png", "b/._1.png", "b/c/d.gif"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert find_pictures(tmp_path) == ["a.webp", "b/1.png", "b/2.JPG", "b/c/d.gif"]
