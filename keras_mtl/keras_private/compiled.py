"""What Keras keeps private of compiled models: losses and metrics of several outputs.

Written against Keras 3.15.
"""

from __future__ import annotations

from typing import Any

import keras
from keras.src.losses.loss import scale_loss_for_distribution
from keras.src.trainers.compile_utils import CompileLoss, CompileMetrics

__all__ = ["CompileLoss", "CompileMetrics", "compile_arguments", "scale_loss_for_distribution"]


def compile_arguments(model: keras.Model) -> dict[str, Any]:
    """What `model.compile` was called with, as given."""
    return dict(model._compile_config.config)
