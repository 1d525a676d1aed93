"""Outputs of a model whose rows several devices of JAX share, of one process or of several."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import keras

from keras_mtl.batches.batch import Batch
from keras_mtl.training.distribution.jax_devices import JaxDevices
from keras_mtl.training.distribution.jax_rows import compiled_over
from keras_mtl.training.distribution.jax_values import changed

_COMPILED: weakref.WeakKeyDictionary[keras.Model, Callable[..., Any]] = weakref.WeakKeyDictionary()
"""The compiled functions of models, which would be traced again at each call."""


def outputs_of(workers: JaxDevices, model: keras.Model) -> Callable[[Any], Any]:
    """Return a function from the inputs of a batch to its outputs, the same on all workers."""
    if model not in _COMPILED:
        reference = weakref.ref(model)

        def forward(values: Any, batches: Any) -> Any:
            own = reference()
            assert own is not None
            variables = own.variables
            with keras.StatelessScope(list(zip(variables, values, strict=True))) as scope:
                outputs = own(batches["x"].x, training=False)
            new = [scope.get_current_value(variable) for variable in variables]
            return outputs, changed(values, new)

        _COMPILED[model] = compiled_over(workers, forward)
    compiled = _COMPILED[model]

    def compute(inputs: Any) -> Any:
        # As labels too, by which the rows are counted.
        batch = Batch(inputs, keras.tree.flatten(inputs)[0])
        variables = model.variables
        outputs, changes = compiled([variable.value for variable in variables], {"x": batch})
        for index, value in changes.items():  # Such as the seeds of layers that draw.
            variables[index].assign(value)
        return outputs

    return compute
