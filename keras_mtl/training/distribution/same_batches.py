"""Whether workers have read the same batch of a stream, where they train on it together."""

from __future__ import annotations

import keras

from keras_mtl.batches.batch import Batch
from keras_mtl.batches.digests import add_labels
from keras_mtl.common.hashing import Hash, form_of
from keras_mtl.training.distribution.same_inputs import END, refuse_others
from keras_mtl.training.steps.step import Batches, Step


def check_same_batches(step: Step, batches: Batches) -> None:
    """Refuse batches of streams whose labels, weights or shapes differ between the workers.

    Arrays have been compared as a whole. A step is one program of all workers, so each of them
    would wait for ever for another one that has labels, or a shape, of its own.

    Args:
        step: The kind of step.
        batches: Its batches by the names of the data sets.

    Raises:
        WorkersDiffer: They differ; the message names the workers.
    """
    if step.shared:
        own = {name: _digest(batches[name]) for name in step.feeds if name in step.shared}
        refuse_others(step.state.workers, own)


def check_all_ended(step: Step) -> None:
    """Refuse streams that have ended here and not in all workers, or there and not here.

    Raises:
        WorkersDiffer: They differ; those that have read another batch raise it too.
    """
    if step.shared:
        own = {name: END for name in step.feeds if name in step.shared}
        refuse_others(step.state.workers, own)


def _digest(batch: Batch) -> str:
    total = Hash()
    for array in keras.tree.flatten(batch.x):
        total.add(form_of(array))
    add_labels(total, batch)
    return total.hexdigest()
