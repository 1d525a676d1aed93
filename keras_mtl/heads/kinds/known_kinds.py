"""All kinds of tasks by name."""

from __future__ import annotations

from keras_mtl.common.registry import Registry
from keras_mtl.heads.kinds.task_kind import TaskKind

KINDS: Registry[TaskKind] = Registry("kind", __package__)
"""`KINDS.find("binary")` is the kind of this name; `@KINDS.register` adds one."""
