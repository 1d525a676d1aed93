import numpy as np

from keras_mtl.explaining.calibration import Calibration
from keras_mtl.explaining.confusion import Confusion
from keras_mtl.pictures.confusion_matrix import ConfusionMatrix
from keras_mtl.pictures.drawing import drawn, saved

TRUE, PREDICTED = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])


def test_what_is_drawn(tmp_path):
    confusion = Confusion.of(TRUE, PREDICTED, ["cat", "dog"])
    bins = Calibration.from_rows(
        np.array([0.9, 0.6, 0.9, 0.8]), TRUE == PREDICTED, 0.1, bins=10, confidence=0.95
    )
    picture = ConfusionMatrix(confusion, bins)
    matrix, curve = drawn(picture.draw, *picture.size).axes
    assert [text.get_text() for text in matrix.texts] == ["1", "1", "", "2"]
    assert [label.get_text() for label in matrix.get_yticklabels()] == ["cat", "dog"]
    assert curve.get_ylabel() == "accuracy"
    path = saved(picture.draw, *picture.size, tmp_path / "both.svg")
    assert path.read_text().startswith("<?xml")


def test_many_classes_are_colours_only():
    names = [f"class {index}" for index in range(150)]
    picture = ConfusionMatrix(Confusion.of(TRUE, PREDICTED, names), None)
    (matrix,) = drawn(picture.draw, *picture.size).axes
    assert not matrix.texts and len(matrix.get_xticklabels()) == 50
