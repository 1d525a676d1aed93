"""Scores against the depth of the cut: a picture."""

import sys

import numpy as np
import pytest

from keras_mtl.errors import MissingExtra
from keras_mtl.pictures.scores_by_depth import MAX_TICKS, DepthScore, plot_depths

LAYERS = ["conv", "pool", "dense"]
LINES = {
    "frozen": [DepthScore("conv", 0.5, 0.1), DepthScore("pool", np.inf), DepthScore("dense", 0.7)],
    "fine-tuned": [DepthScore("dense", 0.8)],
    "none yet": [],
}


@pytest.fixture
def axes(monkeypatch):
    """The axes of the picture that is saved."""
    from matplotlib.figure import Figure

    drawn, savefig = [], Figure.savefig

    def save(figure, path, **kwargs):
        drawn.extend(figure.axes)
        savefig(figure, path, **kwargs)

    monkeypatch.setattr(Figure, "savefig", save)
    return drawn


def test_a_line_for_each_way_at_the_places_of_the_layers(tmp_path, axes):
    path = plot_depths(LINES, tmp_path / "depths.png", layers=LAYERS, score_name="accuracy")

    lines = {line.get_label(): line.get_xydata().tolist() for line in axes[0].lines}
    assert path.read_bytes().startswith(b"\x89PNG")
    assert lines["frozen"] == [[0, 0.5], [2, 0.7]]  # what is infinite has no place
    assert lines["fine-tuned"] == [[2, 0.8]]
    assert axes[0].get_ylabel() == "accuracy"
    assert [tick.get_text() for tick in axes[0].get_xticklabels()] == LAYERS


@pytest.mark.parametrize(("connected", "style"), [(True, "-"), (False, "None")])
def test_points_are_connected_only_if_all_depths_between_were_scored(
    connected, style, tmp_path, axes
):
    plot_depths(LINES, tmp_path / "depths.png", layers=LAYERS, connected=connected)

    assert {line.get_linestyle() for line in axes[0].lines} == {style}
    assert {line.get_marker() for line in axes[0].lines} == {"o"}
    assert bool(axes[0].collections) == connected  # the bands


@pytest.mark.parametrize("count", [3 * MAX_TICKS, 0])
def test_the_names_of_many_layers_stay_readable(count, tmp_path, axes):
    layers = [f"layer_{number}" for number in range(count)]

    plot_depths({"probe": []}, tmp_path / "depths.svg", layers=layers)

    assert len(axes[0].get_xticks()) == min(count, MAX_TICKS)


def test_without_matplotlib_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)

    with pytest.raises(MissingExtra, match="plots"):
        plot_depths(LINES, tmp_path / "depths.png", layers=LAYERS)


def test_scores_below_chance_are_hollow_marks_at_chance(tmp_path, axes):
    points = [DepthScore("conv", 0.0, 0.2), DepthScore("pool", 0.75, 0.1), DepthScore("dense", 0.5)]

    plot_depths({"": points}, tmp_path / "depths.png", layers=LAYERS, chance=0.5)

    line, hollow, chance = axes[0].lines
    assert line.get_xydata().tolist() == [[0, 0.5], [1, 0.75], [2, 0.5]]
    assert hollow.get_xydata().tolist() == [[0, 0.5]]
    assert hollow.get_markerfacecolor() == "white"
    assert set(chance.get_ydata()) == {0.5}
    (band,) = axes[0].collections
    assert band.get_paths()[0].vertices[:, 1].min() == 0.5  # no band below chance
    assert [text.get_text() for text in axes[0].get_legend().get_texts()] == ["chance"]


def test_a_single_line_without_a_name_needs_no_legend(tmp_path, axes):
    plot_depths({"": LINES["frozen"]}, tmp_path / "depths.png", layers=LAYERS)

    assert axes[0].get_legend() is None
