"""All formats by name."""

from __future__ import annotations

from keras_mtl.common.registry import Registry
from keras_mtl.serving.formats.export_format import ExportFormat

FORMATS: Registry[ExportFormat] = Registry("format", __package__)
"""`FORMATS.find("onnx")` is the format of this name; `@FORMATS.register` adds one."""
