"""What the best model gets right and wrong."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from functools import singledispatch

from keras_mtl.explaining.calibration import Calibration
from keras_mtl.explaining.class_explanation import ClassExplanation
from keras_mtl.explaining.confusion import Confusion
from keras_mtl.explaining.explanation import Explanation
from keras_mtl.explaining.number_explanation import NumberExplanation
from keras_mtl.explaining.sheet_of_rows import RowPicture
from keras_mtl.pictures.overlaid_pictures import overlaid_png
from keras_mtl.pictures.predicted_numbers import PredictedNumbers
from keras_mtl.pictures.reliability import Reliability
from keras_mtl.report.blocks import (
    Block,
    Cell,
    Gallery,
    Heading,
    Prose,
    Section,
    Shown,
    Table,
    picture,
    records_table,
)

MOST_CLASSES, MOST_PAIRS = 20, 20
"""Classes of a whole confusion table, and pairs listed where there are more."""
MISTAKES = 12
"""Mistakes listed and shown."""


def mistakes(explanation: Explanation) -> Section:
    """Return scores, confusion, calibration, and the worst mistakes."""
    return Section("mistakes", "What the best model gets right and wrong", blocks_of(explanation))


@singledispatch
def blocks_of(explanation: Explanation) -> Sequence[Block]:
    """Return what is to be shown of an explanation; each class of them has its own."""
    raise TypeError(f"A report has no blocks for a {type(explanation).__name__}.")


@blocks_of.register
def _of_classes(explanation: ClassExplanation) -> Sequence[Block]:
    worst = explanation.scores.worst() if len(explanation.scores) > 30 else explanation.scores
    blocks: list[Block] = [
        Prose([explanation.title]),
        _confusion(explanation.confusion),
        records_table(worst, "Scores of each class", folded=True),
    ]
    if explanation.calibration is not None:
        blocks += [Heading("Calibration"), Prose([explanation.calibration_line])]
        blocks.append(_reliability(explanation.calibration))
    return [*blocks, *_worst(explanation, "The most confident mistakes")]


@blocks_of.register
def _of_numbers(explanation: NumberExplanation) -> Sequence[Block]:
    blocks: list[Block] = [Prose([explanation.title])]
    for column, target in enumerate(explanation.targets[:4]):
        drawing = PredictedNumbers(
            target, explanation.true[:, column], explanation.predicted[:, column]
        )
        table = records_table(explanation.scores[column : column + 1], f"Errors of {target}")
        blocks.append(
            picture(
                drawing.draw,
                f"numbers-{column}",
                heights=(400, 320),
                words=f"Predicted against true {target}.",
                caption="Each mark is a row; on the dashed line predictions are right.",
                table=table,
            )
        )
    return [*blocks, *_worst(explanation, "The largest errors")]


def _worst(explanation: Explanation, title: str) -> list[Block]:
    found = explanation.mistakes(MISTAKES)
    if not len(found):
        return []
    pictures = explanation.pictures(MISTAKES)
    looked = any(one.heat is not None and one.heat.max() > 0 for one in pictures)
    note = "Orange: where the model looked (Grad-CAM)." if looked else ""
    gallery = [Gallery([_shown(one) for one in pictures], note)] if pictures else []
    return [Heading(title), *gallery, records_table(found, "Row, truth and prediction")]


def _shown(one: RowPicture) -> Shown:
    png = b64encode(overlaid_png(one.picture, one.heat)).decode()
    caption = f"{one.row.truth}, not {one.row.predicted}"
    return Shown(png, f"Row {one.row.row}: {caption}", caption)


def _confusion(confusion: Confusion) -> Table:
    if len(confusion.classes) > MOST_CLASSES:
        pairs = confusion.most_confused[:MOST_PAIRS]
        rows = [
            [Cell(one.true), Cell(one.predicted), Cell(f"{one.rows:,}", one.rows)] for one in pairs
        ]
        return Table(
            "The classes that are confused most often", ["class", "predicted", "rows"], rows
        )
    table = []
    for place, (name, counts) in enumerate(
        zip(confusion.classes, confusion.counts.tolist(), strict=True)
    ):
        total = max(sum(counts), 1)
        cells = [
            Cell(
                f"{count:,}" if count else "",
                count,
                share=_shade(count / total, right=column == place),
                right=column == place,
            )
            for column, count in enumerate(counts)
        ]
        table.append([Cell(name), *cells])
    return Table(
        "Rows by class (down) and predicted class (across), shaded by the share of the class",
        ["class", *confusion.classes],
        table,
        dense=True,
    )


def _shade(share: float, *, right: bool) -> float:
    """Return a shade; mistakes, which are rare, are shaded more."""
    return share if right else share**0.5


def _reliability(calibration: Calibration) -> Block:
    return picture(
        Reliability(calibration).draw,
        "reliability",
        heights=(360, 300),
        words="Accuracy against the probability of the predicted class.",
        caption="Accuracy of the predictions with about the same probability, with its confidence "
        "interval; on the dashed line probabilities say how often the model is right.",
        table=records_table(calibration, "Accuracy by probability", folded=True),
    )
