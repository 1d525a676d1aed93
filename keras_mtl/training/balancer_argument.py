"""The `balancer` argument of `compile`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from keras_mtl.balancing.balancer import Balancer
from keras_mtl.balancing.lookup import as_balancer
from keras_mtl.errors import InvalidBalancer


def balancer_for(given: object, tasks: Sequence[str], trunk: keras.layers.Layer) -> Balancer | None:
    """Return a balancer for the tasks of a model; None if none is asked for.

    Args:
        given: As `compile` takes it.
        tasks: The names of the tasks.
        trunk: The layers that the tasks share.

    Raises:
        InvalidBalancer: There is one task only, or the trunk has no weights.
        TaskNotFound: The balancer names another task.
        ValueError: There is no balancer of the name, or it needs arguments.
        TypeError: It is no balancer.
    """
    balancer = as_balancer(given)
    if balancer is None:
        return None
    bound = balancer.for_tasks(tasks)
    if not trunk.weights:
        raise InvalidBalancer(
            f"`{bound}` balances what the tasks do to the trunk, but the trunk has no weights. Cut "
            "the model later, or leave `balancer` out."
        )
    return bound


def check_weights(balancer: Balancer, loss_weights: Mapping[str, Any]) -> None:
    """Refuse weights that turn a loss around, which every balancer would lower.

    Args:
        balancer: The balancer.
        loss_weights: The weights of the losses by task, numbers or variables.

    Raises:
        InvalidBalancer: A weight is negative.
    """
    for task, weight in loss_weights.items():
        if float(keras.ops.convert_to_numpy(weight)) < 0:
            raise InvalidBalancer(
                f"`{balancer}` lowers the weighted loss of each task, and the negative weight of "
                f"`{task}` in `loss_weights` would raise the loss itself. Received: {weight!r}. "
                "Give a weight of at least 0, or leave `balancer` out."
            )
