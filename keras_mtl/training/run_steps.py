"""The steps of a run, without the tasks that were stopped."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from keras_mtl.errors import NonFiniteLoss
from keras_mtl.schedules.schedule import JOINT
from keras_mtl.training.logs import Results
from keras_mtl.training.own_share import own_shares, read_by_each
from keras_mtl.training.run_setup import Run
from keras_mtl.training.steps.choosing import make_runner
from keras_mtl.training.steps.step import Step
from keras_mtl.training.steps.step_blocks import Block


class RunSteps:
    """Takes the steps of a run, block by block.

    Args:
        run: The run. The losses, metrics and optimizer of its model are built here.

    Attributes:
        stopped: The tasks whose steps are left out. Of several workers those that all know of: a
            callback or a thread may stop one on one of them at any moment.
        used: How many batches of each data set the steps taken so far have used.
        trained: The tasks that had a step in this epoch.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._state = run.state
        self._data = run.data
        self._kinds = run.plan.kinds(run.settings.epochs)
        model = self._state.model
        self.stopped = self._state.stopped if self._state.workers.size == 1 else set()
        with self._state.scope():
            # Not a second time: `build` of a `LossScaleOptimizer` would reset its scale.
            if not model.optimizer.built:
                model.optimizer.build(model.trainable_variables)
            self._steps = self._make_steps()
            sets = own_shares(self._state.workers, self._data.sets)
            self._runner = make_runner(self._state, self._steps, sets)
        self.used = dict.fromkeys(self._data.sets, 0)
        self.trained: set[str] = set()

    def open(self, used: Mapping[str, int]) -> None:
        """Prepare the batches from a position to the end of training.

        Args:
            used: How many batches of each data set have been used before.
        """
        self.used = dict(used)
        end = self._run.plan.used_by_end(self._run.settings.epochs)
        self._runner.open(
            {name: range(start, max(start, end[name])) for name, start in self.used.items()}
        )

    def close(self) -> None:
        """Release what `open` prepared."""
        self._runner.close()

    @property
    def all_stopped(self) -> bool:
        """Whether every task was stopped."""
        return self.stopped >= set(self._data.tasks)

    def left(self, tasks: np.ndarray) -> list[int]:
        """Return the positions of the steps whose tasks were not stopped.

        Args:
            tasks: The positions of the tasks of some steps, or `JOINT`.
        """
        return [place for place, task in enumerate(tasks.tolist()) if self._trains(task)]

    def take(self, tasks: np.ndarray, *, epoch: int, first: int) -> Results:
        """Take some steps and return the values of the metrics.

        Args:
            tasks: The positions of the tasks of the steps, or `JOINT`.
            epoch: The epoch, for the message of an error.
            first: The number of the first step in its epoch.

        Raises:
            NonFiniteLoss: A loss was NaN or infinite; that step has changed nothing.
        """
        self._adapt(tasks)
        places = self.left(tasks)
        kinds = [self._kinds.index(tasks[place]) for place in places]
        steps = [self._steps[kind] for kind in kinds]
        counts = {name: sum(name in step.feeds for step in steps) for name in self.used}
        positions = {name: range(at, at + counts[name]) for name, at in self.used.items()}
        result = self._runner.run(Block(kinds, positions))
        if not result.finite:
            number = first + places[result.taken - 1]
            raise NonFiniteLoss(self._refusal(steps[: result.taken], epoch, number))
        self.used = {name: taken.stop for name, taken in positions.items()}
        self.trained.update(task for step in steps for task in step.tasks)
        return result.results

    def _refusal(self, steps: list[Step], epoch: int, number: int) -> str:
        """Return the message that the last of some steps had a loss that is not finite."""
        failed = steps[-1]
        blamed = failed.update_rule.failed() or failed.tasks
        where = []
        for name in failed.feeds:
            at = self.used[name] + sum(name in step.feeds for step in steps) - 1
            size = self._data.sets[name].num_batches
            where.append(f"batch {at % size if size else at} of the data of `{name}`")
        tasks = ", ".join(f"`{task}`" for task in blamed)
        return (
            f"The loss of {tasks}, or its gradient, became NaN or infinite at step {number} of "
            f"epoch {epoch} (both counted from 0), on {', '.join(where)}. The weights are those "
            "before that step. Look for NaN or very large values in these inputs and labels, or "
            "use a smaller learning rate or `clipnorm`."
        )

    def _adapt(self, tasks: np.ndarray) -> None:
        """Add kinds of steps that come for the first time, and leave tasks out that were stopped.

        Args:
            tasks: The positions of the tasks of the next steps, or `JOINT`.
        """
        self._kinds += sorted(set(tasks.tolist()) - set(self._kinds))
        # A joint step without a task is another step, to be compiled; a step of one task is only
        # skipped, see `left`.
        if [self._tasks(kind) for kind in self._kinds] != [step.tasks for step in self._steps]:
            self._steps = self._make_steps()
            with self._state.scope():
                self._runner.use(self._steps)

    def _make_steps(self) -> list[Step]:
        """Return a step for each kind."""
        joint, weights = self._data.joint, self._run.class_weights
        shared = read_by_each(self._state.workers, self._data.sets)
        return [
            Step(self._state, self._tasks(kind), joint, weights, shared) for kind in self._kinds
        ]

    def _tasks(self, kind: int) -> tuple[str, ...]:
        """Return the tasks that a kind of step trains; the stopped ones too, if none is left."""
        if kind != JOINT:
            return (self._data.tasks[kind],)
        left = tuple(task for task in self._data.tasks if task not in self.stopped)
        return left or self._data.tasks  # A step needs a task; this one is never taken.

    def _trains(self, task: int) -> bool:
        return task == JOINT or self._data.tasks[task] not in self.stopped
