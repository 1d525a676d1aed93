"""The verdict, and the best strategy for each number of labels."""

from __future__ import annotations

from keras_mtl.report.blocks import Fact, Prose, Section, Tiles
from keras_mtl.report.numbers import counted, score_text
from keras_mtl.report.report_data import ReportData
from keras_mtl.results.standing import Standing


def verdict(data: ReportData) -> Section:
    """Return the sentences, then the highest mean for each number of labels."""
    facts = [_fact(data, standing) for standing in data.verdict.standings]
    tiles = [Tiles(f"Highest mean {data.words.name}", facts)] if facts else []
    return Section("verdict", "Verdict", [Prose(data.verdict.sentences), *tiles])


def _fact(data: ReportData, standing: Standing) -> Fact:
    if standing.is_clear:
        remark = "beyond the noise"
    elif standing.tied:
        others = len(standing.tied)
        name = standing.tied[0] if others == 1 else f"{others} others"
        remark = f"a tie with {name}"
    else:
        remark = ""
    return Fact(
        counted(standing.labels, "label"),
        standing.best,
        style=data.styles[standing.best],
        number=score_text(standing.mean, data.words),
        value=standing.mean,
        remark=remark,
    )
