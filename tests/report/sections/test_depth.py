"""The section of the depths."""

from keras_mtl.pictures.scores_by_depth import DepthScore
from keras_mtl.report.report_data import Depths
from keras_mtl.report.sections.depth import depth


def test_layers_scores_and_chance():
    layers = [
        DepthScore("conv", 0.4, 0.02),
        DepthScore("dense", 0.6),
        DepthScore("b", float("nan")),
    ]
    prose, block = depth(Depths(layers, "accuracy", "dense", 0.1, "Best: `dense`")).blocks
    cells = [row[1] for row in block.table.rows]
    assert prose.sentences == ["Best: `dense`"]
    assert [(cell.text, cell.spread) for cell in cells[:2]] == [("40.0%", "± 2.0"), ("60.0%", "")]
    assert [cell.best for cell in cells] == [False, True, False] and cells[2].value is None
    assert block.table.note == "Chance is 10.0%."
    (block,) = depth(Depths(layers[:1], "LogME", "conv")).blocks
    assert block.table.rows[0][1].text == "0.400" and block.table.note == ""
