"""What draws from global generators, without a trace of it in these."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np

from keras_mtl.common.global_random import seeded
from keras_mtl.keras_private.layers import global_generator


@contextmanager
def drawing(seed: int, generator: keras.random.SeedGenerator | None = None) -> Iterator[None]:
    """Seed the global generators inside; what they were before comes back afterwards.

    To copy a model draws too, as each layer gets a seed.

    Args:
        seed: The seed of the numbers drawn inside.
        generator: What operations of Keras without a seed draw from; a new one by default.
    """
    own = generator or keras.random.SeedGenerator(seed)
    with seeded(np.random.SeedSequence(seed)), global_generator(own):
        yield
