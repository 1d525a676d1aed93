"""Whether workers read the same of a stream, which is the same one for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import keras
import numpy as np

from keras_mtl.common.hashing import Hash
from keras_mtl.errors import WorkersDiffer
from keras_mtl.training.distribution.workers import Workers

END = "end"
"""What is exchanged in place of a hash where there is no further batch."""


def same_inputs(workers: Workers, batches: Iterable[Any]) -> Iterator[Any]:
    """Yield the inputs of a stream, the same ones on all workers.

    Raises:
        WorkersDiffer: They differ, or have ended on some workers only.
    """
    for inputs in batches:
        total = Hash()
        for array in keras.tree.flatten(inputs):
            total.add_array(np.asarray(array))
        refuse_others(workers, {"x": total.hexdigest()})
        yield inputs
    refuse_others(workers, {"x": END})


def refuse_others(workers: Workers, own: dict[str, str]) -> None:
    """Refuse what differs between the workers.

    Args:
        workers: The workers.
        own: What this one has read, as hashes by the names of the data sets.

    Raises:
        WorkersDiffer: It differs; the message names the workers.
    """
    every = workers.exchanged(own)
    for name in own:
        others = [i for i, given in enumerate(every) if given[name] != every[0][name]]
        if others:
            raise WorkersDiffer(
                f"{' and '.join(map(workers.name_of, others))} read another batch of `{name}` than "
                f"the chief, {workers.name_of(0)}, or none. Give each worker the same batches in "
                "the same order: a `tf.data.Dataset` the same files, and `shuffle` a seed."
            )
