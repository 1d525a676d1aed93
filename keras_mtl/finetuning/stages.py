"""The phases of one call of `fine_tune`, resolved for a model and its data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras

from keras_mtl.finetuning.phase import Phase
from keras_mtl.graph.call import Call

SHORTEST_EPOCH = 25
"""Steps of an epoch, where a phase has a number of steps: shorter ones cost more than they tell."""
WARM_UP = 0.1
"""The share of the steps of a phase in which its rate rises."""


@dataclass(frozen=True)
class Stage:
    """A phase of a run.

    Attributes:
        number: The number of the phase, from 1.
        phase: The phase as asked for.
        static: The calls of the trunk that are static.
        trained: The paths of the layers of the trunk that train.
        epochs: The number of epochs.
        steps_per_epoch: Steps of an epoch; None for a pass over the data.
        steps: Steps of the phase.
        solves: Whether the head is trained on the features of the static trunk, in one epoch.
    """

    number: int
    phase: Phase
    static: Sequence[Call]
    trained: Sequence[str]
    epochs: int
    steps_per_epoch: int | None
    steps: int
    solves: bool = False


def resolve(
    number: int,
    phase: Phase,
    static: Sequence[Call],
    trained: Sequence[str],
    *,
    num_batches: int | None,
    epochs: int | None,
) -> Stage:
    """Return a phase with its length in epochs and steps.

    Args:
        number: The number of the phase, from 1.
        phase: The phase.
        static: The calls that are static.
        trained: The layers of the trunk that train.
        num_batches: Batches of a pass over the data; None where it is not known.
        epochs: The epochs of a phase without a length of its own.

    Raises:
        ValueError: Neither the phase nor `epochs` says how long it is, or an epoch has no end.
    """
    if phase.steps is not None:
        count, length = _whole_epochs(phase.steps, num_batches)
        return Stage(number, phase, static, trained, count, length, count * length)
    count = phase.epochs or epochs or 0
    if not count:
        raise ValueError(
            f"Phase {number}, `{phase.name}`, has no length: give it `epochs` or `steps`, or give "
            "`epochs` to `fine_tune` for all phases that have none."
        )
    if num_batches is None:
        raise ValueError(
            f"Phase {number}, `{phase.name}`, has {count} epochs, and the length of the data is "
            "not known. Give the phase `steps` instead."
        )
    return Stage(number, phase, static, trained, count, None, count * num_batches)


def cosine_with_warm_up(rate: float, steps: int) -> keras.optimizers.schedules.CosineDecay:
    """Return a rate that rises in the first tenth of the steps and falls to zero in the others."""
    rising = int(WARM_UP * steps)
    if not rising:
        return keras.optimizers.schedules.CosineDecay(rate, steps)
    return keras.optimizers.schedules.CosineDecay(
        rate / (rising + 1), steps - rising, warmup_target=rate, warmup_steps=rising
    )


def _whole_epochs(steps: int, num_batches: int | None) -> tuple[int, int]:
    """Return a number of epochs and the steps of each, together at least so many steps."""
    passes = round(steps / num_batches) if num_batches else steps
    count = max(1, min(passes, steps // SHORTEST_EPOCH))
    return count, -(-steps // count)
