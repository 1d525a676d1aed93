"""The settings of Keras in one process, which must be the same in a worker."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import keras

from keras_mtl.errors import WorkerDiffers


def this_process() -> str:
    """Return a text that tells this process from all others, of other machines too."""
    return f"{socket.gethostname()} {os.getpid()}"


@dataclass(frozen=True)
class Surroundings:
    """What decides, beside a model and its data, what Keras computes.

    Attributes:
        backend: Name of the backend.
        keras: Version of Keras.
        policy: Config of the global dtype policy.
        floatx: The default float type.
        image_data_format: Where the channels of pictures are.
        epsilon: The smallest number that is added to denominators.
    """

    backend: str
    keras: str
    policy: Mapping[str, Any]
    floatx: str
    image_data_format: str
    epsilon: float

    @classmethod
    def here(cls) -> Surroundings:
        """Return the settings of this process."""
        return cls(
            keras.config.backend(),
            keras.__version__,
            keras.dtype_policies.serialize(keras.config.dtype_policy()),
            keras.config.floatx(),
            keras.config.image_data_format(),
            keras.config.epsilon(),
        )

    def take_over(self) -> None:
        """Change the settings of this process to these.

        Raises:
            WorkerDiffers: The backend or the version of Keras is another one here.
        """
        here = Surroundings.here()
        for name, sent, found in (
            ("the backend of Keras", self.backend, here.backend),
            ("the version of Keras", self.keras, here.keras),
        ):
            if sent != found:
                raise WorkerDiffers(
                    f"On `{socket.gethostname()}`, where jobs are done, {name} is {found}; in the "
                    f"process that sends them it is {sent}. Start the workers with the same "
                    "packages and the same `KERAS_BACKEND`."
                )
        if asdict(self) == asdict(here):
            return
        keras.config.set_floatx(self.floatx)
        keras.config.set_epsilon(self.epsilon)
        keras.config.set_image_data_format(self.image_data_format)
        keras.config.set_dtype_policy(keras.dtype_policies.deserialize(dict(self.policy)))
