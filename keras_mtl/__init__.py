"""Reuse a network that was trained for one task on another task, in Keras 3."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

# Imported now and not when first used: `keras.models.load_model` finds registered classes only
# after the files that define them have been imported, and where a function has the name of its
# file, a later import of the file by another one would put the module in its place.
from keras_mtl.export import export
from keras_mtl.surgery.heads import Head
from keras_mtl.surgery.joined import TransferModel
from keras_mtl.surgery.trunk import Trunk
from keras_mtl.transfer import transfer

if TYPE_CHECKING:
    from keras_mtl import datasets, scores
    from keras_mtl.features.extractor import FeatureExtractor
    from keras_mtl.finetuning.freezing import freeze, unfreeze
    from keras_mtl.surgery.cuts import CutPoint, CutPoints, cut_points
    from keras_mtl.surgery.plain import to_plain
    from keras_mtl.surgery.scratch import from_scratch

__version__ = "0.1.0"

__all__ = [
    "CutPoint",
    "CutPoints",
    "FeatureExtractor",
    "Head",
    "TransferModel",
    "Trunk",
    "cut_points",
    "datasets",
    "export",
    "freeze",
    "from_scratch",
    "scores",
    "to_plain",
    "transfer",
    "unfreeze",
]

_HOMES = {
    "CutPoint": "surgery.cuts",
    "CutPoints": "surgery.cuts",
    "FeatureExtractor": "features.extractor",
    "cut_points": "surgery.cuts",
    "freeze": "finetuning.freezing",
    "from_scratch": "surgery.scratch",
    "to_plain": "surgery.plain",
    "unfreeze": "finetuning.freezing",
}
_MODULES = ("datasets", "scores")


def __getattr__(name: str) -> Any:
    """Import what is used first only then, so that `import keras_mtl` costs what Keras costs."""
    if name in _MODULES:
        return import_module(f"keras_mtl.{name}")
    if name in _HOMES:
        return getattr(import_module(f"keras_mtl.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'keras_mtl' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
