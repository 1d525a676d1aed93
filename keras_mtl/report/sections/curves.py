"""Training curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from keras_mtl.pictures.loss_panels import Curve, LossPanels
from keras_mtl.report.blocks import NARROW, WIDE, Cell, Section, Table, number_cell, picture
from keras_mtl.report.numbers import NONE
from keras_mtl.report.report_data import ReportData

LEAST_EPOCHS = 2
"""Epochs of a curve: what is solved for has one."""


def curves(data: ReportData) -> list[Section]:
    """Return a panel a strategy with the loss by epoch; nothing if no run has a history."""
    panels = {name: found for name in data.strategies if (found := _curves(data, name))}
    if not panels:
        return []
    held_out = any(curve.held_out for found in panels.values() for curve in found)
    drawing = LossPanels(panels, data.styles)
    block = picture(
        drawing.draw,
        "curves",
        heights=(drawing.height(WIDE), drawing.height(NARROW)),
        words="The loss by epoch: a panel for each strategy that trains step by step, "
        "a line for each number of labels.",
        caption="Mean loss over seeds by epoch; the number beside a line is its number of labels. "
        + ("Solid: on the labels trained with; dotted: on labels held out." if held_out else ""),
        table=_table(data, panels),
    )
    return [Section("curves", "Training curves", [block])]


def _curves(data: ReportData, name: str) -> list[Curve]:
    found = []
    for labels in data.counts:
        histories = [
            run.history
            for run in data.runs
            if not run.error
            and (run.strategy, run.labels) == (name, labels)
            and len(run.history.get("loss", ())) >= LEAST_EPOCHS
        ]
        if histories:
            held_out = [one["val_loss"] for one in histories if len(one.get("val_loss", ()))]
            found.append(Curve(labels, [one["loss"] for one in histories], held_out))
    return found


def _table(data: ReportData, panels: Mapping[str, Sequence[Curve]]) -> Table:
    rows = []
    for name, found in panels.items():
        for curve in found:
            lengths = sorted({len(run) for run in curve.runs})
            epochs = f"{lengths[0]}" if len(lengths) == 1 else f"{lengths[0]} to {lengths[-1]}"
            held_out = [run[-1] for run in curve.held_out]
            rows.append(
                [
                    Cell(name, style=data.styles[name]),
                    Cell(f"{curve.labels:,}", curve.labels),
                    Cell(epochs, lengths[-1]),
                    number_cell(fmean(run[-1] for run in curve.runs)),
                    number_cell(fmean(held_out)) if held_out else Cell(NONE),
                ]
            )
    header = ["strategy", "labels", "epochs", "last loss", "last loss, held out"]
    return Table("Mean of the last loss over seeds", header, rows, folded=True)
