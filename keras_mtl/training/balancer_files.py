"""What a balancer remembers, in the files that Keras saves a model in."""

from __future__ import annotations

import warnings
from collections.abc import MutableMapping
from typing import Any

import keras

from keras_mtl.keras_private.compiled import writes_h5_config
from keras_mtl.training.state import TrainingState

PREFIX = "balancer_"
"""The names of what a balancer remembers begin with this; those of Keras are numbers."""


def save_balancer(state: TrainingState, store: MutableMapping[str, Any]) -> None:
    """Save what the balancer of a model remembers, if it has one."""
    for name, variable in _variables(state).items():
        store[name] = variable


def without_balancer(store: MutableMapping[str, Any]) -> dict[str, Any]:
    """Return what Keras itself has saved of a model."""
    return {name: store[name] for name in store.keys() if not name.startswith(PREFIX)}  # noqa: SIM118


def load_balancer(state: TrainingState, store: MutableMapping[str, Any]) -> None:
    """Load what a balancer remembered; nothing if the model was saved with another, or without."""
    variables = _variables(state)
    saved = [name for name in store.keys() if name.startswith(PREFIX)]  # noqa: SIM118
    if set(saved) != set(variables):
        return
    for name, variable in variables.items():
        variable.assign(store[name])


def warn_of_h5(state: TrainingState) -> None:
    """Warn that the file that Keras is writing will not hold the balancer of a model."""
    if state.balancer is not None and writes_h5_config():
        warnings.warn(
            f"An `.h5` file does not hold the balancer `{state.balancer}`: save a `.keras` file, "
            "or compile the model with it again once it is loaded.",
            stacklevel=2,
        )


def _variables(state: TrainingState) -> dict[str, keras.Variable]:
    return {f"{PREFIX}{variable.name}": variable for variable in state.update_rule.variables}
