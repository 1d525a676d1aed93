"""The heads that a model of several tasks is made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import keras

from keras_mtl.errors import HeadMismatch
from keras_mtl.heads.head_like import HeadLike, checked_head
from keras_mtl.heads.placing import put_head
from keras_mtl.heads.task_names import check_new_task


class TaskHeads(ABC):
    """The heads of the tasks of a model that is to be made."""

    @property
    @abstractmethod
    def tasks(self) -> tuple[str, ...]:
        """The names of the tasks."""

    @abstractmethod
    def outputs(self, features: Any) -> dict[str, Any]:
        """Call each head on the symbolic features of the trunk; return the outputs by task."""


class SharedHeads(TaskHeads):
    """Heads that another model has too; they are not copied.

    Args:
        heads: The layers by task.
    """

    def __init__(self, heads: Mapping[str, keras.Layer]) -> None:
        self._heads = dict(heads)

    @property
    def tasks(self) -> tuple[str, ...]:
        """The names of the tasks."""
        return tuple(self._heads)

    def outputs(self, features: Any) -> dict[str, Any]:
        """Call each head on the symbolic features of the trunk; return the outputs by task."""
        return {task: head(features) for task, head in self._heads.items()}


class CopiedHeads(TaskHeads):
    """Heads as users give them, of which copies are used.

    Args:
        heads: By task a number of classes, a `Head`, a layer, a list of layers or a model.
        taken: Names that no task may have, such as that of the trunk.
        inputs: Names of the inputs. A task may have one of them; its head is then named otherwise,
            as Keras wants the names of layers to differ.

    Raises:
        HeadMismatch: Something that was given is no head.
        ValueError: A name cannot be the name of a task, or there are none.
    """

    def __init__(
        self, heads: Mapping[str, HeadLike], taken: Sequence[str], inputs: Sequence[str] = ()
    ) -> None:
        self._heads = checked_heads(heads, taken)
        self._taken = [*taken, *inputs]

    @property
    def tasks(self) -> tuple[str, ...]:
        """The names of the tasks."""
        return tuple(self._heads)

    def outputs(self, features: Any) -> dict[str, Any]:
        """Copy each head and call it on the features; return the outputs by task.

        Raises:
            HeadMismatch: A head does not fit the features.
        """
        outputs = {}
        for task, head in self._heads.items():
            others = self._heads.keys() - {task}
            name = head_name(task, others.union(self._taken))
            outputs[task] = put_head(features, head, name)[1]
        return outputs


def checked_heads(
    heads: Mapping[str, HeadLike], taken: Sequence[str], *, least: int = 1
) -> dict[str, keras.Layer | Sequence[keras.Layer]]:
    """Return the heads that were given by task; numbers of classes become heads.

    Args:
        heads: What was given.
        taken: Names that no task may have.
        least: The smallest number of heads.

    Raises:
        HeadMismatch: Something that was given is no head.
        ValueError: They are no dict by task or too few, or a name cannot be the name of a task.
    """
    if not isinstance(heads, Mapping) or len(heads) < least:
        raise ValueError(
            f'`heads` gives each task its head, such as `{{"sex": 2, "hair": 5}}`. Received: '
            f"{heads!r}."
        )
    for name in heads:
        check_new_task(name, taken)
    return {name: head_of_task(name, head) for name, head in heads.items()}


def head_of_task(name: str, head: HeadLike) -> keras.Layer | Sequence[keras.Layer]:
    """Return the head that was given for a task; a number of classes becomes a `Head`.

    Raises:
        HeadMismatch: It is no head, or None.
    """
    checked = checked_head(head)
    if checked is None:
        raise HeadMismatch(f"The head of the task {name!r} is None; give its last layers.")
    return checked


def task_heads(
    heads: Mapping[str, HeadLike] | TaskHeads, taken: Sequence[str], inputs: Sequence[str] = ()
) -> TaskHeads:
    """Return heads for a new model; heads that a user gave are checked, and copied later."""
    return heads if isinstance(heads, TaskHeads) else CopiedHeads(heads, taken, inputs)


def head_name(task: str, taken: Collection[str]) -> str:
    """Return the name of the head of a task: that of the task, unless another layer has it."""
    name = task
    while name in taken:
        name = f"{name}_head"
    return name
