"""Scores of the trained network's features by depth."""

from __future__ import annotations

from keras_mtl.pictures.scored_layers import ScoredLayers
from keras_mtl.report.blocks import Block, Cell, Prose, Section, Table, number_cell, picture
from keras_mtl.report.numbers import difference_text, score_text
from keras_mtl.report.report_data import Depths
from keras_mtl.results.metric_words import MetricWords


def depth(depths: Depths) -> Section:
    """Return the picture, inputs at the top, and the table."""
    said: list[Block] = [Prose([depths.note])] if depths.note else []
    percent = MetricWords(depths.score_name).is_share
    drawing = ScoredLayers(depths.scores, depths.score_name, depths.best, depths.chance, percent)
    drawn = picture(
        drawing.draw,
        "depth",
        heights=(drawing.height, drawing.height),
        words=f"{depths.score_name} of the features of each layer; best: {depths.best}.",
        caption=f"Layers from the inputs (top) to the outputs; the bar is one standard error to "
        f"each side, the filled mark the best layer, {depths.best}.",
        table=_table(depths),
    )
    title = f"{depths.score_name.capitalize()} by depth of the cut"
    return Section("depth", title, [*said, drawn])


def _table(depths: Depths) -> Table:
    words = MetricWords(depths.score_name)
    rows = [
        [
            Cell(one.layer),
            number_cell(
                one.value,
                score_text(one.value, words),
                spread=f"± {difference_text(one.spread, words)}" if one.spread else "",
                best=one.layer == depths.best,
            ),
        ]
        for one in depths.scores
    ]
    chance = "" if depths.chance is None else f"Chance is {score_text(depths.chance, words)}."
    caption = f"{depths.score_name.capitalize()} by last layer kept"
    header = ["last layer kept", depths.score_name]
    return Table(caption, header, rows, folded=True, note=chance)
