"""Predicted against true numbers."""

import numpy as np

from keras_mtl.pictures.canvas import new_picture
from keras_mtl.pictures.predicted_numbers import MOST_POINTS, PredictedNumbers


def test_of_many_rows_some_are_drawn_the_first_and_the_last_among_them():
    true = np.arange(1000.0)
    figure = new_picture(5, 3)
    PredictedNumbers("price $", true, true + 1).draw(figure)
    ideal, marks = figure.axes[0].lines
    assert ideal.get_xydata().tolist() == [[0, 0], [999, 999]]
    assert len(marks.get_xydata()) == MOST_POINTS
    assert marks.get_xydata()[[0, -1]].tolist() == [[0, 1], [999, 1000]]
    assert figure.axes[0].get_xlabel() == "true price $"
