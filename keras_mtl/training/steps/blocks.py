"""What a run of a few steps is asked for, and what it answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from keras_mtl.batches.base import TaskData
from keras_mtl.batches.batch import Batch
from keras_mtl.training.steps.forward import Batches, Step, whole_step


class Block(NamedTuple):
    """Steps that run without a word from outside.

    Attributes:
        kinds: For each step its position in the list of kinds.
        positions: By the names of the data the positions of the batches that the steps take.
    """

    kinds: Sequence[int]
    positions: Mapping[str, range]


class Outcome(NamedTuple):
    """What has become of a block.

    Attributes:
        taken: Number of steps taken, with the one that failed.
        finite: Whether all losses were finite. If not, the last step taken has changed nothing.
        results: By task the values of its loss and metrics; under "" the mean over the steps.
    """

    taken: int
    finite: bool
    results: Mapping[str, Mapping[str, Any]]


class Runner(ABC):
    """Takes blocks of steps."""

    @abstractmethod
    def use(self, steps: Sequence[Step]) -> None:
        """Take these kinds of steps from now on."""

    @abstractmethod
    def open(self, positions: Mapping[str, range]) -> None:
        """Get ready for the batches at these positions, by the names of the data."""

    @abstractmethod
    def run(self, block: Block) -> Outcome:
        """Take the steps of a block, up to the first whose loss is not finite."""

    def close(self) -> None:  # noqa: B027 (most hold nothing)
        """Let go of what `open` got ready."""


class BatchRunner(Runner):
    """Takes steps on batches that come from outside.

    Args:
        model: The multi-task model, compiled.
        steps: The kinds of steps.
        data: The data by their names.
    """

    def __init__(self, model: Any, steps: Sequence[Step], data: Mapping[str, TaskData]) -> None:
        self.model = model
        self._data = dict(data)
        self._iterators: dict[str, Iterator[Batch]] = {}
        self.use(steps)

    def use(self, steps: Sequence[Step]) -> None:
        """Take these kinds of steps from now on."""
        self.steps = list(steps)

    def open(self, positions: Mapping[str, range]) -> None:
        """Read the first batches, so that what is wrong with them shows before any step."""
        opened = {name: one.open(positions[name].start) for name, one in self._data.items()}
        first = {name: next(batches) for name, batches in opened.items()}
        whole_step(self.model, first).build(first)
        self._iterators = {name: chain([first[name]], opened[name]) for name in opened}

    def results(self) -> Mapping[str, Mapping[str, Any]]:
        """The values of all metrics."""
        results: Mapping[str, Mapping[str, Any]] = self.model.training_results()
        return results

    def batches(self, kind: int) -> dict[str, Batch]:
        """The next batches for a kind of step."""
        return {name: next(self._iterators[name]) for name in self.steps[kind].feeds}


class StepByStep(BatchRunner):
    """Takes one step after the other, and looks at each loss before it goes on."""

    def run(self, block: Block) -> Outcome:
        """Take the steps of a block."""
        finite = True
        taken = 0
        for kind in block.kinds:
            batches = self.batches(kind)
            taken += 1
            if self.steps[kind].has_labels(batches):
                finite = self.take(kind, batches)
            if not finite:
                break
        return Outcome(taken, finite, self.results())

    @abstractmethod
    def take(self, kind: int, batches: Batches) -> bool:
        """Take one step and tell whether its loss was finite."""
