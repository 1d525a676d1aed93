import numpy as np
import pytest

from keras_mtl.explaining.kept_rows import KeptRows
from keras_mtl.explaining.sheet_of_rows import WorstRow, are_pictures, draw_sheet, pictures_of


def kept(*rows):
    inputs = {index: list(row) for index, row in enumerate(rows)}
    return KeptRows(inputs, lambda inputs, outputs: None)


def rows(count):
    return [WorstRow(row, 1, "cat", "dog") for row in range(count)]


def drawn(*inputs):
    """The pictures of some rows."""
    return [one.picture for one in pictures_of(kept(*inputs), rows(len(inputs)))]


def picture(*shape, high=1.0):
    return np.random.default_rng(0).uniform(0, high, shape).astype("float32")


def test_colours_are_shown_as_they_are(tmp_path):
    (shown,) = drawn([picture(4, 6, 3)])
    assert np.array_equal(shown, picture(4, 6, 3))
    assert draw_sheet(tmp_path / "a.png", kept([picture(4, 6, 3)]), rows(1)).exists()


def test_pictures_of_any_layout():
    table, alpha, first = picture(2), picture(5, 5, 4), picture(3, 8, 9)
    shown = drawn([table, picture(4, 6)], [alpha], [first], [picture(4, 4, 7)])
    assert [one.shape for one in shown] == [(4, 6, 1), (5, 5, 3), (8, 9, 3), (4, 4, 1)]
    assert np.allclose(shown[2], np.moveaxis(first, 0, -1))


def test_ranges_are_scaled_alike():
    bright, dark = np.full((2, 2, 1), 200, "uint8"), np.full((2, 2, 1), 20, "uint8")
    shown = drawn([bright], [dark])
    assert shown[0].mean() == pytest.approx(200 / 255) and shown[1].mean() == pytest.approx(
        20 / 255
    )
    shown = drawn([picture(3, 3, 1) - 2], [picture(3, 3, 1) + 1])
    assert shown[0].min() == 0 and shown[1].max() == 1 and shown[1].min() > 0.5


def test_what_is_no_picture_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"have the shapes \[\(7,\)\]; `mistakes"):
        drawn([picture(7)])
    assert not are_pictures(kept([picture(7)])) and are_pictures(kept([picture(4, 4)]))
    with pytest.raises(ValueError, match="no prediction is wrong"):
        draw_sheet(tmp_path / "a.png", kept(), [])
    with pytest.raises(ValueError, match=r"`n` is at most 48.*Received: 60"):
        draw_sheet(tmp_path / "a.png", kept([picture(4, 4)]), rows(60))
    with pytest.raises(ValueError, match="were not kept"):
        draw_sheet(tmp_path / "a.png", None, rows(1))
