"""What is printed of a comparison."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keras_mtl.comparing.compared_runs import ComparedRuns


def facts_of(comparison: ComparedRuns) -> dict[str, Any]:
    """Return a comparison as values for machines."""
    verdict = comparison.verdict()
    return {
        "title": comparison.title,
        "metric": comparison.metric,
        "judged": comparison.judged,
        "complete": comparison.is_complete,
        "strategies": list(comparison),
        "best": dict(verdict.best),
        "ties": {labels: list(tied) for labels, tied in verdict.ties.items()},
        "verdict": list(verdict.sentences),
    }


def text_of(comparison: ComparedRuns, folder: Path, report: Path | None) -> str:
    """Return a comparison as people read it."""
    lines = [str(comparison), "", str(comparison.verdict()), "", f"Runs: {folder}"]
    return "\n".join([*lines, *([f"Report: {report}"] if report else [])])
