"""Each task for a number of steps of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_mtl.schedules.base import Batches, Schedule, as_steps, whole_number


class Blocks(Schedule):
    """So many steps of one task, then so many of the next one, and again from the start.

    Use it for long turns, or to give tasks shares that you choose. With a single task it is the
    part of `join` in which the others wait.

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
        """The task that trains at each of some steps."""
        names = list(batches)
        owners = np.array([names.index(task) for task in self.blocks], dtype=np.int32)
        ends = np.cumsum(list(self.blocks.values()))
        return owners[np.searchsorted(ends, as_steps(steps) % ends[-1], side="right")]

    def round(self, batches: Batches) -> Mapping[str, float]:
        """One block of each task that has one."""
        return self.blocks

    def picks(self, batches: Batches) -> Collection[str]:
        """The tasks that have a block."""
        return self.blocks

    def get_config(self) -> dict[str, Any]:
        """The blocks in their order, which a dict would not compare."""
        return {"blocks": [[task, steps] for task, steps in self.blocks.items()]}

    def __repr__(self) -> str:
        return f"Blocks({self.blocks})"
