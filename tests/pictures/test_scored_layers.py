"""Scores of layers one below the other."""

from keras_mtl.pictures.canvas import new_picture
from keras_mtl.pictures.palette import LINES
from keras_mtl.pictures.scored_layers import ScoredLayers
from keras_mtl.pictures.scores_by_depth import DepthScore


def drawn(scores, **more):
    figure = new_picture(5, 3)
    ScoredLayers(scores, "accuracy", "b", **more).draw(figure)
    return figure.axes[0]


def test_the_best_layer_is_filled_and_inputs_are_at_the_top():
    scores = [DepthScore("a", 0.4, 0.1), DepthScore("b", 0.6), DepthScore("c", float("nan"))]
    axes = drawn(scores, chance=0.1, percent=True)

    marks = [line for line in axes.lines if line.get_marker() == "o"]
    assert [line.get_xydata().tolist() for line in marks] == [[[0.4, 0]], [[0.6, 1]]]
    assert [line.get_markerfacecolor() for line in marks] == ["none", LINES[1]]
    assert axes.lines[0].get_xydata().tolist() == [[0.30000000000000004, 0], [0.5, 0]]
    assert axes.lines[-1].get_xdata()[0] == 0.1
    assert axes.get_ylim() == (2.5, -0.5)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b", "c"]


def test_of_many_layers_some_have_names():
    scores = [DepthScore(f"layer {n}", 0.5) for n in range(100)]
    assert len(drawn(scores).get_yticks()) == 25
    assert ScoredLayers(scores, "", "").height < 1000
