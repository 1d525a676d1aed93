"""Trials that are done in other processes: what is sent, what comes back, what is noted."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import keras
import keras_tuner

from keras_mtl.common.owned_paths import owner_name
from keras_mtl.jobs.packing import check_sendable, not_shared
from keras_mtl.keras_private.filed_tuner import Trial, reported
from keras_mtl.tuning.attempts import Superseded
from keras_mtl.tuning.search_files import COMPLETED, FAILED, read_state, write_state
from keras_mtl.tuning.trial_runner import TrialRunner


@dataclass(frozen=True)
class TrialJob:
    """A trial to be done.

    Attributes:
        key: Its identifier.
        state: Its state, as keras-tuner writes it.
    """

    key: str
    state: Mapping[str, Any]

    @classmethod
    def of(cls, trial: Trial) -> TrialJob:
        """Return what is sent of a trial."""
        return cls(trial.trial_id, trial.get_state())


@dataclass(frozen=True)
class TrialOutcome:
    """What a trial has come to.

    Attributes:
        status: What keras-tuner calls it.
        metrics: Its metrics in its best epoch; empty if it failed.
        step: Its best epoch.
        message: The error of a trial that failed.
        seconds: How long it took.
    """

    status: str
    metrics: Mapping[str, float]
    step: int
    message: str | None
    seconds: float


@dataclass(frozen=True)
class SentSearch:
    """What all trials have in common, as it is sent.

    Attributes:
        runner: What does the trials.
        shared: A folder that this process has made, by which a worker knows that it sees the
            folder of the search.
    """

    runner: TrialRunner
    shared: Path

    @classmethod
    def of(cls, runner: TrialRunner, shared: Path) -> SentSearch:
        """Return what is sent; bars of several trainings at once would be drawn over each other."""
        data = replace(runner.data, fit_arguments={**runner.data.fit_arguments, "verbose": 0})
        return cls(replace(runner, folder=runner.folder.absolute(), data=data), shared)

    def check_parts(self) -> None:
        """Name the part that cannot be sent.

        Raises:
            TypeError: There is one.
        """
        data = self.runner.data
        hypermodel = self.runner.hypermodel
        check_sendable(f"the hypermodel, a `{type(hypermodel).__name__}`,", hypermodel)
        for callback in keras.tree.flatten(data.fit_arguments.get("callbacks")):
            check_sendable(f"the callback `{type(callback).__name__}`", callback)
        for name, value in {"x": data.x, "y": data.y, **data.fit_arguments}.items():
            arrays = "Give arrays or a `keras.utils.PyDataset`"
            check_sendable(f"`{name}`, a `{type(value).__name__}`,", value, arrays)

    def ready(self) -> Callable[[TrialJob], TrialOutcome]:
        """Return a function that does a trial."""
        if not self.shared.is_dir():
            raise not_shared(str(self.runner.folder))
        return self._do

    def _do(self, job: TrialJob) -> TrialOutcome:
        start = perf_counter()
        try:
            results = self.runner.run(Trial.from_state(job.state))
            metrics, step = reported(results, self.runner.objective)
        except (keras_tuner.errors.FatalError, Superseded):
            raise
        except Exception:  # The hypermodel and the callbacks may be the user's.
            seconds = perf_counter() - start
            return TrialOutcome(FAILED, {}, 0, traceback.format_exc(), seconds)
        return TrialOutcome(COMPLETED, metrics, step, None, perf_counter() - start)


@dataclass(frozen=True)
class TrialNotes:
    """What workers note of their trials, in a file for each beginning and each end.

    Attributes:
        folder: Where the files are.
    """

    folder: str

    def begin(self, job: TrialJob) -> None:
        """Note that this process begins a trial."""
        write_state(Path(self.folder, f"begun-{job.key}-{owner_name()}.json"), {"trial": job.key})

    def end(self, job: TrialJob, result: TrialOutcome) -> None:
        """Note the outcome of a trial."""
        write_state(Path(self.folder, f"ended-{job.key}.json"), {"trial": job.key} | asdict(result))

    def begun(self) -> Counter[Hashable]:
        """Return how often the trials have begun that have not ended."""
        ended = {key for key, _ in self.ended()}
        begun = [state["trial"] for state in self._noted("begun")]
        return Counter(trial for trial in begun if trial not in ended)

    def ended(self) -> Sequence[tuple[Hashable, TrialOutcome]]:
        """Return the outcomes that were noted."""
        noted = self._noted("ended")
        return [(state.pop("trial"), TrialOutcome(**state)) for state in noted]

    def forget(self) -> None:
        """Delete the notes on trials that have begun."""
        for path in Path(self.folder).glob("begun-*.json"):
            path.unlink(missing_ok=True)

    def are_here(self) -> bool:
        """Return whether the folder is of this machine."""
        return Path(self.folder).is_dir()

    def _noted(self, what: str) -> list[dict[str, Any]]:
        return [read_state(path) for path in sorted(Path(self.folder).glob(f"{what}-*.json"))]
