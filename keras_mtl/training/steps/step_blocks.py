"""Blocks of steps, and what runs them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from keras_mtl.batches.batch import Batch
from keras_mtl.batches.task_batches import TaskData
from keras_mtl.training.state import TrainingState
from keras_mtl.training.steps.labelled_rows import has_labels
from keras_mtl.training.steps.step import Batches, Step, whole_step


class Block(NamedTuple):
    """Steps run without returning to the training loop.

    Attributes:
        kinds: For each step its position in the list of kinds of steps.
        positions: By the names of the data sets the positions of the batches that the steps take.
    """

    kinds: Sequence[int]
    positions: Mapping[str, range]

    def single_steps(self, feeds: Sequence[Collection[str]]) -> Iterator[Block]:
        """Yield a block for each step.

        Args:
            feeds: By the position of a kind of step the data sets that it takes a batch of.
        """
        starts = {name: taken.start for name, taken in self.positions.items()}
        for kind in self.kinds:
            ends = {name: start + (name in feeds[kind]) for name, start in starts.items()}
            yield Block([kind], {name: range(starts[name], ends[name]) for name in starts})
            starts = ends


class BlockResult(NamedTuple):
    """What a block of steps returns to the training loop.

    Attributes:
        taken: Number of steps taken, with the one that failed.
        finite: Whether all losses were finite. If not, the last step taken has changed nothing.
        results: The values of the metrics, as `TrainingState.results` groups them.
    """

    taken: int
    finite: bool
    results: Mapping[str, Mapping[str, Any]]


class Runner(ABC):
    """Runs blocks of steps."""

    @abstractmethod
    def use(self, steps: Sequence[Step]) -> None:
        """Run these kinds of steps from now on."""

    @abstractmethod
    def open(self, positions: Mapping[str, range]) -> None:
        """Prepare the batches at these positions, by the names of the data sets."""

    @abstractmethod
    def run(self, block: Block) -> BlockResult:
        """Run the steps of a block, up to the first whose loss is not finite."""

    def close(self) -> None:  # noqa: B027 (most hold nothing)
        """Release what `open` prepared."""


class BatchRunner(Runner):
    """Runs steps on batches that Python reads.

    Args:
        state: What training keeps of the model.
        steps: The kinds of steps.
        data: The data sets by name.
    """

    def __init__(
        self, state: TrainingState, steps: Sequence[Step], data: Mapping[str, TaskData]
    ) -> None:
        self.state = state
        self._data = dict(data)
        self._iterators: dict[str, Iterator[Batch]] = {}
        self.use(steps)

    def use(self, steps: Sequence[Step]) -> None:
        """Run these kinds of steps from now on."""
        self.steps = list(steps)

    def open(self, positions: Mapping[str, range]) -> None:
        """Read the first batches, so that what is wrong with them shows before any step."""
        opened = {name: one.open(positions[name].start) for name, one in self._data.items()}
        first = {name: next(batches) for name, batches in opened.items()}
        # Losses and metrics make variables, which a compiled step could not do.
        with self.state.scope():
            whole_step(self.state, first).build(first)
        self._iterators = {name: chain([first[name]], opened[name]) for name in opened}

    def results(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the values of all metrics."""
        return self.state.results()

    def batches(self, kind: int) -> dict[str, Batch]:
        """Read the next batches for a kind of step."""
        return {name: next(self._iterators[name]) for name in self.steps[kind].feeds}


class StepByStep(BatchRunner):
    """Runs one step after the other, and looks at each loss before the next step."""

    def run(self, block: Block) -> BlockResult:
        """Run the steps of a block."""
        finite = True
        taken = 0
        for kind in block.kinds:
            batches = self.batches(kind)
            taken += 1
            # Without any label there is nothing to learn; the batch counts as taken. Another worker
            # may have labels where this one has none.
            if self.steps[kind].shared or has_labels(self.steps[kind], batches):
                finite = self.take(kind, batches)
            if not finite:
                break
        return BlockResult(taken, finite, self.results())

    @abstractmethod
    def take(self, kind: int, batches: Batches) -> bool:
        """Take one step and return whether its loss was finite."""
