"""The rates of the layers of a model, and the groups of variables with the same rates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras

from keras_mtl.errors import UnbuiltModel
from keras_mtl.keras_private.optimizers import decays
from keras_mtl.optimizers.layer_depths import depths_of_weights
from keras_mtl.optimizers.layer_multipliers import multipliers_of
from keras_mtl.optimizers.layer_paths import Path, path_of_variable, paths_of_weights
from keras_mtl.optimizers.starting_point_decay import StartingPointDecay


class LayerRate(NamedTuple):
    """What `layerwise` sets for the variables of a layer.

    Attributes:
        multiplier: What the learning rate is multiplied with.
        pull: The strength of weight decay towards the values at the start; 0 for none.
    """

    multiplier: float
    pull: float = 0.0


class LayerGroup(NamedTuple):
    """What updates the variables of layers with the same rates.

    Attributes:
        optimizer: Applies the gradients.
        towards_start: Decays the variables before, or None.
    """

    optimizer: keras.optimizers.Optimizer
    towards_start: StartingPointDecay | None = None


class LayerRates:
    """The multipliers of a `LayerwiseOptimizer`, and its groups of variables.

    Attributes:
        optimizer: The optimizer that was given.
        kind: Its class, as a config of Keras names it.
        config: Its config.
        multipliers: Multipliers by names or patterns of layers.
        decay: What the rate is multiplied with for each layer down from the outputs, or None.
        starting_point: The decay towards the start by names or patterns of layers.
        resolved: Paths and rates of the variables that a saved optimizer trained, or None.
        known: The variables that rates were found for, with them, by the `id` of the variable.
        trained: The trainable variables of the model whose layers were looked up.
        groups: The optimizers of the groups, by their rates.
    """

    def __init__(
        self,
        optimizer: keras.optimizers.Optimizer,
        multipliers: dict[str, float],
        decay: float | None,
        starting_point: dict[str, float],
        resolved: Sequence[Sequence[Any]] | None,
    ) -> None:
        self.optimizer = optimizer
        self.kind = keras.saving.serialize_keras_object(optimizer)
        self.config: dict[str, Any] = self.kind.pop("config")
        self.multipliers = multipliers
        self.decay = decay
        self.starting_point = starting_point
        self.resolved = resolved
        self.known: dict[int, tuple[keras.Variable, LayerRate]] = {}
        self.trained: list[keras.Variable] = []
        self.groups: dict[LayerRate, LayerGroup] = {}

    def of(self, variable: keras.Variable) -> LayerRate:
        """Return the rates of a variable that they were found for."""
        return self.known[id(variable)][1]

    def bind(self, model: keras.Model) -> None:
        """Find the rates of all weights of a model."""
        if not model.weights:
            raise UnbuiltModel(
                f"`{model.name}` has no weights yet, so its layers cannot be looked up. Build it "
                "before: `model.build(input_shape)`."
            )
        weights, paths = zip(*paths_of_weights(model), strict=True)
        depths = {} if self.decay is None else depths_of_weights(model)
        by_depth = [(self.decay or 1.0) ** depths.get(id(weight), 0) for weight in weights]
        self._remember(weights, [
            LayerRate(found.multiplier * further, found.pull)
            for found, further in zip(self._of_paths(paths), by_depth, strict=True)
        ])  # fmt: skip
        self.trained = model.trainable_variables

    def grouped(
        self, variables: Sequence[keras.Variable], owner: keras.optimizers.Optimizer
    ) -> dict[LayerRate, list[keras.Variable]]:
        """Return the variables by their rates, without those whose multiplier is zero.

        Args:
            variables: The variables to train.
            owner: The optimizer that knows which variables do not decay.
        """
        if not self.known:
            self._remember(variables, self._without_model(variables))
        groups: dict[LayerRate, list[keras.Variable]] = {}
        for variable in variables:
            if self.of(variable).pull and not decays(owner, variable):
                self.known[id(variable)] = variable, LayerRate(self.of(variable).multiplier)
            if self.of(variable).multiplier:
                groups.setdefault(self.of(variable), []).append(variable)
        return groups

    def resolved_for(self, variables: Sequence[keras.Variable]) -> list[Sequence[Any]] | None:
        """Return paths and rates of variables, as a config holds them."""
        if not variables:
            return None if self.resolved is None else list(self.resolved)
        return [(variable.path, *self.of(variable)) for variable in variables]

    def _remember(self, variables: Sequence[keras.Variable], rates: Sequence[LayerRate]) -> None:
        pairs = zip(variables, rates, strict=True)
        self.known = {id(variable): (variable, of_layer) for variable, of_layer in pairs}

    def _of_paths(self, paths: Sequence[Path]) -> list[LayerRate]:
        multipliers = multipliers_of(paths, self.multipliers)
        pulls = multipliers_of(paths, self.starting_point, default=0.0)
        return list(map(LayerRate, multipliers, pulls))

    def _without_model(self, variables: Sequence[keras.Variable]) -> list[LayerRate]:
        """Return rates by what a saved optimizer knew, or by the paths of variables."""
        if self.resolved is not None:
            if len(self.resolved) != len(variables):
                raise ValueError(
                    f"The optimizer was saved with multipliers of {len(self.resolved)} variables, "
                    f"and is to train {len(variables)}. Compile with "
                    "`keras_mtl.layerwise(..., model=model)`."
                )
            # By their order: Keras may count the names of inner layers on when it loads a model.
            return [LayerRate(*rates) for _, *rates in self.resolved]
        if self.decay is not None:
            raise ValueError(
                "`decay` follows the graph of the model, which an optimizer is not told by a model "
                "of Keras. Pass it: `keras_mtl.layerwise(..., decay=..., model=model)`."
            )
        return self._of_paths([path_of_variable(variable) for variable in variables])
