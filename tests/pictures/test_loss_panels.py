"""The loss by epoch."""

import numpy as np

from keras_mtl.pictures.canvas import new_picture
from keras_mtl.pictures.loss_panels import Curve, LossPanels, mean_curve
from keras_mtl.pictures.palette import line_styles


def test_a_panel_a_strategy_and_a_line_a_label_count():
    curves = [Curve(20, [[3.0, 1.0], [1.0, 1.0, 0.0]], [[4.0, 2.0]]), Curve(1500, [[2.0, 0.5]], [])]
    panels = LossPanels({"a $": curves, "b": curves[:1]}, line_styles(["a $", "b"]))
    figure = new_picture(10, 3)
    panels.draw(figure)

    first, second = figure.axes
    assert (first.get_title(loc="left") or first.get_title()) == "a $" and second.lines
    solid = [line for line in first.lines if line.get_linestyle() == "-"]
    assert [line.get_ydata().tolist() for line in solid] == [[2.0, 1.0], [2.0, 0.5]]
    assert [line.get_xdata().tolist() for line in solid] == [[1, 2]] * 2
    assert solid[0].get_alpha() < solid[1].get_alpha() == 1
    assert [line.get_ydata().tolist() for line in first.lines if line not in solid] == [[4.0, 2.0]]
    assert {text.get_text() for text in first.texts} == {"20", "1,500"}


def test_panels_stand_side_by_side_where_there_is_room():
    panels = LossPanels({name: [] for name in "abc"}, line_styles(list("abc")))
    assert panels.height(720) * 3 == panels.height(328) * 2
    np.testing.assert_array_equal(mean_curve([[1.0, 2.0, 9.0], [3.0, 4.0]]), [2.0, 3.0])
