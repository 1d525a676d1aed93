"""How long the training took, and how much was trained."""

from __future__ import annotations

from math import nan

from keras_mtl.pictures.lines_by_labels import Line, LinesByLabels, Point
from keras_mtl.report.blocks import Cell, Section, Table, heights_for, number_cell, picture
from keras_mtl.report.numbers import NONE, counted, seconds_text
from keras_mtl.report.report_data import ReportData

LEAST = 1e-4
"""Seconds: the shortest time on the axis, which is logarithmic."""


def times(data: ReportData) -> list[Section]:
    """Return the picture and the table of seconds; nothing if no run has ended well."""
    if not data.summaries:
        return []
    lines = _lines(data)
    block = picture(
        LinesByLabels(lines, "seconds", logarithmic=True).draw,
        "times",
        heights=heights_for(len(lines), 360, 320),
        words="Seconds of training by number of labels: a line for each strategy.",
        caption="Median over seeds; the axis is logarithmic.",
        table=_table(data),
    )
    return [Section("times", "Time of training", [block])]


def _lines(data: ReportData) -> list[Line]:
    points: dict[str, list[Point]] = {}
    for one in data.summaries.values():
        seconds = max(one.seconds, LEAST)
        point = Point(one.labels, seconds, seconds, seconds)
        points.setdefault(one.strategy, []).append(point)
    return [Line(name, found, data.styles[name]) for name, found in points.items()]


def _table(data: ReportData) -> Table:
    rows = []
    for name in data.strategies:
        found = {labels: data.summaries.get((name, labels)) for labels in data.counts}
        sizes = [one.parameters for one in found.values() if one is not None]
        seconds = [nan if one is None else one.seconds for one in found.values()]
        cells = [number_cell(value, seconds_text(value)) for value in seconds]
        rows.append([Cell(name, style=data.styles[name]), _size(sizes), *cells])
    header = ["strategy", "parameters trained", *(counted(one, "label") for one in data.counts)]
    return Table("Parameters trained, and median time of training", header, rows)


def _size(sizes: list[int]) -> Cell:
    if not sizes:
        return Cell(NONE)
    least, most = min(sizes), max(sizes)
    return Cell(f"{most:,}" if least == most else f"{least:,} to {most:,}", most)
