"""Steps on JAX: a compiled function for each kind of step, from values to values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from typing import Any

import jax
import keras
import numpy as np
from jax import numpy as jnp

from keras_mtl.batches.task_batches import TaskData
from keras_mtl.training.distribution.jax_devices import JaxDevices
from keras_mtl.training.distribution.jax_processes import refuse_several_processes
from keras_mtl.training.distribution.jax_rows import compiled_over
from keras_mtl.training.distribution.jax_values import changed
from keras_mtl.training.distribution.same_batches import check_same_batches
from keras_mtl.training.state import TrainingState
from keras_mtl.training.steps.forward import add_to_metrics, forward
from keras_mtl.training.steps.jax_step import Values, losses_and_rows, train, variables_of
from keras_mtl.training.steps.labelled_rows import has_labels, rows_by_task
from keras_mtl.training.steps.step import Batches, Step
from keras_mtl.training.steps.step_blocks import BatchRunner, Block, BlockResult, Runner
from keras_mtl.training.steps.task_gradients import TaskGradients


def make_runner(
    state: TrainingState, steps: Sequence[Step], data: Mapping[str, TaskData]
) -> Runner:
    """Return what runs the steps of training."""
    refuse_several_processes(steps)
    return JaxSteps(state, steps, data)


def make_scorer(step: Step) -> Callable[[Batches], None]:
    """Return a function that adds a batch to the metrics, in inference mode."""
    refuse_several_processes([step])
    state = step.state
    compiled = state.compiled_function(
        f"score {step.key}", lambda: _compiled(state, partial(_score, step))
    )

    # Listed once for a pass, which takes as long as to score a small batch; after `build`, which
    # makes some of them.
    variables: list[keras.Variable] = []

    def scorer(batches: Batches) -> None:
        check_same_batches(step, batches)
        step.build(batches)
        if not variables:
            variables.extend(variables_of(step))
        changes = compiled([variable.value for variable in variables], batches)
        for index, value in changes.items():
            variables[index].assign(value)

    return scorer


def measured_gradients(step: Step, batches: Batches) -> TaskGradients:
    """Return the losses and gradients of the tasks, in inference mode."""
    step.build(batches)
    compiled = step.state.compiled_function(
        f"gradients {step.key}", lambda: _compiled(step.state, partial(losses_and_rows, step))
    )
    losses, rows = compiled([variable.value for variable in variables_of(step)], batches)
    by_task = {task: float(losses[task]) for task in step.tasks}
    return TaskGradients(by_task, [np.asarray(own, np.float64) for own in rows])


class JaxSteps(BatchRunner):
    """Runs the steps of a block one after the other, and waits for them at its end only."""

    def use(self, steps: Sequence[Step]) -> None:
        """Run these kinds of steps from now on."""
        super().use(steps)
        compiled = self.state.compiled_function
        self._compiled = [
            compiled(f"step {step.key}", partial(CompiledStep, step)) for step in steps
        ]

    def run(self, block: Block) -> BlockResult:
        """Run the steps of a block."""
        finite = jnp.array(True)
        flags = []
        with self._values() as values:
            for kind in block.kinds:
                batches = self.batches(kind)
                check_same_batches(self.steps[kind], batches)
                if has_labels(self.steps[kind], batches):
                    finite = self._compiled[kind](values, batches, finite)
                flags.append(finite)
        # Only here, after all steps are dispatched, does Python wait for the device. The steps
        # after a failed one have run, and changed nothing.
        failed = [index for index, flag in enumerate(flags) if not flag]
        taken = failed[0] + 1 if failed else len(flags)
        return BlockResult(taken, not failed, self.results())

    @contextmanager
    def _values(self) -> Iterator[dict[int, Any]]:
        """Yield the values of all variables by their ids; assign the changed ones at the end.

        Reading and assigning all variables at each step would often take longer than the step.
        """
        variables = {id(v): v for step in self.steps for v in variables_of(step)}
        values = {key: variable.value for key, variable in variables.items()}
        before = dict(values)
        try:
            yield values
        finally:  # Also if a batch could not be read: the steps before it have been taken.
            for key, variable in variables.items():
                if values[key] is not before[key]:
                    variable.assign(values[key])


class CompiledStep:
    """A step as a compiled function from the values of variables to those that it changes."""

    def __init__(self, step: Step) -> None:
        self._step = step
        self._function = _compiled(step.state, self._changes)

    def __call__(self, values: dict[int, Any], batches: Batches, finite: Any) -> Any:
        """Take the step, change the values by the ids of variables, and return if it is finite."""
        changes, finite = self._function([values[key] for key in self._used], batches, finite)
        values.update({self._used[index]: value for index, value in changes.items()})
        return finite

    @cached_property
    def _used(self) -> list[int]:
        """The ids of the variables, all of which exist when the first step is taken."""
        return list(map(id, variables_of(self._step)))

    def _changes(self, values: Values, batches: Batches, finite: Any) -> tuple[dict[int, Any], Any]:
        new, finite = train(self._step, values, batches, finite)
        return changed(values, new), finite


def _score(step: Step, values: Values, batches: Batches) -> dict[int, Any]:
    """Return the values that a batch changes: most variables of a model do not change."""
    variables = variables_of(step)
    mapping = list(zip(variables, values, strict=True))
    with keras.StatelessScope(mapping, collect_losses=True) as scope:
        losses, scored = forward(step, batches, rows_by_task(step, batches), training=False)
        add_to_metrics(step, scored, losses.total, step.num_rows(batches))
        return changed(values, [scope.get_current_value(variable) for variable in variables])


def _compiled(state: TrainingState, function: Callable[..., Any]) -> Callable[..., Any]:
    if state.model.run_eagerly:
        return function
    if isinstance(state.workers, JaxDevices):
        return compiled_over(state.workers, function)
    # Arguments are not donated: JAX would delete their buffers, and a variable that the step does
    # not assign to would be left with a deleted array.
    return jax.jit(function)
