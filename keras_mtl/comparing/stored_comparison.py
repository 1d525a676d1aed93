"""A comparison read from its folder, without the model and without the data."""

from __future__ import annotations

from pathlib import Path

from keras_mtl.comparing.compared_runs import ComparedRuns
from keras_mtl.comparing.comparison_facts import FACTS, ComparisonFacts
from keras_mtl.comparing.comparison_folder import SETTINGS
from keras_mtl.comparing.comparison_report import report_of_runs
from keras_mtl.comparing.run_log import read_runs
from keras_mtl.errors import ComparisonNotFound
from keras_mtl.report.page import write_report


class StoredComparison(ComparedRuns):
    """The runs in the folder of a comparison, those of an interrupted one too.

    Args:
        folder: What `compare` was given as `directory`.

    Raises:
        ComparisonNotFound: The folder holds no comparison, or no run that has ended.
        ValueError: A file there is damaged.
    """

    def __init__(self, folder: Path) -> None:
        if not (folder / SETTINGS).exists() or not (folder / FACTS).exists():
            raise ComparisonNotFound(
                f"`{folder}` holds no comparison: give the folder that `compare` was given as "
                "`directory`."
            )
        runs = list(read_runs(folder).values())
        if not runs:
            raise ComparisonNotFound(f"No run of the comparison in `{folder}` has ended yet.")
        super().__init__(ComparisonFacts.read(folder), runs)

    def report(self, path: str | Path) -> Path:
        """Write a page with all that the runs say: it needs no network and no script.

        Args:
            path: Where to write it, such as `"report.html"`; what is there is replaced.

        Raises:
            MissingExtra: jinja2 or matplotlib is not installed.
        """
        return write_report(report_of_runs(self._facts, self.runs, self.verdict()), path)
