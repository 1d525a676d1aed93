"""Which columns, or arrays, are the labels of which task."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from keras_mtl.common.near_misses import did_you_mean

Targets = dict[str, tuple[str, ...]]
"""By task the names of its columns: usually one."""

EXAMPLE = '`tasks={"sex": "Male", "hair": ["Black_Hair", "Blond_Hair"]}`'


def named_targets(tasks: Any) -> Targets:
    """Return the columns of each task.

    Args:
        tasks: A dict of the name of a column, or a list of names, by task; a name, or a list of
            names, for tasks that are called as their column is.

    Raises:
        TypeError: It is something else.
        ValueError: There is no task, a task has no column, or has one twice.
    """
    if isinstance(tasks, str):
        tasks = [tasks]
    if isinstance(tasks, list | tuple) and all(isinstance(one, str) for one in tasks):
        tasks = {name: name for name in tasks}
    if not isinstance(tasks, Mapping) or not all(isinstance(task, str) for task in tasks):
        raise TypeError(
            f"`tasks` says which column has the labels of which task, such as {EXAMPLE}. "
            f"Received: {tasks!r}."
        )
    if not tasks:
        raise ValueError(f"`tasks` names no task; give for instance {EXAMPLE}.")
    return {task: _columns(task, given) for task, given in tasks.items()}


def names_of(targets: Targets) -> list[str]:
    """Return the names of all columns of all tasks, each once."""
    return list(dict.fromkeys(name for names in targets.values() for name in names))


def check_by_task(argument: str, given: Any, tasks: Iterable[str]) -> dict[str, Any]:
    """Return a dict of settings by task; None becomes an empty one.

    Raises:
        TypeError: It is no dict.
        ValueError: It names a task that is not there.
    """
    if given is None:
        return {}
    known = list(tasks)
    if not isinstance(given, Mapping):
        raise TypeError(f"`{argument}` is a dict by task, one of {known}. Received: {given!r}.")
    for task in given:
        if task not in known:
            raise ValueError(
                f"`{argument}` is for the tasks {known}. Received: {task!r}."
                f"{did_you_mean(task, known)}"
            )
    return dict(given)


def _columns(task: str, given: Any) -> tuple[str, ...]:
    names = (given,) if isinstance(given, str) else given
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise TypeError(
            f"`tasks[{task!r}]` is the name of a column, or a list of names. Received: {given!r}."
        )
    if not names or len(set(names)) < len(names):
        raise ValueError(
            f"`tasks[{task!r}]` names at least one column, and none twice. Received: {given!r}."
        )
    return tuple(names)
