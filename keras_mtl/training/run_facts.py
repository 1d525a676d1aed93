"""What all workers of a run must have been given alike, and enough of."""

from __future__ import annotations

from typing import Any

import keras

from keras_mtl.batches.arrays import ArrayData
from keras_mtl.batches.digests import digest_of_rows
from keras_mtl.batches.task_batches import TaskData
from keras_mtl.batches.tf_datasets import TfDatasetData
from keras_mtl.errors import InvalidTaskData
from keras_mtl.training.distribution.agreement import hash_of_values
from keras_mtl.training.distribution.shard_policies import check_policy
from keras_mtl.training.distribution.workers import Workers
from keras_mtl.training.resume.run_identity import identity
from keras_mtl.training.run_setup import Run
from keras_mtl.training.state import TrainingState
from keras_mtl.training.task_data import Data

WORDS = {
    "model": "the layers of the model",
    "optimizer": "the optimizer",
    "balancer": "the balancer",
    "losses": "the losses",
    "schedule": "the schedule",
    "class_weight": "the class weights",
    "seed": "the seed",
    "steps_per_epoch": "the steps of an epoch",
}
"""The words for what tells a run from others."""


def facts_of_run(run: Run) -> dict[str, Any]:
    """Return what must be the same for all workers of a run, by the words for it."""
    known = identity(run)
    facts = {words: known[name] for name, words in WORDS.items()}
    settings = run.settings
    facts |= facts_of_data(run.state, run.data)
    if run.validation:
        facts |= facts_of_data(run.state, run.validation, "the data to validate")
    return facts | {
        "the weights of the model": [hash_of_values(run.state.model)],
        "`epochs`": settings.epochs,
        "`initial_epoch`": settings.initial_epoch,
        "`validation_freq`": settings.validation_freq,
        "`backup_every`": settings.backup_every,
        "whether there is a `backup`": settings.backup is not None,
    }


def facts_of_data(state: TrainingState, data: Data, what: str = "the data") -> dict[str, Any]:
    """Return what must be the same for all workers of data, by the words for it."""
    return {f"{what} of `{name}`": [_hash(state, one)] for name, one in data.sets.items()}


def _hash(state: TrainingState, data: TaskData) -> str:
    if state.trains_on_features and isinstance(data, ArrayData):
        # Each worker has computed them, and processors may differ in the last bit.
        return digest_of_rows(data.whole._replace(x=()), [data.batch_size, data.name])
    return f"{data.fingerprint()} of its own" if data.is_own_share else data.fingerprint()


def check_run(workers: Workers, run: Run) -> None:
    """Refuse data that several workers cannot share.

    Raises:
        InvalidTaskData: The rows of a batch are too few, or the data would be shared by a policy
            that is not applied.
    """
    check_policies(workers, run.data)
    if run.validation:
        check_policies(workers, run.validation)
    check_batches(workers, run.data)


def check_policies(workers: Workers, data: Data) -> None:
    """Refuse data that would be shared by a policy that is not applied.

    Raises:
        InvalidTaskData: There are some.
    """
    for one in data.sets.values():
        check_policy(workers, one, f"the data of `{one.name}`")


def check_batches(workers: Workers, data: Data) -> None:
    """Refuse batches with fewer rows than there are devices, of which some would only wait.

    Raises:
        InvalidTaskData: The rows of a batch are too few.
    """
    if workers.size == 1:
        return
    for one in data.sets.values():
        rows = _rows_of_batch(one)
        if rows is not None and rows < workers.replicas:
            raise InvalidTaskData(
                f"A batch of `{one.name}` has {rows} {'row' if rows == 1 else 'rows'}, and "
                f"{workers.size} workers with {workers.replicas} devices share it: give batches of "
                f"at least {workers.replicas} rows. The batch size counts the rows of all workers."
            )


def _rows_of_batch(data: TaskData) -> int | None:
    """Return the rows of a full batch; None if they are not known."""
    if isinstance(data, ArrayData):
        return data.batch_size
    if not isinstance(data, TfDatasetData):
        return None
    shapes = [spec.shape for spec in keras.tree.flatten(data.specs) if spec is not None]
    return next((shape[0] for shape in shapes if shape.rank and shape[0] is not None), None)
