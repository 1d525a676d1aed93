"""Balancers that have nothing to do in a run."""

from __future__ import annotations

import warnings

from keras_mtl.balancing.gradient_balancer import GradientBalancer
from keras_mtl.schedules.schedule import JOINT
from keras_mtl.training.plan import Plan
from keras_mtl.training.state import TrainingState


def warn_of_idle_balancer(state: TrainingState, plan: Plan, epochs: int) -> None:
    """Warn, once for a compiled model, that its balancer changes nothing in a run.

    Args:
        state: What training keeps of the model.
        plan: The steps of the run.
        epochs: The number of its epochs.
    """
    reason = _reason(state, plan, epochs)
    if reason and not state.warned_of_idle_balancer:
        state.warned_of_idle_balancer = True
        warnings.warn(f"`{state.balancer}` does nothing in this run: {reason}", stacklevel=2)


def _reason(state: TrainingState, plan: Plan, epochs: int) -> str:
    if state.balancer is None or not epochs:
        return ""
    if JOINT not in plan.kinds(epochs):
        return (
            f"the schedule {plan.schedule} trains one task a step, which is weighed against none. "
            "Pass `schedule=keras_mtl.schedules.Joint()` to `fit` for steps of all tasks."
        )
    shared = [v for layer in state.graphs.shared_layers() for v in layer.trainable_variables]
    if isinstance(state.balancer, GradientBalancer) and not shared:
        return (
            "the trunk is frozen, and the heads train by their own gradients. Unfreeze layers of "
            "the trunk and compile again, or leave `balancer` out."
        )
    return ""
