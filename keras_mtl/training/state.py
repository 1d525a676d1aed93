"""What training keeps of one compiled model from one call of `fit` to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import keras

from keras_mtl.balancing.balancer import Balancer
from keras_mtl.keras_private.compiled import add_compile_argument
from keras_mtl.keras_private.optimizers import trained_variables
from keras_mtl.surgery.fresh_compile import inner_optimizer
from keras_mtl.training.distribution.model_workers import scope_of, workers_of
from keras_mtl.training.distribution.workers import Workers
from keras_mtl.training.objective import Objective
from keras_mtl.training.steps.balanced_updates import balanced_update
from keras_mtl.training.steps.update_rules import UpdateRule, WeightedSum
from keras_mtl.training.task_compiling import TaskArguments, arguments_of_one_task
from keras_mtl.training.task_graphs import TaskGraphs, WholeModel
from keras_mtl.training.task_optimizer import TaskOptimizer, check_known


class TrainingState:
    """What training keeps of a model of several tasks, until the model is compiled again.

    An object of its own, because Keras would take what it holds for layers and weights of the
    model: graphs of tasks, metrics, compiled functions.

    Attributes:
        model: The model: its variables, its optimizer, and how its steps run.
        graphs: The layers of the model by task.
        arguments: Losses, metrics and weights of losses by task, as the model was compiled with;
            of a model that is not compiled yet, those that are known.
        mean_of_steps: The mean of the losses of the steps.
        stopped: The tasks that train no more in this `fit`.
        balancer: What weighs the tasks of a joint step; None for the sum of their losses.
        warned_of_idle_balancer: Whether `fit` has said that the balancer changes nothing.
        update_rule: How the losses of the tasks become one update.
        refuses_non_finite: Whether a loss that is NaN or infinite changes nothing and ends the run.
        trains_on_features: Whether the inputs are features that this process has computed.
    """

    refuses_non_finite = True
    trains_on_features = False

    def __init__(self, model: keras.Model, graphs: TaskGraphs, arguments: TaskArguments) -> None:
        self.model = model
        self.graphs = graphs
        self.arguments = arguments
        self.stopped: set[str] = set()
        self.balancer: Balancer | None = None
        self.warned_of_idle_balancer = False
        self.update_rule: UpdateRule = WeightedSum()
        self._objectives: dict[str, Objective] = {}
        self._functions: dict[Any, Any] = {}
        with self.scope():
            self.mean_of_steps = keras.metrics.Mean(name="loss")

    def use_balancer(self, balancer: Balancer) -> None:
        """Weigh the tasks by a balancer for these tasks, from its first state on."""
        layers = self.graphs.shared_layers()
        shared = [variable for layer in layers for variable in layer.trainable_variables]
        self.balancer = balancer
        with self.scope():
            self.update_rule = balanced_update(balancer, shared)

    @property
    def tasks(self) -> tuple[str, ...]:
        """The names of the tasks."""
        return self.graphs.tasks

    @property
    def objectives(self) -> dict[str, Objective]:
        """The loss and metrics of each task."""
        if not self._objectives:
            with self.scope():
                self._objectives = {task: self._objective(task) for task in self.tasks}
        return self._objectives

    def results(self, tasks: Sequence[str] | None = None) -> dict[str, dict[str, Any]]:
        """Return the values of the metrics in groups, see `grouped`.

        The values of some tasks are known before the others have seen any data.
        """
        by_task = {task: self.objectives[task].result() for task in tasks or self.tasks}
        return self.grouped(self.mean_of_steps.result(), by_task)

    def grouped(
        self, loss: Any, by_task: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, dict[str, Any]]:
        """Return values by the prefixes of their names in logs.

        Args:
            loss: The value of all tasks together, in the group without a prefix.
            by_task: The values of each task, whose name is the prefix.
        """
        return {"": {"loss": loss}, **{task: dict(values) for task, values in by_task.items()}}

    def step_weight(self, rows: Any) -> Any:
        """Return how much a step of so many rows counts in `mean_of_steps`; None for 1."""
        del rows

    def loss_weight(self, task: str) -> float:
        """Return what the loss of a task is multiplied with in a step."""
        weight = self.arguments["loss_weights"].get(task)
        return 1.0 if weight is None else float(keras.ops.convert_to_numpy(weight))

    def set_loss_weights(self, weights: Mapping[str, float]) -> None:
        """Multiply the losses of some tasks with other weights, from the next `fit` on.

        The model is saved with them. Nothing changes for a task that has its weight already.
        """
        changed = {task: one for task, one in weights.items() if self.loss_weight(task) != one}
        for task, weight in changed.items():
            before = self.arguments["loss_weights"].get(task)
            if isinstance(before, keras.Variable):
                before.assign(weight)
                continue
            self.arguments["loss_weights"] = {**self.arguments["loss_weights"], task: weight}
            if task in self._objectives:
                self._objectives[task].weight = weight
            self._functions.clear()  # Compiled steps hold the weight as a constant.
        if changed:
            add_compile_argument(self.model, "loss_weights", dict(self.arguments["loss_weights"]))

    def compiled_function(self, key: str, make: Callable[[], Any]) -> Any:
        """Return a function that outlives one `fit`, until the model is compiled again.

        Args:
            key: Tells it from others, besides the variables that train.
            make: Makes the function.
        """
        trained = tuple(id(variable) for variable in self.model.trainable_variables)
        if (key, trained) not in self._functions:
            self._functions[key, trained] = make()
        return self._functions[key, trained]

    def scope(self) -> AbstractContextManager[Any]:
        """Return the context in which variables are made, and steps run, for all replicas."""
        return scope_of(self.model)

    @property
    def workers(self) -> Workers:
        """The processes that train the model together."""
        return workers_of(self.model)

    @property
    def part_optimizer(self) -> TaskOptimizer | None:
        """The optimizer that knows the parts of the model; None for an optimizer of Keras."""
        optimizer: TaskOptimizer = inner_optimizer(self.model.optimizer)
        return optimizer

    def updating(self, parts: Mapping[str, Any]) -> AbstractContextManager[None]:
        """Return a context in which the optimizer leaves some parts of the model alone.

        Args:
            parts: Whether a part is updated, by name; the other parts always are.
        """
        if not parts or self.part_optimizer is None:
            return nullcontext()
        return self.part_optimizer.only(parts)

    def check_current(self) -> None:
        """Refuse to go on after a callback has compiled the model anew."""

    def check_variables(self) -> None:
        """Refuse variables that began to train after `compile`.

        Raises:
            ValueError: There are such variables.
        """
        check_known(self._optimized_variables(), self.model.trainable_variables)

    def _optimized_variables(self) -> list[keras.Variable] | None:
        """Return what the optimizer can train; None if it has not been built for anything yet."""
        assert self.part_optimizer is not None
        return self.part_optimizer.bound_variables

    def _objective(self, task: str) -> Objective:
        arguments = self.arguments
        return Objective(
            task,
            arguments["loss"][task],
            arguments["metrics"].get(task),
            arguments["weighted_metrics"].get(task),
            arguments["loss_weights"].get(task),
        )


class OneTaskState(TrainingState):
    """What training keeps of a model of one task, whose logs have the names that Keras gives them.

    Args:
        model: A compiled Functional or built Sequential model with one output.
        graphs: Its graph, where it is a model of another kind.
        compiled: The model that was compiled, where it is trained in the place of another one.

    Raises:
        UnsupportedModel: It has several outputs, or none that is known before it is called.
        ValueError: It is not compiled.
    """

    def __init__(
        self,
        model: keras.Model,
        graphs: TaskGraphs | None = None,
        compiled: keras.Model | None = None,
    ) -> None:
        compiled = compiled or model
        if not compiled.compiled:
            raise ValueError(f"`{compiled.name}` is not compiled: call `compile` with its loss.")
        graphs = graphs or WholeModel(model)
        super().__init__(model, graphs, arguments_of_one_task(compiled, *graphs.tasks))

    def grouped(
        self, loss: Any, by_task: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, dict[str, Any]]:
        """Return the values without a prefix; the loss includes what regularisation adds."""
        (values,) = by_task.values()
        return {"": {**values, "loss": loss}}

    def step_weight(self, rows: Any) -> Any:
        """Return the number of rows, by which Keras weights its mean of the loss."""
        return rows

    @property
    def part_optimizer(self) -> None:
        """None, because the model has an optimizer of Keras without parts."""

    def _optimized_variables(self) -> list[keras.Variable] | None:
        optimizer = inner_optimizer(self.model.optimizer)
        return trained_variables(optimizer) if optimizer.built else None
