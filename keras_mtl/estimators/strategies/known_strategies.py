"""All strategies by name."""

from __future__ import annotations

from keras_mtl.common.registry import Registry
from keras_mtl.estimators.strategies.strategy import Strategy

STRATEGIES: Registry[Strategy] = Registry("strategy", __package__)
"""`STRATEGIES.find("frozen")` is the strategy of this name; `@STRATEGIES.register` adds one."""
