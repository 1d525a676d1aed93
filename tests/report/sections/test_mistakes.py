"""The section of the mistakes."""

from base64 import b64decode

import numpy as np

from _report_data import made_up_explanation
from keras_mtl.explaining.explain import explain
from keras_mtl.report.blocks import Gallery, Heading, Picture, Prose, Table
from keras_mtl.report.sections.mistakes import MISTAKES, mistakes


def of_kind(section, kind):
    return [block for block in section.blocks if isinstance(block, kind)]


def test_classes_have_confusion_calibration_and_pictures():
    found = made_up_explanation()
    section = mistakes(found)

    assert of_kind(section, Prose)[0].sentences == [found.title]
    confusion, by_class, worst = of_kind(section, Table)
    counts = [[cell.value for cell in row[1:]] for row in confusion.rows]
    assert counts == found.confusion.counts.tolist()
    assert [row[0].text for row in by_class.rows] == list(found.classes)
    diagonal = [confusion.rows[place][place + 1] for place in range(3)]
    assert all(cell.right for cell in diagonal) and not confusion.rows[0][2].right
    (picture,) = of_kind(section, Picture)
    assert len(picture.table.rows) == len(found.calibration)
    (gallery,) = of_kind(section, Gallery)
    assert len(gallery.pictures) == len(worst.rows) == min(MISTAKES, len(found.mistakes(1000)))
    assert b64decode(gallery.pictures[0].png).startswith(b"\x89PNG")
    first = found.mistakes(1)[0]
    assert gallery.pictures[0].words.startswith(f"Row {first.row}: {first.true}, not")


def test_many_classes_are_a_list_of_pairs_and_rows_that_are_no_pictures_a_table():
    found = made_up_explanation([f"class {n}" for n in range(30)], pictures=False)
    section = mistakes(found)
    pairs = of_kind(section, Table)[0]
    first = found.confusion.most_confused[0]
    assert [cell.text for cell in pairs.rows[0]] == [first.true, first.predicted, f"{first.rows}"]
    assert len(pairs.rows) <= 20 and of_kind(section, Gallery) == []


def test_numbers_have_a_picture_each():
    import keras

    x = np.random.default_rng(0).random((30, 4)).astype("float32")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    section = mistakes(explain(model, x, x[:, :2], verbose=0))
    assert len(of_kind(section, Picture)) == 2
    assert [block.text for block in of_kind(section, Heading)] == ["The largest errors"]
