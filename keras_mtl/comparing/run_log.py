"""The files that runs are written to, one record a line, by one process each."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

from keras_mtl.common.atomic_files import written_whole_file
from keras_mtl.common.owned_paths import owner_name
from keras_mtl.comparing.planned_run import RunKey
from keras_mtl.comparing.run_records import Record, key_of, line_of, record_of
from keras_mtl.errors import ComparisonNotWritable
from keras_mtl.results.run import Run

ALL = "runs.jsonl"
OF_PROCESSES = "runs-*.jsonl"


class RunLog:
    """Appends records to a file of this process; each is there whole, or not at all.

    Args:
        folder: Where the file is.
        name: Its name; by default one that no other process has.
    """

    def __init__(self, folder: Path, name: str | None = None) -> None:
        self._path = folder / (name or f"runs-{owner_name()}.jsonl")

    def write(self, record: Record) -> None:
        """Append a record.

        Raises:
            ComparisonNotWritable: The disk is full, or nothing may be written there.
        """
        try:
            # One call of the system, so that a kill leaves the line or nothing. What a full disk
            # leaves of a line has a wrong checksum.
            file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                line = line_of(record)
                if os.write(file, line) < len(line):
                    raise OSError(28, "No space left on device")
            finally:
                os.close(file)
        except OSError as error:
            raise ComparisonNotWritable(
                f"`{self._path}` cannot be written: {error.strerror}. The runs that are done stay; "
                "once this is mended, the same call goes on."
            ) from error


def read_runs(folder: Path) -> dict[RunKey, Run]:
    """Return the runs that have ended, of all processes; damaged lines are left out."""
    ended = [record for record in _records(folder) if isinstance(record, Run)]
    return {key_of(run): run for run in ended}


def begun_runs(folder: Path) -> list[RunKey]:
    """Return the runs that have begun and not ended, as often as they have begun."""
    records = [record for path in _of_processes(folder) for record in _records_in(path)]
    ended = {key_of(record) for record in records if isinstance(record, Run)}
    begun = [record for record in records if isinstance(record, RunKey)]
    return [key for key in begun if key not in ended]


def join_logs(folder: Path, runs: Iterable[Run]) -> None:
    """Put all runs into one file, in place of those of the processes."""
    with written_whole_file(folder / ALL) as unfinished:
        unfinished.write_bytes(b"".join(map(line_of, runs)))
    forget_processes(folder)


def forget_processes(folder: Path) -> None:
    """Delete the files of the processes."""
    for path in folder.glob(OF_PROCESSES):
        path.unlink(missing_ok=True)


def _records(folder: Path) -> Iterator[Record]:
    for path in [folder / ALL, *_of_processes(folder)]:
        if path.exists():
            yield from _records_in(path)


def _of_processes(folder: Path) -> list[Path]:
    return sorted(folder.glob(OF_PROCESSES))


def _records_in(path: Path) -> Iterator[Record]:
    for number, line in enumerate(path.read_bytes().splitlines(keepends=True), 1):
        try:
            yield record_of(line)
        except (ValueError, KeyError, TypeError) as error:
            if line.endswith(b"\n"):  # Else the process was killed while it wrote.
                warnings.warn(
                    f"Line {number} of `{path}` is damaged: {error}. Its run is done again.",
                    stacklevel=2,
                )
