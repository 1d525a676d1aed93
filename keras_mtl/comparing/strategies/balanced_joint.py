"""The first task and the new one at each step, weighed by a balancer."""

from __future__ import annotations

from keras_mtl.balancing.balancer import Balancer
from keras_mtl.balancing.lookup import named_balancer
from keras_mtl.comparing.strategies.joint import Joint
from keras_mtl.comparing.strategies.kept_network import KeptNetwork
from keras_mtl.comparing.strategies.solved_start import FromSolvedHead
from keras_mtl.comparing.strategies.strategy import TransferTask
from keras_mtl.comparing.strategies.two_task_network import FIRST, NEW, two_task_network
from keras_mtl.schedules.joint import Joint as EachStep

PREFIX = f"{Joint.name}+"
"""What the names of these strategies begin with; the name of a balancer follows."""


class BalancedJoint(FromSolvedHead):
    """Trains as `Joint` does, with a balancer in the place of the sum of the losses.

    Args:
        balancer: A balancer. The tasks are named "first" and "new", in this order.
        name: Name of the strategy; by default it tells the balancer and its arguments.

    Raises:
        TaskNotFound: The balancer names another task.
    """

    needs_auxiliary = True

    def __init__(self, balancer: Balancer, name: str | None = None) -> None:
        self.balancer = balancer.for_tasks((FIRST, NEW))
        self.name = name or f"{PREFIX}{balancer}"

    def _network(self, task: TransferTask, cut: str) -> KeptNetwork | None:
        return two_task_network(task, cut, EachStep(), self.balancer)


def named_balanced_joint(name: str) -> BalancedJoint:
    """Return the strategy of a name such as "joint+upgrad"; the new task is the main one.

    Raises:
        ValueError: There is no such balancer.
    """
    balancer = named_balancer(name.removeprefix(PREFIX), main=NEW)
    return BalancedJoint(balancer, f"{PREFIX}{type(balancer).__name__.lower()}")
