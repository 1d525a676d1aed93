"""What does the runs of a comparison in other processes, and what these note of them."""

from __future__ import annotations

import os
import socket
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from keras_mtl.comparing.material import Material
from keras_mtl.comparing.planned_run import Part, PlannedRun, RunKey
from keras_mtl.comparing.run_log import RunLog, begun_runs, forget_processes, read_runs
from keras_mtl.comparing.runner import Runner
from keras_mtl.comparing.strategies.strategy import Strategy, TransferTask
from keras_mtl.estimators.labels.label_form import LabelForm
from keras_mtl.estimators.samples import LabelledSamples
from keras_mtl.estimators.trunk_cache import TrunkCache
from keras_mtl.heads.pooling import Pooling
from keras_mtl.jobs.sent_model import SentModel
from keras_mtl.results.run import Run


@dataclass(frozen=True)
class RunJob:
    """A run as it is sent: its strategy, which may hold models, travels once, with the runner.

    Attributes:
        key: Which run it is.
        parts: Its trainings.
    """

    key: RunKey
    parts: Sequence[Part]

    @classmethod
    def of(cls, planned: PlannedRun) -> RunJob:
        """Return what is sent of a run."""
        return cls(planned.key, planned.parts)


@dataclass(frozen=True)
class SentRunner:
    """A runner as it is sent: the network travels without what this process has made of it.

    Attributes:
        model: The trained network.
        pooling: See `TransferTask`.
        labels: See `TransferTask`.
        auxiliary: See `TransferTask`.
        batch_size: See `TransferTask`.
        material: The data.
        strategies: The strategies of the runs, by name.
    """

    model: SentModel
    pooling: Pooling
    labels: LabelForm
    auxiliary: LabelledSamples | None
    batch_size: int
    material: Material
    strategies: Mapping[str, Strategy]

    @classmethod
    def of(cls, runner: Runner, planned: Sequence[PlannedRun]) -> SentRunner:
        """Return what workers need to do the same as a runner of this process.

        Raises:
            UnsupportedModel: The network cannot be saved, so no worker can have it.
        """
        task = runner.task
        given = (task.pooling, task.labels, task.auxiliary, task.batch_size)
        strategies = {one.key.strategy: one.strategy for one in planned}
        return cls(SentModel.of(task.model), *given, runner.material, strategies)

    def runner(self) -> Runner:
        """Return a runner with a network of its own.

        Raises:
            UnsupportedModel: The network cannot be loaded.
        """
        model = self.model.load(compiled=self.auxiliary is not None)
        task = TransferTask(
            TrunkCache(model), self.pooling, self.labels, self.auxiliary, self.batch_size
        )
        return Runner(task, self.material)

    def ready(self) -> Callable[[RunJob], Run]:
        """Return a function that does a run."""
        runner = self.runner()

        def do(job: RunJob) -> Run:
            return runner.run(PlannedRun(job.key, self.strategies[job.key.strategy], job.parts))

        return do


@dataclass(frozen=True)
class RunNotes:
    """What workers note of their runs, in a file for each process.

    Attributes:
        folder: Where the files are.
    """

    folder: str

    def begin(self, job: RunJob) -> None:
        """Note that this process begins a run."""
        self._log().write(job.key)

    def end(self, job: RunJob, result: Run) -> None:
        """Note a run that has ended."""
        self._log().write(result)

    def begun(self) -> Counter[Hashable]:
        """Return how often the runs have begun that have not ended."""
        return Counter(begun_runs(Path(self.folder)))

    def ended(self) -> Sequence[tuple[Hashable, Run]]:
        """Return the runs that have ended."""
        return list(read_runs(Path(self.folder)).items())

    def forget(self) -> None:
        """Delete the files of the processes."""
        forget_processes(Path(self.folder))

    def are_here(self) -> bool:
        """Return whether the folder is of this machine."""
        return Path(self.folder).is_dir()

    def _log(self) -> RunLog:
        return RunLog(Path(self.folder), f"runs-{os.getpid()}-{socket.gethostname()}.jsonl")
