"""What training keeps of a model of one task that trains as in Keras's own `fit`."""

from __future__ import annotations

import keras

from keras_mtl.keras_private.compiled import compiled_loss, compiled_metrics, loss_tracker
from keras_mtl.training.model_objective import ModelObjective
from keras_mtl.training.objective import Objective
from keras_mtl.training.state import OneTaskState
from keras_mtl.training.task_graphs import TaskGraphs


class CompiledState(OneTaskState):
    """What training keeps of a model whose loss and metrics are those that Keras has made.

    A loss that is not finite does not end a run: as in Keras, `TerminateOnNaN` may.

    Args:
        model: A Functional or built Sequential model with one output, compiled with a loss.
        graphs: As for `OneTaskState`.
        compiled: As for `OneTaskState`.
    """

    refuses_non_finite = False

    def __init__(
        self,
        model: keras.Model,
        graphs: TaskGraphs | None = None,
        compiled: keras.Model | None = None,
    ) -> None:
        super().__init__(model, graphs, compiled)
        tracker = loss_tracker(model)
        assert tracker is not None
        self.mean_of_steps = tracker

    def is_of(self, model: keras.Model) -> bool:
        """Return whether the state is of this model, and it is still compiled as it was then.

        A copy of a model may have got the attributes of the original.
        """
        return self.model is model and self.mean_of_steps is loss_tracker(model)

    def is_built_by_keras(self) -> bool:
        """Return whether loss and metrics are made, which Keras does when it first trains."""
        loss, metrics = compiled_loss(self.model), compiled_metrics(self.model)
        return all(one is None or one.built for one in (loss, metrics))

    def check_current(self) -> None:
        """Refuse to go on after a callback has compiled the model anew.

        Raises:
            RuntimeError: The running steps would not notice.
        """
        if not self.is_of(self.model):
            raise RuntimeError(
                f"A callback compiled `{self.model.name}` anew, as `freeze` and `unfreeze` do, and "
                "this training does not know of it. Do so between two calls of `fit`."
            )

    def _objective(self, task: str) -> Objective:
        return ModelObjective(task, self.model)
