"""Runs that failed."""

from __future__ import annotations

from keras_mtl.report.blocks import Block, Cell, Prose, Section, Table
from keras_mtl.report.numbers import counted
from keras_mtl.report.report_data import ReportData

SHOWN = 200
"""Rows of the table at most."""


def failures(data: ReportData) -> Section:
    """Return which runs failed and why, or that none did."""
    failed = [run for run in data.runs if run.error]
    total = counted(len(data.runs), "run")
    blocks: list[Block] = [Prose(["No run failed."])]
    if failed:
        rows = [
            [
                Cell(run.strategy, style=data.styles[run.strategy]),
                Cell(f"{run.labels:,}", run.labels),
                Cell(str(run.seed), run.seed),
                Cell(run.error),
            ]
            for run in failed[:SHOWN]
        ]
        said = f"{len(failed):,} of {total} failed; they count in no mean."
        more = f" The first {SHOWN} are listed." if len(failed) > SHOWN else ""
        table = Table("Runs that failed", ["strategy", "labels", "seed", "reason"], rows)
        blocks = [Prose([said + more]), table]
    return Section("failures", "Failures", blocks)
