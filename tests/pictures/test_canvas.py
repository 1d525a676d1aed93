import sys

import pytest

from keras_mtl.errors import MissingExtra
from keras_mtl.pictures.canvas import band, explain_bands, finish, new_picture, save


def test_a_picture_is_drawn_and_saved(tmp_path):
    figure = new_picture(2, 2)
    axes = figure.subplots()
    axes.plot([1, 2], [3, 4], label="line")
    band(axes, [1, 2], [3, 4], [0.5, 0], "red")
    finish(axes)
    (shaded,) = axes.collections
    assert shaded.get_paths()[0].vertices[:, 1].min() == 2.5
    assert not axes.spines["top"].get_visible() and axes.get_legend() is not None
    assert save(figure, tmp_path / "picture.svg").read_text().startswith("<?xml")


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        ([3, 3], "mean of 3 runs; the band is one standard deviation to each side"),
        ([2, 5, 3], "mean of 2 to 5 runs; the band is one standard deviation to each side"),
        ([1, 1], "one run"),
    ],
)
def test_the_picture_says_what_its_bands_are(runs, text):
    figure = new_picture(2, 2)
    explain_bands(figure, runs)
    assert figure.get_suptitle() == text


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtra, match="plots"):
        new_picture(2, 2)
