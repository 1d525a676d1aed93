"""Settings, versions and seeds, and the call to repeat it."""

from __future__ import annotations

from keras_mtl.report.blocks import Block, Code, Fact, Facts, Section
from keras_mtl.report.report_data import ReportData


def repeat(data: ReportData) -> Section:
    """Return the call, what was asked for, and the versions."""
    blocks: list[Block] = [Code("The call", data.call)] if data.call else []
    seeds = ", ".join(str(seed) for seed in sorted({run.seed for run in data.runs}))
    counts = ", ".join(f"{count:,}" for count in data.counts)
    facts = [
        *(Fact(name, str(value)) for name, value in data.settings.items()),
        Fact("numbers of labels", counts),
        Fact("seeds", seeds),
        *(Fact(name, version) for name, version in data.versions.items()),
    ]
    return Section("repeat", "Settings, and how to repeat it", [*blocks, Facts(facts)])
