"""Tasks that a schedule gives too few steps."""

from __future__ import annotations

import warnings

from keras_mtl.training.plan import Plan

FEWEST = 100
"""Steps with which a head is still far from what it can learn: `benchmarks/default_schedule.py`."""


def warn_of_few_steps(plan: Plan, epochs: int) -> None:
    """Warn of tasks with few steps in a run whose steps would be enough for all tasks.

    A run that is short for all tasks is one that the user wants short.

    Args:
        plan: The steps of the run.
        epochs: The number of its epochs.
    """
    steps = plan.used_by_end(epochs)
    few = {task: count for task, count in steps.items() if count < FEWEST}
    if few and sum(steps.values()) >= FEWEST * len(steps):
        counts = ", ".join(f"`{task}` {count}" for task, count in few.items())
        warnings.warn(
            f"The schedule {plan.schedule} gives few of the {sum(steps.values())} steps of the run "
            f"to some tasks: {counts}. For at least {FEWEST} steps each give "
            "`schedule=keras_mtl.schedules.RoundRobin()`, which trains all tasks as often, or more "
            "`epochs`.",
            stacklevel=2,
        )
