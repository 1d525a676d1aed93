"""What a call in inference mode may change in a model, put back afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras

from keras_mtl.finetuning.variables_kept import variables_kept
from keras_mtl.keras_private.layers import global_seed_kept, seed_states, sublayers
from keras_mtl.surgery.layer_copies import memory


@contextmanager
def state_kept(model: keras.Model) -> Iterator[None]:
    """Put back what stateful recurrent layers remember, and the seeds.

    Recurrent dropout draws its masks in inference too (not on torch), and leaves them unused.
    """
    layers = sublayers(model)
    variables = [v for layer in layers for v in (*memory(layer), *seed_states(layer))]
    with global_seed_kept(), variables_kept(variables):
        yield
