"""Which process may write the files of a trial: the one that began the trial last."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from keras_mtl.common.owned_paths import owner_name
from keras_mtl.tuning.search_files import read_state, write_state

ATTEMPT = "attempt.json"
UNFINISHED = "unfinished.weights.h5"


class Superseded(Exception):
    """Another process has begun the same trial since."""


@dataclass(frozen=True)
class Attempt:
    """One attempt at a trial.

    A worker may outlive the search that has sent it a trial, or be taken for dead. It must not
    replace the weights that another process writes for the same trial.

    Attributes:
        folder: The folder of the trial.
        name: What tells the attempt from others.
    """

    folder: Path
    name: str

    @classmethod
    def begin(cls, folder: Path) -> Attempt:
        """Begin a trial; earlier attempts write nothing more.

        Raises:
            SearchNotWritable: The disk is full, or nothing may be written there.
        """
        attempt = cls(folder, owner_name())
        write_state(folder / ATTEMPT, {"attempt": attempt.name})
        for left in folder.glob(f"*.{UNFINISHED}"):
            left.unlink(missing_ok=True)
        return attempt

    def unfinished(self, path: Path) -> Path:
        """Return where a file of weights is written before it is renamed."""
        return path.with_name(f"{self.name}.{UNFINISHED}")

    def check(self) -> None:
        """Go on only as the last attempt.

        Raises:
            Superseded: Another process has begun the trial since.
        """
        last = read_state(self.folder / ATTEMPT)["attempt"]
        if last != self.name:
            raise Superseded(f"`{self.folder.name}` was begun again, by {last}.")
