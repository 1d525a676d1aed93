"""A static model that an engine runs where the time saved is more than the conversion takes."""

from __future__ import annotations

import logging
import time
from statistics import median
from typing import Any

from keras_mtl.engines.batch_function import BatchFunction
from keras_mtl.engines.engine import Engine
from keras_mtl.engines.engine_function import EngineFunction
from keras_mtl.engines.known_engines import ENGINES
from keras_mtl.engines.static_model import StaticModel
from keras_mtl.errors import EngineMismatch, MissingExtra, NotConvertible, UnsupportedBackend

LOGGER = logging.getLogger("keras_mtl")
MEASURED = 3
"""Batches that Keras runs before anything is decided: the first one compiles the model."""
CONVERSION = 3.0
"""How much longer than the compilation by Keras a conversion takes, the comparison included.
Measured with MobileNetV2: 1.2 times for OpenVINO, 2.6 for ONNX Runtime."""
SAVED = 0.4
"""The fraction of the time of a batch that an engine saves. Measured there: .64 and .4."""
GOES_ON = '`engine="auto"` goes on with Keras. %s'


class FasterFunction(BatchFunction):
    """Runs the first batches by Keras, and the others by an engine if that pays.

    Args:
        static: The model.
        verbose: Whether it is printed what the comparison with Keras has found.
    """

    def __init__(self, static: StaticModel, *, verbose: bool) -> None:
        self._static = static
        self._verbose = verbose
        self._engine: EngineFunction | None = None
        self._candidate = _usable_engine()
        self._decided = False
        self._first = 0.0
        self._later: list[float] = []
        self._seen = self._earlier = 0
        self._total: int | None = None

    def begin(self, total: int | None) -> None:
        """Prepare for another pass.

        Args:
            total: The number of its batches; None if it is not known.
        """
        self._earlier += self._seen
        self._seen = 0
        self._total = total
        if self._engine is not None:
            self._engine.begin(total)
        self._decided = self._candidate is None

    def __call__(self, inputs: Any) -> Any:
        """Return the outputs for a batch."""
        if self._engine is not None:
            try:
                return self._engine(inputs)
            except NotConvertible as error:  # Such as a batch of another shape.
                self._engine = None
                LOGGER.warning(GOES_ON, error)
        start = time.perf_counter()
        outputs = self._static.by_keras(inputs)
        self._note(time.perf_counter() - start)
        if self._candidate is not None and not self._decided and len(self._later) >= MEASURED - 1:
            self._decided = self._total is not None  # Otherwise it is looked at again.
            if self._pays():
                self._start(self._candidate, inputs, outputs)
        return outputs

    def _note(self, seconds: float) -> None:
        self._seen += 1
        if not self._first:
            self._first = seconds
        else:
            self._later.append(seconds)

    def _pays(self) -> bool:
        """Return whether the batches that are left save more than a conversion takes."""
        steady = median(self._later)
        # As many as were seen may come again: in the next shard, call, or part of a stream.
        known = self._seen if self._total is None else self._total - self._seen
        left = max(known, self._earlier)
        return SAVED * steady * left > CONVERSION * max(self._first - steady, 0.0)

    def _start(self, engine: Engine, inputs: Any, expected: Any) -> None:
        """Convert the model, and take the engine if it does its work, faster than Keras."""
        self._candidate = None
        function = EngineFunction(self._static, engine, verbose=self._verbose)
        try:
            function.started(inputs, expected)
            if not function.is_compared:
                LOGGER.warning('`engine="auto"` goes on with Keras, whose values are not finite.')
                return
            start = time.perf_counter()
            function(inputs)
            if time.perf_counter() - start < median(self._later):
                self._engine = function
                function.number = self._seen
        except (NotConvertible, EngineMismatch) as error:
            LOGGER.warning(GOES_ON, error)


def _usable_engine() -> Engine | None:
    """Return the first engine that can be used here; if there is none, log why."""
    reasons = []
    for engine in ENGINES.values():
        try:
            engine.check_usable()
            return engine
        except (MissingExtra, UnsupportedBackend) as error:
            reasons.append(str(error))
    LOGGER.warning('`engine="auto"` uses Keras. %s', reasons[0])
    return None
