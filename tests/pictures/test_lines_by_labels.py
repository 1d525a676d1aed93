"""Lines against the number of labels."""

import pytest

from keras_mtl.pictures.canvas import new_picture
from keras_mtl.pictures.lines_by_labels import Line, LinesByLabels, Mark, Point, apart
from keras_mtl.pictures.palette import line_styles

STYLES = line_styles(["a", "b"])
A = Line("a", [Point(20, 0.5, 0.4, 0.6), Point(200, 0.7, 0.65, 0.75)], STYLES["a"])
B = Line("b", [Point(20, 0.6, 0.6, 0.6)], STYLES["b"])


def drawn(lines):
    figure = new_picture(10, 6)
    lines.draw(figure)
    return figure.axes[0]


def test_means_bands_names_and_marks_are_drawn():
    axes = drawn(LinesByLabels([A, B], "accuracy", marks=[Mark(60.0, "b overtakes a")]))

    lines = {line.get_label(): line for line in axes.lines}
    assert lines["a"].get_xydata().tolist() == [[20, 0.5], [200, 0.7]]
    assert (lines["a"].get_color(), lines["a"].get_marker()) == (STYLES["a"].color, "o")
    (band,) = axes.collections  # A single run has none.
    assert band.get_paths()[0].vertices[:, 1].min() == 0.4
    assert {"a", "b"} <= {text.get_text() for text in axes.texts}
    assert [line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == ":"] == [60.0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["20", "200"]
    assert axes.get_xscale() == "log" and axes.get_yscale() == "linear"


@pytest.mark.parametrize("logarithmic", [False, True])
def test_one_number_of_labels_can_be_drawn(logarithmic):
    assert drawn(LinesByLabels([B], "s", logarithmic)).get_xlim()[0] < 20


def test_counts_that_are_named_are_apart_and_the_last_one_is_among_them():
    counts = [10, 20, 50, 100, 200, 500, 1000]
    assert apart(counts, least=0.1) == set(counts)
    assert apart(counts, least=0.3) == {10, 50, 200, 1000}
    assert apart([50], least=0.3) == {50}
