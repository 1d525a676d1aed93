"""Steps on PyTorch, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import torch

from keras_mtl.batches.batch import Batch
from keras_mtl.batches.task_batches import TaskData
from keras_mtl.training.state import TrainingState
from keras_mtl.training.steps.applying import apply, loss_scale, skips_non_finite_gradients
from keras_mtl.training.steps.forward import Scored, add_to_metrics, forward
from keras_mtl.training.steps.labelled_rows import rows_by_task, tasks_present
from keras_mtl.training.steps.step import Batches, Step
from keras_mtl.training.steps.step_blocks import Runner, StepByStep
from keras_mtl.training.steps.task_gradients import TaskGradients, task_gradients
from keras_mtl.training.steps.update_rules import Backward, StepLosses, StepPasses


def make_runner(
    state: TrainingState, steps: Sequence[Step], data: Mapping[str, TaskData]
) -> Runner:
    """Return what runs the steps of training."""
    return TorchSteps(state, steps, data)


def make_scorer(step: Step) -> Callable[[Batches], None]:
    """Return a function that adds a batch to the metrics, in inference mode."""

    def scorer(batches: Batches) -> None:
        step.build(batches)
        given = _tensors(batches)
        with torch.no_grad():
            losses, scored = forward(step, given, rows_by_task(step, given), training=False)
            add_to_metrics(step, scored, losses.total, step.num_rows(batches))

    return scorer


def measured_gradients(step: Step, batches: Batches) -> TaskGradients:
    """Return the losses and gradients of the tasks, in inference mode."""
    step.build(batches)
    given = _tensors(batches)
    losses, _ = forward(step, given, rows_by_task(step, given), training=False)
    backward = _backward(step, losses, keep=True)
    with torch.no_grad():
        return task_gradients(losses, backward, step.variables.shared, loss_scale(step, 1.0))


def random_state() -> dict[str, np.ndarray]:
    """Return torch's own state: Dropout draws from it, whatever seed the layer has."""
    on_gpus = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    states = {"cpu": torch.get_rng_state()}
    states |= {f"cuda {index}": state for index, state in enumerate(on_gpus)}
    return {name: state.numpy().copy() for name, state in states.items()}


def set_random_state(state: Mapping[str, np.ndarray]) -> None:
    """Put back what `random_state` returned, on the devices that there are."""
    torch.set_rng_state(torch.from_numpy(state["cpu"].copy()))
    for index in range(torch.cuda.device_count()):
        if f"cuda {index}" in state:
            torch.cuda.set_rng_state(torch.from_numpy(state[f"cuda {index}"].copy()), index)


class TorchSteps(StepByStep):
    """Takes steps by autograd."""

    def take(self, kind: int, batches: Batches) -> bool:
        """Take one step."""
        step = self.steps[kind]
        given = _tensors(batches)
        # Statistics and seeds change in the forward pass, before the loss is known to be finite.
        refuses = step.state.refuses_non_finite
        undone = [*step.changing_variables, *step.update_rule.variables] if refuses else []
        before = [variable.value.clone() for variable in undone]
        losses, scored = forward(step, given, rows_by_task(step, given))
        passes = StepPasses(
            losses,
            _backward(step, losses, keep=step.update_rule.several_passes),
            step.variables,
            tasks_present(step, given),
            loss_scale(step, 1.0),
        )
        with torch.no_grad():
            gradients = step.update_rule.gradients(passes)
        pairs = zip(gradients, step.variables.all, strict=True)
        found = [(gradient, variable) for gradient, variable in pairs if gradient is not None]
        total = losses.total
        if refuses and not _finite(step, total, found):
            for variable, value in zip(undone, before, strict=True):
                variable.assign(value)
            return False
        with torch.no_grad():
            apply(
                step,
                tasks_present(step, given),
                [gradient for gradient, _ in found],
                [v for _, v in found],
            )
            # Detached, or the metrics would keep the graph of the step, and its memory, alive.
            add_to_metrics(step, [Scored(*map(_detached, one)) for one in scored], total.detach())
        return True


def _backward(step: Step, losses: StepLosses, *, keep: bool) -> Backward:
    """Return the backward pass of the losses, which are scaled on the way.

    Args:
        step: The step.
        losses: The losses.
        keep: Whether it is called more than once.
    """
    values = [variable.value for variable in step.variables.all]

    def backward(weights: StepLosses) -> list[Any]:
        pairs = [(losses.by_task[task], weight) for task, weight in weights.by_task.items()]
        pairs += [] if weights.rest is None else [(losses.rest, weights.rest)]
        # A loss that depends on nothing, such as a `rest` of 0, has no graph to go back through.
        pairs = [pair for pair in pairs if getattr(pair[0], "requires_grad", False)]
        if not values or not pairs:
            return [None] * len(values)
        flat = [loss for loss, _ in pairs]
        with torch.no_grad():
            scales = [torch.ones_like(loss) * loss_scale(step, weight) for loss, weight in pairs]
        seeds = [scale.to(loss.dtype) for scale, loss in zip(scales, flat, strict=True)]
        gradients = torch.autograd.grad(flat, values, seeds, retain_graph=keep, allow_unused=True)
        return list(gradients)

    return backward


def _finite(step: Step, total: Any, found: list[tuple[Any, keras.Variable]]) -> bool:
    skipped = skips_non_finite_gradients(step)
    sums = [] if skipped else [gradient.sum() for gradient, _ in found]
    return all(torch.isfinite(value) for value in (total, *sums))


def _tensors(batches: Batches) -> dict[str, Batch]:
    return keras.tree.map_structure(
        lambda values: None if values is None else keras.ops.convert_to_tensor(values),
        dict(batches),
    )


def _detached(value: Any) -> Any:
    return value.detach() if isinstance(value, torch.Tensor) else value
