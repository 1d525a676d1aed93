"""Steps on PyTorch, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import torch

from keras_mtl.batches.base import TaskData
from keras_mtl.batches.batch import Batch
from keras_mtl.training.steps.blocks import Runner, StepByStep
from keras_mtl.training.steps.forward import Batches, Scored, Step


def make_runner(model: Any, steps: Sequence[Step], data: Mapping[str, TaskData]) -> Runner:
    """What takes the steps in training."""
    return TorchSteps(model, steps, data)


def make_scorer(model: Any, step: Step) -> Callable[[Batches], None]:
    """A function that adds a batch to the metrics, in inference mode."""
    del model

    def scorer(batches: Batches) -> None:
        step.build(batches)
        given = _tensors(batches)
        with torch.no_grad():
            total, scored = step.forward(given, step.rows(given), training=False)
            step.update(scored, total, step.num_rows(batches))

    return scorer


def random_state() -> dict[str, np.ndarray]:
    """That of torch itself: Dropout draws from it, whatever seed the layer has."""
    on_gpus = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    states = {"cpu": torch.get_rng_state()}
    states |= {f"cuda {index}": state for index, state in enumerate(on_gpus)}
    return {name: state.numpy().copy() for name, state in states.items()}


def set_random_state(state: Mapping[str, np.ndarray]) -> None:
    """Draw on as `random_state` has found it, on the devices that there are."""
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
        before = [variable.value.clone() for variable in step.changing_variables]
        total, scored = step.forward(given, step.rows(given))
        found = _gradients(step, total)
        if not _finite(step, total, found):
            for variable, value in zip(step.changing_variables, before, strict=True):
                variable.assign(value)
            return False
        with torch.no_grad(), step.optimizer.only(step.present(given)):
            step.apply([gradient for gradient, _ in found], [v for _, v in found])
        with torch.no_grad():
            step.update([Scored(*map(_detached, one)) for one in scored], total.detach())
        return True


def _gradients(step: Step, total: Any) -> list[tuple[Any, keras.Variable]]:
    """Those of the variables that the loss depends on."""
    if not step.trainable_variables:
        return []
    scaled = step.model.optimizer.scale_loss(total)
    values = [variable.value for variable in step.trainable_variables]
    gradients = torch.autograd.grad(scaled, values, allow_unused=True)
    pairs = zip(gradients, step.trainable_variables, strict=True)
    return [(gradient, variable) for gradient, variable in pairs if gradient is not None]


def _finite(step: Step, total: Any, found: list[tuple[Any, keras.Variable]]) -> bool:
    sums = [] if step.skips_non_finite_gradients else [gradient.sum() for gradient, _ in found]
    return all(torch.isfinite(value) for value in (total, *sums))


def _tensors(batches: Batches) -> dict[str, Batch]:
    return keras.tree.map_structure(
        lambda values: None if values is None else keras.ops.convert_to_tensor(values),
        dict(batches),
    )


def _detached(value: Any) -> Any:
    return value.detach() if isinstance(value, torch.Tensor) else value
