"""TensorFlow's warnings that Keras's own functions are traced often.

Written against Keras 3.15 and TensorFlow 2.21.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

_MESSAGE = "triggered tf.function retracing"
_OWNER = "TensorFlowTrainer."


@contextmanager
def expected_to_trace() -> Iterator[None]:
    """Silence the warning that the functions of Keras's `fit` and `predict` are traced again.

    TensorFlow counts the traces of a function by its code, which all models share: after five
    models have predicted once each it warns of a loop that nobody wrote. Other functions, such as
    those of a callback, are warned of as always.
    """
    logger = logging.getLogger("tensorflow")
    logger.addFilter(_is_of_interest)
    try:
        yield
    finally:
        logger.removeFilter(_is_of_interest)


def _is_of_interest(record: logging.LogRecord) -> bool:
    message = record.getMessage()
    return _MESSAGE not in message or _OWNER not in message
