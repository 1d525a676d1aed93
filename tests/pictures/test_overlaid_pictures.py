"""Pictures with maps over them."""

import sys
from io import BytesIO

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from keras_mtl.errors import MissingExtra
from keras_mtl.pictures.overlaid_pictures import COLOR, EDGE, STRENGTH, overlaid_png


def read(png):
    from matplotlib.image import imread

    return imread(BytesIO(png))[..., :3]


def test_a_small_picture_is_enlarged_and_coloured_where_the_map_is_large():
    picture = np.random.default_rng(0).random((8, 4, 1))
    plain = read(overlaid_png(picture, None))
    assert plain.shape == (EDGE, EDGE // 2, 3)
    np.testing.assert_allclose(plain[8::16, 8::16, 0], picture[..., 0], atol=1 / 255)

    heat = np.array([[0.0, 2.0], [1.0, 0.0], [0.0, 0.0]])
    rows = (np.arange(EDGE) + 0.5) * 3 / EDGE - 0.5
    columns = (np.arange(EDGE // 2) + 0.5) * 2 / (EDGE // 2) - 0.5
    places = np.meshgrid(rows, columns, indexing="ij")
    share = STRENGTH * map_coordinates(heat / 2, places, order=1, mode="nearest")[..., None]
    expected = (1 - share) * plain + share * np.array(COLOR)
    np.testing.assert_allclose(read(overlaid_png(picture, heat)), expected, atol=2 / 255)


def test_a_large_picture_is_reduced_and_a_map_of_zeros_shows_nothing():
    picture = np.random.default_rng(0).random((300, 256, 3))
    png = overlaid_png(picture, np.zeros((2, 2)))
    assert read(png).shape == (EDGE, 109, 3) and png == overlaid_png(picture, None)


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.image", None)
    with pytest.raises(MissingExtra, match="plots"):
        overlaid_png(np.zeros((2, 2, 1)), None)
