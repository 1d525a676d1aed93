"""Scores against the number of labels."""

from __future__ import annotations

from dataclasses import replace
from math import isnan

from keras_mtl.pictures.lines_by_labels import LinesByLabels
from keras_mtl.report.blocks import Cell, Prose, Section, Table, heights_for, number_cell, picture
from keras_mtl.report.numbers import NONE, counted, difference_text, score_text
from keras_mtl.report.report_data import ReportData
from keras_mtl.report.scores_by_labels import lines_of_scores
from keras_mtl.results.paired_difference import paired_difference
from keras_mtl.results.summary import Summary


def scores(data: ReportData) -> Section:
    """Return the picture, the table of means and spreads, and the differences to the control."""
    name = data.words.name
    title = f"{_capitalised(name)} by number of labels"
    if not data.summaries:
        return Section("scores", title, [Prose(["No run has a score."])])
    drawing = lines_of_scores(data.runs, data.verdict, data.metric, data.control)
    block = picture(
        replace(drawing, note="").draw,  # It is in the caption.
        "scores",
        heights=heights_for(len(drawing.lines), 430, 360),
        words=_words(title, drawing, data),
        caption=_caption(data, drawing),
        table=_means(data),
    )
    return Section("scores", title, [block, *_differences(data)])


def _capitalised(name: str) -> str:
    return f"{name[0].upper()}{name[1:]}"


def _words(title: str, drawing: LinesByLabels, data: ReportData) -> str:
    strategies = counted(len(drawing.lines), "strategy", "strategies")
    first = data.verdict.sentences[:1]
    return " ".join([f"{title}: a line for each of {strategies}.", *first])


def _caption(data: ReportData, drawing: LinesByLabels) -> str:
    runs = [one.runs for one in data.summaries.values()]
    count = counted(max(runs), "seed")
    count = count if min(runs) == max(runs) else f"{min(runs)} to {count}"
    noise = (
        "One seed, so nothing is known about the noise."
        if max(runs) == 1
        else f"Mean over {count}; the band is one standard deviation to each side."
    )
    marks = [f"Dotted line: {mark.text}." for mark in drawing.marks]
    none = [f"{drawing.note}."] if drawing.note and not marks else []
    return " ".join([noise, *marks, *none, data.judged]).strip()


def _means(data: ReportData) -> Table:
    highest = {one.labels: one.mean for one in data.verdict.standings}
    rows = [
        [
            Cell(name, style=data.styles[name]),
            *(_mean(data, name, labels, highest) for labels in data.counts),
        ]
        for name in data.strategies
    ]
    return Table(
        f"{_capitalised(data.words.name)}: mean ± standard deviation over seeds",
        ["strategy", *(counted(count, "label") for count in data.counts)],
        rows,
        note="Bold: the highest mean of its column.",
    )


def _mean(data: ReportData, name: str, labels: int, highest: dict[int, float]) -> Cell:
    found: Summary | None = data.summaries.get((name, labels))
    if found is None:
        return Cell(NONE)
    spread = "" if isnan(found.spread) else f"± {difference_text(found.spread, data.words)}"
    best = found.mean == highest.get(labels)
    return number_cell(found.mean, score_text(found.mean, data.words), spread=spread, best=best)


def _differences(data: ReportData) -> list[Table]:
    """Return the table of differences to the control; nothing if it was not run."""
    others = [name for name in data.strategies if name != data.control]
    if data.control not in data.strategies or not others:
        return []
    rows = [
        [
            Cell(name, style=data.styles[name]),
            *(_difference(data, name, labels) for labels in data.counts),
        ]
        for name in others
    ]
    unit = f" in{data.words.unit}" if data.words.unit else ""
    interval = ", with its 95% confidence interval" if _several_seeds(data) else ""
    return [
        Table(
            f"Difference to {data.control}{unit}{interval}",
            ["strategy", *(counted(count, "label") for count in data.counts)],
            rows,
            note="Paired: the same labels, seeds and test rows. Each interval is for one "
            "difference; the verdict, which tells many apart, asks for more.",
        )
    ]


def _several_seeds(data: ReportData) -> bool:
    return any(one.runs > 1 for one in data.summaries.values())


def _difference(data: ReportData, name: str, labels: int) -> Cell:
    if not {(name, labels), (data.control, labels)} <= set(data.summaries):
        return Cell(NONE)
    found = paired_difference(
        data.runs,
        name,
        data.control,
        labels,
        cross_validated=data.folds is not None,
        folds=data.folds or 5,
    )
    ends = (difference_text(end, data.words, signed=True) for end in (found.low, found.high))
    spread = f"[{', '.join(ends)}]" if found.is_known else ""
    text = difference_text(found.mean, data.words, signed=True)
    return number_cell(found.mean, text, spread=spread)
