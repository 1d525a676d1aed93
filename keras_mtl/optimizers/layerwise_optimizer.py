"""An optimizer whose learning rate differs from layer to layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from keras_mtl.errors import UnbuiltModel
from keras_mtl.keras_private.optimizers import (
    applied_updates,
    clipped,
    trained_variables,
    with_gradients,
)
from keras_mtl.optimizers.layer_depths import depths_of_weights
from keras_mtl.optimizers.layer_multipliers import multipliers_of
from keras_mtl.optimizers.layer_paths import path_of_variable, paths_of_weights
from keras_mtl.optimizers.part_copies import carry_exclusions, copy_for_part
from keras_mtl.optimizers.part_rates import PartRate, rate_of


@keras.saving.register_keras_serializable("keras_mtl")
class LayerwiseOptimizer(keras.optimizers.Optimizer):
    """An `Optimizer` that multiplies the learning rate layer by layer; `layerwise` makes it.

    The variables with the same multiplier are updated by a copy of the optimizer whose rate is the
    multiplier times `learning_rate`, its weight decay included. Variables with multiplier zero are
    left out, as if they were not trainable.

    Args:
        optimizer: The optimizer to copy. It is not changed.
        multipliers: Multipliers by names or patterns of layers.
        decay: What the rate is multiplied with for each layer down from the outputs, or None.
        learning_rate: The learning rate; that of `optimizer` by default.
        resolved: Paths and multipliers of the variables that were trained when it was saved.
        name: Name of the optimizer.
    """

    def __init__(
        self,
        optimizer: keras.optimizers.Optimizer,
        multipliers: Mapping[str, float] | None = None,
        decay: float | None = None,
        learning_rate: Any = None,
        resolved: Sequence[tuple[str, float]] | None = None,
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
        self._rates = LayerRates(optimizer, dict(multipliers or {}), decay, resolved)

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
        for multiplier, own in self._rates.grouped(variables).items():
            rate, name = PartRate(self, ratio=multiplier), f"{self.name}_times_{multiplier:g}"
            group = copy_for_part(self._rates.optimizer, self._rates.config, rate, name)
            carry_exclusions(self, group)
            group.build(own)
            self._rates.groups[multiplier] = group
        own_slots = self.use_ema, self.gradient_accumulation_steps
        self.use_ema, self.gradient_accumulation_steps = False, None
        super().build(list(variables))
        self.use_ema, self.gradient_accumulation_steps = own_slots

    @property
    def variables(self) -> list[keras.Variable]:
        """The count of steps, the learning rate, and the variables of the groups."""
        return [*super().variables, *(v for one in self.groups() for v in one.variables)]

    def groups(self) -> list[keras.optimizers.Optimizer]:
        """Return the optimizers that hold the slots, once it is built."""
        return list(self._rates.groups.values())

    def template(self) -> keras.optimizers.Optimizer:
        """Return the optimizer as it was given; its learning rate is not the current one."""
        return self._rates.optimizer

    def multiplier_of(self, variable: keras.Variable) -> float:
        """Return the multiplier of a variable that the optimizer was bound or built for."""
        return self._rates.known[id(variable)][1]

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
            "resolved": rates.resolved_for(trained_variables(self) or rates.trained),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> LayerwiseOptimizer:
        """Return the optimizer that `get_config` describes, without its state."""
        config = dict(config)
        own = {key: config.pop(key) for key in ("multipliers", "decay", "resolved", "name")}
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
        for group in self.groups():
            own = [v for v in trained_variables(group) if id(v) in by_variable]
            if own:
                group.apply([by_variable[id(v)] for v in own], own)


class LayerRates:
    """The multipliers of a `LayerwiseOptimizer`, and its groups of variables.

    Attributes:
        optimizer: The optimizer that was given.
        kind: Its class, as a config of Keras names it.
        config: Its config.
        multipliers: Multipliers by names or patterns of layers.
        decay: What the rate is multiplied with for each layer down from the outputs, or None.
        resolved: Paths and multipliers of the variables that a saved optimizer trained, or None.
        known: The variables that a multiplier was found for, with it, by the `id` of the variable.
        trained: The trainable variables of the model whose layers were looked up.
        groups: The optimizers of the groups, by multiplier.
    """

    def __init__(
        self,
        optimizer: keras.optimizers.Optimizer,
        multipliers: dict[str, float],
        decay: float | None,
        resolved: Sequence[tuple[str, float]] | None,
    ) -> None:
        self.optimizer = optimizer
        self.kind = keras.saving.serialize_keras_object(optimizer)
        self.config: dict[str, Any] = self.kind.pop("config")
        self.multipliers = multipliers
        self.decay = decay
        self.resolved = resolved
        self.known: dict[int, tuple[keras.Variable, float]] = {}
        self.trained: list[keras.Variable] = []
        self.groups: dict[float, keras.optimizers.Optimizer] = {}

    def bind(self, model: keras.Model) -> None:
        """Find the multipliers of all weights of a model."""
        if not model.weights:
            raise UnbuiltModel(
                f"`{model.name}` has no weights yet, so its layers cannot be looked up. Build it "
                "before: `model.build(input_shape)`."
            )
        weights, paths = zip(*paths_of_weights(model), strict=True)
        depths = {} if self.decay is None else depths_of_weights(model)
        self._remember(weights, [
            multiplier * (self.decay or 1.0) ** depths.get(id(weight), 0)
            for weight, multiplier in zip(
                weights, multipliers_of(paths, self.multipliers), strict=True
            )
        ])  # fmt: skip
        self.trained = model.trainable_variables

    def grouped(self, variables: Sequence[keras.Variable]) -> dict[float, list[keras.Variable]]:
        """Return the variables by multiplier, without those whose multiplier is zero."""
        if not self.known:
            self._remember(variables, self._without_model(variables))
        groups: dict[float, list[keras.Variable]] = {}
        for variable in variables:
            multiplier = self.known[id(variable)][1]
            if multiplier:
                groups.setdefault(multiplier, []).append(variable)
        return groups

    def resolved_for(self, variables: Sequence[keras.Variable]) -> list[tuple[str, float]] | None:
        """Return paths and multipliers of variables, as a config holds them."""
        if not variables:
            return None if self.resolved is None else list(self.resolved)
        return [(variable.path, self.known[id(variable)][1]) for variable in variables]

    def _remember(self, variables: Sequence[keras.Variable], multipliers: Sequence[float]) -> None:
        pairs = zip(variables, multipliers, strict=True)
        self.known = {id(variable): (variable, multiplier) for variable, multiplier in pairs}

    def _without_model(self, variables: Sequence[keras.Variable]) -> list[float]:
        """Return multipliers by what a saved optimizer knew, or by the paths of variables."""
        if self.resolved is not None:
            if len(self.resolved) != len(variables):
                raise ValueError(
                    f"The optimizer was saved with multipliers of {len(self.resolved)} variables, "
                    f"and is to train {len(variables)}. Compile with "
                    "`keras_mtl.layerwise(..., model=model)`."
                )
            # By their order: Keras may count the names of inner layers on when it loads a model.
            return [multiplier for _, multiplier in self.resolved]
        if self.decay is not None:
            raise ValueError(
                "`decay` follows the graph of the model, which an optimizer is not told by a model "
                "of Keras. Pass it: `keras_mtl.layerwise(..., decay=..., model=model)`."
            )
        return multipliers_of([path_of_variable(v) for v in variables], self.multipliers)


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
