"""The solved head first, then everything."""

from __future__ import annotations

from keras_mtl.comparing.strategies.kept_network import KeptNetwork
from keras_mtl.comparing.strategies.known_strategies import STRATEGIES
from keras_mtl.comparing.strategies.one_task_network import OneTaskNetwork
from keras_mtl.comparing.strategies.run_rate import RunRate
from keras_mtl.comparing.strategies.solved_start import FromSolvedHead
from keras_mtl.comparing.strategies.strategy import TransferTask
from keras_mtl.finetuning.phase import Phase
from keras_mtl.finetuning.phase_flags import PhaseFlags
from keras_mtl.finetuning.phase_optimizer import phase_optimizer
from keras_mtl.finetuning.recipe import RATE_DECAY
from keras_mtl.finetuning.stages import Stage
from keras_mtl.surgery.fresh_compile import fresh_arguments
from keras_mtl.training.global_draws import drawing
from keras_mtl.transferring import transfer


@STRATEGIES.register
class FineTuned(FromSolvedHead):
    """Trains all layers from the solved head on, as the second phase of `fine_tune` does."""

    name = "fine-tuned"

    def _network(self, task: TransferTask, cut: str) -> KeptNetwork | None:
        """Return the network with the optimizer of `fine_tune`."""
        rate = RunRate()
        phase = Phase(learning_rate=rate, decay=RATE_DECAY)
        with drawing(0):
            head = task.labels.head(task.pooling)
            model = transfer(task.model, cut, head=head, name=f"{task.model.name}_transfer")
            flags = PhaseFlags(model.trunk, "frozen")
            stage = Stage(1, phase, flags.static(phase), (), epochs=1, steps_per_epoch=1, steps=1)
            if not flags.trained(stage.static):
                return None
            flags.set(stage.static)
            optimizer = phase_optimizer(stage, model.optimizer)
            model.compile(**{**fresh_arguments(model), "optimizer": optimizer})
            return OneTaskNetwork(model, rate)
