"""Which function runs a static model."""

from __future__ import annotations

from keras_mtl.engines.batch_function import BatchFunction, KerasFunction
from keras_mtl.engines.engine_function import EngineFunction
from keras_mtl.engines.faster_function import FasterFunction
from keras_mtl.engines.known_engines import AUTO, ENGINES, KERAS
from keras_mtl.engines.static_model import StaticModel


def batch_function(static: StaticModel, engine: str, *, verbose: bool = False) -> BatchFunction:
    """Return the function that runs a static model by an engine.

    Args:
        static: The model.
        engine: A checked name, `"keras"` or `"auto"`.
        verbose: Whether it is printed what the comparison with Keras has found.
    """
    if engine == KERAS:
        return KerasFunction(static)
    if engine == AUTO:
        return FasterFunction(static, verbose=verbose)
    return EngineFunction(static, ENGINES[engine], verbose=verbose, advice=OTHERWISE)


OTHERWISE = ' Leave `engine` out, or give `engine="auto"`, which uses Keras then.'


def identity_of(engine: str) -> list[str]:
    """Return what the features of an engine are told by from those of others; Keras's by nothing.

    They are equal to 1e-4 of their scale only, and the same call is to give the same bits.
    """
    if engine == KERAS:
        return []
    known = ENGINES.get(engine)
    return [engine] + ([known.version] if known is not None and known.is_installed else [])
