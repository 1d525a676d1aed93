"""An optimizer whose learning rate differs from layer to layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from keras_mtl.keras_private.optimizers import (
    applied_updates,
    clipped,
    decays,
    trained_variables,
    with_gradients,
)
from keras_mtl.optimizers.layer_rates import LayerGroup, LayerRate, LayerRates
from keras_mtl.optimizers.part_copies import carry_exclusions, copy_for_part
from keras_mtl.optimizers.part_rates import PartRate, rate_of
from keras_mtl.optimizers.starting_point_decay import StartingPointDecay


@keras.saving.register_keras_serializable("keras_mtl")
class LayerwiseOptimizer(keras.optimizers.Optimizer):
    """An `Optimizer` that multiplies the learning rate layer by layer; `layerwise` makes it.

    The variables with the same multiplier are updated by a copy of the optimizer whose rate is the
    multiplier times `learning_rate`, its weight decay included. Variables with multiplier zero are
    left out, as if they were not trainable. Variables with a `starting_point` decay towards the
    values that they had at the first step, and not towards zero.

    Args:
        optimizer: The optimizer to copy. It is not changed.
        multipliers: Multipliers by names or patterns of layers.
        decay: What the rate is multiplied with for each layer down from the outputs, or None.
        starting_point: The decay towards the start by names or patterns of layers.
        learning_rate: The learning rate; that of `optimizer` by default.
        resolved: Paths and rates of the variables that were trained when it was saved.
        name: Name of the optimizer.
    """

    def __init__(
        self,
        optimizer: keras.optimizers.Optimizer,
        multipliers: Mapping[str, float] | None = None,
        decay: float | None = None,
        starting_point: Mapping[str, float] | None = None,
        learning_rate: Any = None,
        resolved: Sequence[Sequence[Any]] | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            learning_rate=rate_of(optimizer) if learning_rate is None else learning_rate,
            clipnorm=optimizer.clipnorm,
            clipvalue=optimizer.clipvalue,
            global_clipnorm=optimizer.global_clipnorm,
            loss_scale_factor=optimizer.loss_scale_factor,
            name=name or f"layerwise_{optimizer.name}",
        )
        # Set here, because `Optimizer.build` would make slots that the groups have.
        self.use_ema = optimizer.use_ema
        self.gradient_accumulation_steps = optimizer.gradient_accumulation_steps
        carry_exclusions(optimizer, self)
        # Held by an object that Keras does not track: it would save these variables twice.
        self._rates = LayerRates(
            optimizer, dict(multipliers or {}), decay, dict(starting_point or {}), resolved
        )

    def bind(self, model: keras.Model) -> None:
        """Look up the names of layers in a model. An optimizer that is built stays as it is.

        Raises:
            LayerNotFound: A pattern matches no layer with weights.
            UnbuiltModel: The model has no weights yet.
            ValueError: Two patterns with different multipliers match the same layer.
            UnsupportedModel: There is a `decay`, and the model is no graph of layers.
        """
        if not self.built:
            self._rates.bind(model)

    def bind_like(self, other: LayerwiseOptimizer) -> None:
        """Use the multipliers of the variables that another optimizer has looked up."""
        self._rates.known = dict(other._rates.known)

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Make the optimizers of the groups of variables, and their slots."""
        if self.built:
            return
        for of_layer, own in self._rates.grouped(variables, self).items():
            self._rates.groups[of_layer] = self._group(of_layer, own)
        own_slots = self.use_ema, self.gradient_accumulation_steps
        self.use_ema, self.gradient_accumulation_steps = False, None
        super().build(list(variables))
        self.use_ema, self.gradient_accumulation_steps = own_slots

    @property
    def variables(self) -> list[keras.Variable]:
        """The count of steps, the learning rate, and the variables of the groups."""
        return [*super().variables, *(v for one in self.slot_holders() for v in one.variables)]

    def groups(self) -> list[keras.optimizers.Optimizer]:
        """Return the optimizers that apply gradients, once it is built."""
        return [group.optimizer for group in self._rates.groups.values()]

    def slot_holders(self) -> list[keras.optimizers.Optimizer]:
        """Return the optimizers that hold slots, once it is built."""
        return [one for group in self._rates.groups.values() for one in group if one is not None]

    def template(self) -> keras.optimizers.Optimizer:
        """Return the optimizer as it was given; its learning rate is not the current one."""
        return self._rates.optimizer

    def multiplier_of(self, variable: keras.Variable) -> float:
        """Return the multiplier of a variable that the optimizer was bound or built for."""
        return self._rates.of(variable).multiplier

    def starting_point_of(self, variable: keras.Variable) -> float:
        """Return the strength of the decay of a variable towards its value at the start."""
        return self._rates.of(variable).pull

    def apply(self, grads: Sequence[Any], trainable_variables: Any = None) -> None:
        """Update the variables that have a gradient and a multiplier above zero."""
        targets = trainable_variables
        if targets is None:
            targets = trained_variables(self)
        self.build(targets)
        self._check_known(targets)
        pairs = zip(grads, targets, strict=True)
        moving = [(grad, variable) for grad, variable in pairs if self.multiplier_of(variable)]
        if moving:
            self._apply_by_group(*zip(*moving, strict=True))
        applied_updates(self).assign_add(1)

    def finalize_variable_values(self, var_list: Sequence[keras.Variable]) -> None:
        """Replace weights by their moving averages, if the optimizer keeps some."""
        for group in self.groups():
            group.finalize_variable_values(trained_variables(group))

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set the values of `variables`."""
        for variable, weight in zip(self.variables, weights, strict=True):
            variable.assign(weight)

    def get_config(self) -> dict[str, Any]:
        """Return the config of the optimizer given, at the current rate, and the multipliers."""
        rates = self._rates
        own = super().get_config()
        return {
            **rates.config,
            **{key: own[key] for key in ("name", "learning_rate", "loss_scale_factor")},
            "optimizer": rates.kind,
            "multipliers": rates.multipliers,
            "decay": rates.decay,
            "starting_point": rates.starting_point,
            "resolved": rates.resolved_for(trained_variables(self) or rates.trained),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> LayerwiseOptimizer:
        """Return the optimizer that `get_config` describes, without its state."""
        config = dict(config)
        own = {key: config.pop(key) for key in ("multipliers", "decay", "resolved", "name")}
        own["starting_point"] = config.pop("starting_point", None)  # Older files have none.
        kind, rate = config.pop("optimizer"), config.pop("learning_rate")
        revive = keras.saving.deserialize_keras_object
        if isinstance(rate, dict):
            rate = revive(rate, custom_objects)
        # Only `LayerwiseOptimizer` uses the rate, which may be the rate of a part of a model.
        optimizer = revive({**kind, "config": {**config, "learning_rate": 0.0}}, custom_objects)
        return cls(optimizer, **own, learning_rate=rate)

    def _check_known(self, variables: Sequence[keras.Variable]) -> None:
        """Refuse variables that have no slots, as every optimizer of Keras does."""
        known = set(map(id, trained_variables(self)))
        new = [variable.path for variable in variables if id(variable) not in known]
        if new:
            raise ValueError(
                f"The optimizer was not built for {len(new)} of the variables, such as `{new[0]}`. "
                "Call `compile` again after changing what trains."
            )

    def _apply_by_group(
        self, gradients: Sequence[Any], variables: Sequence[keras.Variable]
    ) -> None:
        found, variables = with_gradients(self, gradients, variables)
        if self.loss_scale_factor is not None:
            found = [gradient / self.loss_scale_factor for gradient in found]
        if not self.gradient_accumulation_steps:
            found = clipped(self, found)
        by_variable = {id(v): grad for v, grad in zip(variables, found, strict=True)}
        for optimizer, towards_start in self._rates.groups.values():
            own = [v for v in trained_variables(optimizer) if id(v) in by_variable]
            if not own:
                continue
            if towards_start is not None:
                towards_start.decay(own)
            optimizer.apply([by_variable[id(v)] for v in own], own)

    def _group(self, of_layer: LayerRate, variables: list[keras.Variable]) -> LayerGroup:
        """Return the optimizers of a group of variables, built."""
        rate = PartRate(self, ratio=of_layer.multiplier)
        name = f"{self.name}_times_{of_layer.multiplier:g}"
        optimizer = copy_for_part(self._rates.optimizer, self._rates.config, rate, name)
        carry_exclusions(self, optimizer)
        optimizer.build(variables)
        # Decay to zero would undo the pull. Without a variable to decay Keras fails on torch.
        if of_layer.pull or not any(decays(self, variable) for variable in variables):
            optimizer.weight_decay = None
        if not of_layer.pull:
            return LayerGroup(optimizer)
        accumulated = optimizer.gradient_accumulation_steps
        towards_start = StartingPointDecay(rate, of_layer.pull, accumulated, f"{name}_start")
        towards_start.build(variables)
        return LayerGroup(optimizer, towards_start)


def look_up_layers(optimizer: Any, model: keras.Model) -> None:
    """Let an optimizer look up its layers in the model that it is to train.

    Args:
        optimizer: The argument of `compile`; nothing happens if `layerwise` did not make it.
        model: The model.
    """
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        optimizer = optimizer.inner_optimizer
    if isinstance(optimizer, LayerwiseOptimizer):
        optimizer.bind(model)
