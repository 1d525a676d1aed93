"""A kept network that trains on the new task alone."""

from __future__ import annotations

from keras_mtl.comparing.strategies.kept_network import History, KeptNetwork
from keras_mtl.comparing.strategies.run_rate import RunRate
from keras_mtl.finetuning.phase import Phase
from keras_mtl.finetuning.stages import resolve
from keras_mtl.finetuning.tuning_data import TuningData
from keras_mtl.models.transfer_model import TransferModel
from keras_mtl.training.compiled_state import CompiledState
from keras_mtl.training.fit import fit_one_task
from keras_mtl.training.settings import Settings


class OneTaskNetwork(KeptNetwork):
    """Trains in the loop of `TransferModel.fit`.

    Args:
        model: A `TransferModel` with a `Head`, compiled with an optimizer whose rate is `rate`.
        rate: The rate.
    """

    def __init__(self, model: TransferModel, rate: RunRate) -> None:
        super().__init__(model, model, rate)
        self._state = CompiledState(model)

    def train(self, data: TuningData, phase: Phase, seed: int) -> History:
        """Train for a number of steps; return the metrics by epoch."""
        stage = resolve(1, phase, (), (), num_batches=data.num_batches, epochs=None)
        assert isinstance(phase.learning_rate, float)
        self.rate.set(phase.learning_rate, stage.steps)
        settings = Settings(
            batch_size=data.batch_size,
            epochs=stage.epochs,
            verbose=0,
            sample_weight=data.sample_weight,
            steps_per_epoch=stage.steps_per_epoch,
            seed=seed,
        )
        history: History = fit_one_task(self._state, data.x, data.y, settings).history
        return history
