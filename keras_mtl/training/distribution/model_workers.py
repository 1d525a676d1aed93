"""The workers and the devices that a model trains on."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import keras

from keras_mtl.training.distribution.workers import ALONE, Workers


def workers_of(model: keras.Model) -> Workers:
    """Return the workers that train a model together.

    Raises:
        InvalidCluster: The model was made for other workers than those that there are.
        UnsupportedBackend: There is a group of torch processes.
    """
    if keras.config.backend() == "torch":
        from keras_mtl.training.distribution.torch_processes import refuse_several_processes

        refuse_several_processes()
    if keras.config.backend() == "jax":
        from keras_mtl.training.distribution.jax_workers import jax_workers

        return jax_workers(model)
    if keras.config.backend() != "tensorflow":
        return ALONE
    from keras_mtl.training.distribution.tf_workers import tensorflow_workers

    return tensorflow_workers(model.distribute_strategy)


def workers_to_predict(model: keras.Model) -> Workers:
    """Return the workers that predict together: those for which a model was made.

    Processes that only know of each other may predict by themselves, each with its own model.

    Raises:
        InvalidCluster: The model was made for other workers than those that there are.
    """
    if keras.config.backend() != "tensorflow":
        return workers_of(model) if keras.config.backend() == "jax" else ALONE
    from keras_mtl.training.distribution.tf_workers import tensorflow_workers

    return tensorflow_workers(model.distribute_strategy, checked=False)


def predicted(workers: Workers, model: keras.Model, x: Any, *args: Any, **kwargs: Any) -> Any:
    """Return what `keras.Model.predict` does; each worker or device computes some of the rows."""
    from keras_mtl.training.distribution.predicting import predict_together

    return predict_together(workers, model, x, *args, **kwargs)


def num_devices(model: keras.Model) -> int:
    """Return the number of devices that share the rows of a batch in our loop."""
    if keras.config.backend() == "jax":
        return workers_of(model).replicas
    if keras.config.backend() != "tensorflow":
        return 1
    return int(model.distribute_strategy.num_replicas_in_sync)


def scope_of(model: keras.Model) -> AbstractContextManager[Any]:
    """Return the context in which variables are made, and steps run, for all devices of a model."""
    if keras.config.backend() != "tensorflow":
        return nullcontext()
    scope: AbstractContextManager[Any] = model.distribute_strategy.scope()
    return scope
