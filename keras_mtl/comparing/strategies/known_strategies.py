"""All strategies by name."""

from __future__ import annotations

from keras_mtl.common.registry import Registry
from keras_mtl.comparing.strategies.strategy import Strategy

STRATEGIES: Registry[Strategy] = Registry("strategy", __package__)
"""`@STRATEGIES.register` adds the strategies of this folder."""
