"""Does runs in a process that `joblib` has started."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np

from keras_mtl.comparing.custom_objects import custom_classes, make_known
from keras_mtl.comparing.material import Material
from keras_mtl.comparing.planned_run import PlannedRun
from keras_mtl.comparing.run_log import RunLog
from keras_mtl.comparing.runner import Runner
from keras_mtl.comparing.strategies.strategy import TransferTask
from keras_mtl.comparing.worker_threads import limit_threads
from keras_mtl.errors import UnsupportedModel
from keras_mtl.estimators.labels.label_form import LabelForm
from keras_mtl.estimators.model_archive import from_archive, to_archive
from keras_mtl.estimators.samples import LabelledSamples
from keras_mtl.estimators.trunk_cache import TrunkCache
from keras_mtl.heads.pooling import Pooling
from keras_mtl.results.run import Run

_RUNNERS: dict[str, Runner] = {}
"""The runner of the comparison in progress, by the key of the comparison."""
_LOCK = Lock()
"""A backend of threads shares the runner, whose compiled steps serve one run at a time."""


@dataclass(frozen=True)
class Parcel:
    """All that a worker needs; `joblib` maps its large arrays into the memory of each.

    Attributes:
        key: What tells a comparison from others.
        archive: The trained network, the bytes of a `.keras` file.
        classes: Classes of its layers that are not Keras's, by name.
        pooling: See `TransferTask`.
        labels: See `TransferTask`.
        auxiliary: See `TransferTask`.
        batch_size: See `TransferTask`.
        material: The data.
        folder: Where workers of this machine note the runs that they begin and end.
        threads: Number of threads of a worker.
        sender: The process that all others work for.
    """

    key: str
    archive: np.ndarray
    classes: dict[str, type]
    pooling: Pooling
    labels: LabelForm
    auxiliary: LabelledSamples | None
    batch_size: int
    material: Material
    folder: str
    threads: int
    sender: str

    @classmethod
    def of(cls, runner: Runner, key: str, folder: Path, threads: int) -> Parcel:
        """Return what workers need to do the same as a runner of this process.

        Raises:
            UnsupportedModel: The network cannot be saved, so no worker can have it.
        """
        task = runner.task
        try:
            archive = np.frombuffer(to_archive(task.model), np.uint8)
        except Exception as error:  # The layers may be the user's.
            raise _cannot_travel(f"be saved: {error}") from error
        return cls(
            key,
            archive,
            custom_classes(task.model),
            task.pooling,
            task.labels,
            task.auxiliary,
            task.batch_size,
            runner.material,
            str(folder.absolute()),
            threads,
            this_process(),
        )

    def runner(self) -> Runner:
        """Return a runner with a network of its own.

        Raises:
            UnsupportedModel: The network cannot be loaded.
        """
        make_known(self.classes)
        try:
            model = from_archive(self.archive.tobytes(), compiled=self.auxiliary is not None)
        except Exception as error:
            raise _cannot_travel(f"be loaded in a worker: {error}") from error
        task = TransferTask(
            TrunkCache(model), self.pooling, self.labels, self.auxiliary, self.batch_size
        )
        return Runner(task, self.material)


def run_batch(parcel: Parcel, batch: Sequence[PlannedRun]) -> list[Run]:
    """Do some runs, one after the other."""
    if this_process() != parcel.sender:
        limit_threads(parcel.threads)
    log = _log_in(parcel.folder)
    with _LOCK:
        runner = _runner_of(parcel)
        return [_logged(runner, planned, log) for planned in batch]


def this_process() -> str:
    """Return a text that tells this process from all others, of other machines too."""
    return f"{socket.gethostname()} {os.getpid()}"


def _runner_of(parcel: Parcel) -> Runner:
    """Return the runner, made once for all batches of a comparison."""
    if parcel.key not in _RUNNERS:
        _RUNNERS.clear()  # A worker serves one comparison after the other.
        _RUNNERS[parcel.key] = parcel.runner()
    return _RUNNERS[parcel.key]


def forget_runners() -> None:
    """Let go of the networks that this process has loaded."""
    _RUNNERS.clear()


def _log_in(folder: str) -> RunLog | None:
    """Return the log of this process; None where the folder is of another machine."""
    path = Path(folder)
    name = f"runs-{os.getpid()}-{socket.gethostname()}.jsonl"
    return RunLog(path, name) if path.is_dir() else None


def _logged(runner: Runner, planned: PlannedRun, log: RunLog | None) -> Run:
    if log is None:
        return runner.run(planned)
    log.write(planned.key)
    run = runner.run(planned)
    log.write(run)
    return run


def _cannot_travel(reason: str) -> UnsupportedModel:
    return UnsupportedModel(
        f"With several jobs each worker loads the network, which cannot {reason}. Pass `n_jobs=1`, "
        "or register what the network is made of by `keras.saving.register_keras_serializable`."
    )
