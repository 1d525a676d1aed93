"""The first task and the new one at each step."""

from __future__ import annotations

from keras_mtl.comparing.strategies.kept_network import KeptNetwork
from keras_mtl.comparing.strategies.known_strategies import STRATEGIES
from keras_mtl.comparing.strategies.solved_start import FromSolvedHead
from keras_mtl.comparing.strategies.strategy import TransferTask
from keras_mtl.comparing.strategies.two_task_network import two_task_network
from keras_mtl.schedules.joint import Joint as EachStep


@STRATEGIES.register
class Joint(FromSolvedHead):
    """Trains all layers on the sum of the losses of both tasks, from the solved head on.

    There are as many steps as in fine-tuning, each on a batch of either task.
    """

    name = "joint"
    needs_auxiliary = True

    def _network(self, task: TransferTask, cut: str) -> KeptNetwork | None:
        return two_task_network(task, cut, EachStep())
