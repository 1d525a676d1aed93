"""The first task and the new one in turn."""

from __future__ import annotations

from keras_mtl.comparing.strategies.kept_network import KeptNetwork
from keras_mtl.comparing.strategies.known_strategies import STRATEGIES
from keras_mtl.comparing.strategies.solved_start import FromSolvedHead
from keras_mtl.comparing.strategies.strategy import TransferTask
from keras_mtl.comparing.strategies.two_task_network import two_task_network
from keras_mtl.schedules.balanced import Balanced


@STRATEGIES.register
class Alternating(FromSolvedHead):
    """Trains all layers on both tasks in turn, from the solved head of the new task on.

    The new task has as many steps as in fine-tuning; the default schedule adds those of the first.
    """

    name = "alternating"
    needs_auxiliary = True

    def _network(self, task: TransferTask, cut: str) -> KeptNetwork | None:
        return two_task_network(task, cut, Balanced())
