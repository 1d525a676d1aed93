"""Checks of the names of tasks."""

from __future__ import annotations

import re
from collections.abc import Iterable

from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.errors import TaskNotFound

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def check_task(name: str, tasks: Iterable[str], *, where: str) -> str:
    """Return the name if there is such a task.

    Args:
        name: The name.
        tasks: The names of all tasks.
        where: Where the name was given, as a phrase: "The schedule".

    Raises:
        TaskNotFound: There is no such task.
    """
    names = list(tasks)
    if isinstance(name, str) and name in names:
        return name
    raise TaskNotFound(
        f"{where} names the task {name!r}; the tasks are {names}.{did_you_mean(name, names)}"
    )


def check_new_task(name: object, taken: Iterable[str]) -> None:
    """Refuse a name that a new task cannot have.

    Args:
        name: The name.
        taken: Names of the trunk, the inputs and other tasks.

    Raises:
        ValueError: It cannot be the name of a layer, or is taken.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        near = re.sub(r"[^A-Za-z0-9_.-]+", "_", str(name)).lstrip("_-")
        hint = f" How about {near!r}?" if near and isinstance(name, str) else ""
        raise ValueError(
            "The name of a task is also the name of a layer: letters from a to z, digits, `_`, `.` "
            f"and `-`, beginning with a letter or digit. Received: {name!r}.{hint}"
        )
    names = ["trunk", "loss", "joint", "serving_default", *taken]
    if name in names:
        raise ValueError(f"A task cannot be named {name!r}: {names} are taken.")
    if name.startswith("val_"):
        raise ValueError(f"A task cannot be named {name!r}: logs of validation begin with `val_`.")
