"""Accuracy against probability."""

from types import SimpleNamespace

from keras_mtl.pictures.canvas import new_picture
from keras_mtl.pictures.reliability import Reliability


def test_each_bin_has_a_mark_and_its_interval():
    bins = [
        SimpleNamespace(confidence=0.3, accuracy=0.2, accuracy_low=0.1, accuracy_high=0.5),
        SimpleNamespace(confidence=0.9, accuracy=1.0, accuracy_low=0.8, accuracy_high=1.0),
    ]
    figure = new_picture(5, 3)
    Reliability(bins).draw(figure)
    ideal, first, second, marks = figure.axes[0].lines
    assert ideal.get_xydata().tolist() == [[0, 0], [1, 1]]
    assert first.get_xydata().tolist() == [[0.3, 0.1], [0.3, 0.5]]
    assert second.get_xydata().tolist() == [[0.9, 0.8], [0.9, 1.0]]
    assert marks.get_xydata().tolist() == [[0.3, 0.2], [0.9, 1.0]]
