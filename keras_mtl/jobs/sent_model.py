"""A model on its way to another process."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np

from keras_mtl.errors import UnsupportedModel
from keras_mtl.estimators.model_archive import from_archive, to_archive
from keras_mtl.jobs.custom_objects import custom_classes, make_known
from keras_mtl.keras_private.layers import seed_states, sublayers


@dataclass(frozen=True)
class SentModel:
    """A model as bytes, and what a file of Keras does not hold of it.

    Attributes:
        archive: The bytes of a `.keras` file.
        classes: Classes of its layers that are not Keras's, by name.
        seeds: The states of its random generators, which begin anew in a loaded model.
    """

    archive: np.ndarray
    classes: dict[str, type]
    seeds: list[np.ndarray]

    @classmethod
    def of(cls, model: keras.Model) -> SentModel:
        """Return what is sent of a model.

        Raises:
            UnsupportedModel: It cannot be saved, so no worker can have it.
        """
        try:
            archive = np.frombuffer(to_archive(model), np.uint8)
        except Exception as error:  # The layers may be the user's.
            raise _cannot_travel(f"be saved: {error}") from error
        seeds = [np.array(keras.ops.convert_to_numpy(state)) for state in _seeds_of(model)]
        return cls(archive, custom_classes(model), seeds)

    def load(self, *, compiled: bool = False) -> keras.Model:
        """Return the model.

        Args:
            compiled: Whether to compile it as it was.

        Raises:
            UnsupportedModel: It cannot be loaded here.
        """
        make_known(self.classes)
        try:
            model = from_archive(self.archive.tobytes(), compiled=compiled)
        except Exception as error:
            raise _cannot_travel(f"be loaded in a worker: {error}") from error
        for state, value in zip(_seeds_of(model), self.seeds, strict=True):
            state.assign(value)
        return model


def _seeds_of(model: keras.Model) -> list[keras.Variable]:
    return [state for layer in sublayers(model) for state in seed_states(layer)]


def _cannot_travel(reason: str) -> UnsupportedModel:
    return UnsupportedModel(
        f"With several jobs each worker loads the network, which cannot {reason}. Pass `n_jobs=1`, "
        "or register what the network is made of by `keras.saving.register_keras_serializable`."
    )
