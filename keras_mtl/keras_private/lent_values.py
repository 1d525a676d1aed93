"""The values of variables, which Keras's loop on JAX takes off a model while it trains.

Written against Keras 3.15.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras


@contextmanager
def values_kept(model: keras.Model) -> Iterator[None]:
    """Put the values of variables back that an error in the data would lose.

    On JAX, `fit` and `evaluate` of Keras take the values off the variables before they read the
    batches of the first step ahead; after an error in these nothing puts them back, and `evaluate`
    does not after an error in a later batch.
    """
    if keras.config.backend() != "jax" or not model.compiled or model.optimizer is None:
        yield
        return
    optimizer = model.optimizer
    if not optimizer.built:  # Else `fit` makes its variables, whose values would be lost.
        optimizer.build(model.trainable_variables)
    kept = [(variable, variable.value) for variable in (*model.variables, *optimizer.variables)]
    try:
        yield
    finally:
        model.jax_state_sync()  # The values after the last step, if there was one.
        for variable, value in kept:
            if variable._value is None:
                variable.assign(value)
