"""Several JAX processes, over which training is not synchronised."""

from __future__ import annotations

import jax
import keras

from keras_mtl.errors import UnsupportedBackend


def refuse_several_processes() -> None:
    """Refuse to train or score on devices of several processes.

    Without a distribution of Keras each process has a model of its own, which is allowed.

    Raises:
        UnsupportedBackend: There are several, and Keras distributes over their devices.
    """
    # Steps are fed arrays of one process, so each would train on its own batches.
    if jax.process_count() > 1 and keras.distribution.distribution() is not None:
        raise UnsupportedBackend(
            f"Under `{type(keras.distribution.distribution()).__name__}` training on JAX is not "
            f"synchronised between processes, and there are {jax.process_count()}. Use the devices "
            "of one process, or TensorFlow with `tf.distribute.MultiWorkerMirroredStrategy`."
        )
