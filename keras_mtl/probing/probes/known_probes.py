"""All probes by name."""

from __future__ import annotations

from keras_mtl.common.registry import Registry
from keras_mtl.probing.probes.probe_method import ProbeMethod

PROBES: Registry[ProbeMethod] = Registry("probe", __package__)
"""`PROBES.find("ridge")` is the probe of this name; `@PROBES.register` adds one."""
