"""What Keras keeps private of a compiled model, lent to a model that is trained in its place.

Written against Keras 3.15.
"""

from __future__ import annotations

from typing import Any

import keras

# What `compile` and the strategy of distribution set on a model, and its training only reads.
_COMPILED = (
    "_compile_loss",
    "_compile_metrics",
    "_distribute_strategy",
    "_jit_compile",
    "_loss_tracker",
    "_run_eagerly",
    "compiled",
    "loss",
    "optimizer",
)


class _OfWhole:
    """An attribute of the whole model that `fit` reads and sets through the part."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, part: Any, owner: type | None = None) -> Any:
        return getattr(part.whole, self._name)

    def __set__(self, part: Any, value: Any) -> None:
        setattr(part.whole, self._name, value)


class SharedTraining(keras.Model):
    """A model that is trained in the place of another one, of whose layers it is made.

    Its variables, optimizer, loss and metrics are those of the whole model, so that training it
    trains the whole model, and what callbacks do to the whole model happens to it.

    Args:
        whole: The whole model, compiled.
    """

    stop_training = _OfWhole()
    history = _OfWhole()
    _initial_epoch = _OfWhole()
    _jax_state = _OfWhole()
    _jax_state_synced = _OfWhole()

    def __init__(self, whole: keras.Model) -> None:
        # Keras's constructor sets some of the shared attributes, so they must lead somewhere.
        object.__setattr__(self, "whole", whole)
        super().__init__(dtype=whole.dtype_policy, autocast=False)
        self.whole = whole
        # Past `Model.__setattr__`, which would track the metrics and the optimizer twice.
        self.__dict__.update({name: vars(whole)[name] for name in _COMPILED if name in vars(whole)})
        self.steps_per_execution = whole.steps_per_execution
        self.built = True

    def is_current(self) -> bool:
        """Return whether the whole model is still compiled as it was when this model was made."""
        names = ("_compile_loss", "optimizer")
        return all(vars(self)[name] is vars(self.whole)[name] for name in names)
