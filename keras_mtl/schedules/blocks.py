"""A number of consecutive steps for each task, repeated."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_mtl.common.arguments import whole_number
from keras_mtl.heads.task_names import check_task
from keras_mtl.schedules.schedule import Batches, Schedule, as_steps, check_batches


class Blocks(Schedule):
    """A fixed number of consecutive steps for each task, repeated.

    Use it for long turns, or to give tasks shares that you choose. With a single task it is the
    part of a `join` in which the other tasks wait.

    Args:
        blocks: For each task its number of steps, in the order of the turns.

    Raises:
        ValueError: `blocks` is empty, or holds a number that is not whole and positive.

    Example:
        >>> import keras_mtl
        >>> schedule = keras_mtl.schedules.Blocks({"sex": 3, "hair": 1})
        >>> schedule.tasks(range(6), batches={"sex": 10, "hair": 4}, seed=0).tolist()
        [0, 0, 0, 1, 0, 0]
        >>> schedule.steps_per_epoch({"sex": 10, "hair": 4})
        16
    """

    def __init__(self, blocks: Mapping[str, int]) -> None:
        if not isinstance(blocks, Mapping) or not blocks:
            raise ValueError(
                "`blocks` gives the number of steps of each task, such as "
                f'`{{"sex": 200, "hair": 50}}`. Received: {blocks!r}.'
            )
        self.blocks = {
            task: whole_number(f"blocks[{task!r}]", steps) for task, steps in blocks.items()
        }

    def tasks(self, steps: ArrayLike, *, batches: Batches, seed: int) -> np.ndarray:
        """Return the task that trains at each of some steps."""
        check_batches(batches)
        names = list(batches)
        known = [check_task(task, names, where=f"The schedule {self}") for task in self.blocks]
        owners = np.array([names.index(task) for task in known], dtype=np.int32)
        ends = np.cumsum(list(self.blocks.values()))
        return owners[np.searchsorted(ends, as_steps(steps) % ends[-1], side="right")]

    def round(self, batches: Batches) -> Mapping[str, float]:
        """Return the block of each task."""
        return self.blocks

    def period(self, batches: Batches) -> int:
        """Return the number of steps in a round."""
        return sum(self.blocks.values())

    def picks(self, batches: Batches) -> Collection[str]:
        """Return the tasks that have a block."""
        return self.blocks

    def get_config(self) -> dict[str, Any]:
        """Return the blocks as a list, because the order of a dict is not compared."""
        return {"blocks": [[task, steps] for task, steps in self.blocks.items()]}

    def __repr__(self) -> str:
        return f"Blocks({self.blocks})"
