"""The contract of an engine: a library that runs a network faster than the backend of Keras."""

from __future__ import annotations

from abc import ABC, abstractmethod
from importlib import import_module
from importlib.util import find_spec

import keras

from keras_mtl.engines.network import Network
from keras_mtl.engines.network_maker import MAKERS
from keras_mtl.errors import MissingExtra, UnsupportedBackend
from keras_mtl.serving.formats.export_format import Running


class Engine(ABC):
    """A library that runs networks. It has no state.

    Attributes:
        name: What the argument `engine` takes; the name of the library's module.
        title: What messages call it.
        extra: The optional dependencies, by the name under which pip installs them.
        packages: The packages that convert and run a network.
    """

    name: str
    title: str
    extra: str
    packages: tuple[str, ...]

    @property
    def is_installed(self) -> bool:
        """Whether all packages are there."""
        return all(find_spec(package) is not None for package in self.packages)

    @property
    def version(self) -> str:
        """The version of the library."""
        # Not that of a distribution: `onnxruntime-gpu` has the same module.
        return str(import_module(self.name).__version__)

    def check_usable(self) -> None:
        """Refuse to go on if the engine cannot be used here.

        Raises:
            UnsupportedBackend: The graphs of the Keras backend in use cannot be read: OpenVINO and
                torch's exporter to ONNX lack operations of torch that nearly every layer of Keras
                uses (`torch.subtract`), and what JAX compiles is not in a form that they read.
            MissingExtra: A package is missing.
        """
        if keras.backend.backend() not in MAKERS:
            raise UnsupportedBackend(
                f'`engine="{self.name}"` reads the graphs of the Keras backend '
                f"{' or '.join(MAKERS)}. Received: {keras.backend.backend()}; leave `engine` out."
            )
        if not self.is_installed:
            raise MissingExtra(f'`engine="{self.name}"`', self.extra)

    @abstractmethod
    def load(self, network: Network) -> Running:
        """Convert a network and make it ready to run on the processor, in 32-bit floats."""
