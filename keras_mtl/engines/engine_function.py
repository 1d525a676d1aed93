"""A static model that an engine runs."""

from __future__ import annotations

import time
from typing import Any

import keras
import numpy as np

from keras_mtl.common.complaints import on_one_line
from keras_mtl.common.hidden_output import hidden_output
from keras_mtl.engines.batch_function import BatchFunction
from keras_mtl.engines.engine import Engine
from keras_mtl.engines.network import Network
from keras_mtl.engines.network_maker import check_numbers, network_of
from keras_mtl.engines.parity import TOLERANCE, largest_difference
from keras_mtl.engines.static_model import StaticModel
from keras_mtl.errors import EngineMismatch, NotConvertible
from keras_mtl.serving.formats.export_format import Running


class EngineFunction(BatchFunction):
    """Runs a static model by an engine, once it has compared the two on the first batch.

    Args:
        static: The model.
        engine: The engine, which is installed.
        verbose: Whether it is printed what the comparison has found.
        advice: How errors end: what to do instead.

    Attributes:
        is_compared: Whether the engine gave what Keras gives; not yet where that was not finite.
        number: The number of the next batch in its pass, from 0.
    """

    def __init__(
        self, static: StaticModel, engine: Engine, *, verbose: bool, advice: str = ""
    ) -> None:
        self._static = static
        self._engine = engine
        self._verbose = verbose
        self._advice = advice
        self.is_compared = False
        self.number = 0
        self._running: Running | None = None
        self._network: Network | None = None
        self._structure: Any = None

    def begin(self, total: int | None) -> None:
        """Prepare for another pass."""
        self.number = 0

    def __call__(self, inputs: Any) -> Any:
        """Return the outputs for a batch.

        Raises:
            NotConvertible: The engine lacks something that the model computes, or cannot run a
                batch that comes later, such as one of another shape.
            EngineMismatch: What it gives differs from what Keras gives.
        """
        outputs = self._run_later(inputs) if self.is_compared else self.started(inputs)
        self.number += 1
        return outputs

    def started(self, inputs: Any, expected: Any = None) -> Any:
        """Convert the model, and return the outputs for the first batch.

        Args:
            inputs: The batch.
            expected: What Keras gives for it, if that is known.

        Raises:
            NotConvertible: The engine lacks something that the model computes.
            EngineMismatch: What it gives differs from what Keras gives.
        """
        if expected is None:
            expected = self._static.by_keras_once(inputs)
        self._structure = keras.tree.map_structure(lambda _: None, expected)
        start = time.perf_counter()
        actual = self._converted_outputs(inputs)
        seconds = time.perf_counter() - start
        difference = self._checked_difference(expected, actual)
        if self._verbose and keras.config.is_interactive_logging_enabled():
            print(
                f"{self._engine.title} {self._engine.version} runs `{self._static.name}`, converted"
                f" in {seconds:.1f} s. On the first batch it differs from Keras by "
                f"{difference:.1e} of the largest number; {TOLERANCE:.0e} is allowed."
            )
        return actual

    def _converted_outputs(self, inputs: Any) -> Any:
        """Return what the engine gives, which compiles some networks when they run first."""
        try:
            with hidden_output():
                if self._running is None:
                    self._convert()
                return self._run(inputs)
        except MemoryError:
            raise
        except Exception as error:  # Errors of converters have no common class.
            self._running = None
            raise self._not_converted(error, self._network) from error

    def _convert(self) -> None:
        static = self._static
        check_numbers(static.inputs, static.layers)
        self._network = network_of(static.model, static.inputs)
        self._running = self._engine.load(self._network)

    def _not_converted(self, error: Exception, network: Network | None) -> NotConvertible:
        said = _said_by(error)
        if network is not None:
            layer = network.user_of(str(error))
            said = f"the layer `{layer}`. {said}" if layer else said
        return NotConvertible(
            f'`{self._static.name}` cannot be converted for `engine="{self._engine.name}"`: {said}'
            f"{self._advice}"
        )

    def _run_later(self, inputs: Any) -> Any:
        """Return what the engine gives, which compiles some networks anew for another shape."""
        try:
            return self._run(inputs)
        except MemoryError:
            raise
        except Exception as error:  # Errors of engines have no common class.
            shapes = [tuple(array.shape) for array in keras.tree.flatten(inputs)]
            raise NotConvertible(
                f'`engine="{self._engine.name}"` cannot run batch {self.number} (counted from 0), '
                f"of the shape {', '.join(map(str, shapes))}, through `{self._static.name}`: "
                f"{_said_by(error)}{self._advice}"
            ) from error

    def _run(self, inputs: Any) -> Any:
        network, running = self._network, self._running
        assert network is not None and running is not None
        arrays = network.by_name(keras.tree.flatten(inputs))
        outputs = running.outputs(arrays, network.outputs)
        flat = [outputs[name] for name in network.outputs]
        return keras.tree.pack_sequence_as(self._structure, flat)

    def _checked_difference(self, expected: Any, actual: Any) -> float:
        """Return the difference; raise if it is too large, unless Keras's own are no numbers."""
        parts = self._static.parts_of(expected)
        difference = largest_difference(parts, self._static.parts_of(actual))
        self.is_compared = all(np.isfinite(part).all() for part in parts)
        if self.is_compared and difference > TOLERANCE:
            self.is_compared = False
            self._running = None
            raise EngineMismatch(
                f'`engine="{self._engine.name}"` does not give what Keras gives for '
                f"`{self._static.name}`: on the first batch the largest difference is "
                f"{difference:.1e} of the largest number, and {TOLERANCE:.0e} is allowed."
                f"{self._advice}"
            )
        return difference


def _said_by(error: Exception) -> str:
    """Return the message of an error as a sentence, with its class unless it is one of ours."""
    said = on_one_line(error).rstrip(".") + "."
    return said if isinstance(error, NotConvertible) else f"{type(error).__name__}: {said}"
