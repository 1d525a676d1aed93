"""A trained model of one task, cut into the trunk and the first head of a model of several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import keras

from keras_mtl.common.arguments import flag, is_whole_number
from keras_mtl.errors import HeadMismatch, InvalidCut, MissingLoss
from keras_mtl.graph.layer_graph import WHOLE, Graph
from keras_mtl.heads.head_like import HeadLike
from keras_mtl.heads.task_names import check_new_task
from keras_mtl.models.task_heads import checked_heads
from keras_mtl.surgery.own_training import described, own_steps
from keras_mtl.surgery.split import split
from keras_mtl.surgery.static_flags import BatchNormPolicy, check_batchnorm, set_static
from keras_mtl.training.compile_checks import check_loss
from keras_mtl.training.task_compiling import copied_arguments


class Grown(NamedTuple):
    """A copy of a trained model in two parts.

    Attributes:
        trunk: The layers up to the cut.
        heads: By task: the layers after it for the task that the model was trained for, and
            the heads of the other tasks as given.
        arguments: The loss and metrics that the model was compiled with, for its task.
    """

    trunk: keras.Model
    heads: dict[str, HeadLike]
    arguments: dict[str, dict[str, Any]]


def cut_trained(
    model: keras.Model,
    cut: int | str,
    task: str | None,
    heads: Mapping[str, HeadLike] | None,
    *,
    batchnorm: BatchNormPolicy,
    loss: Any,
    verify: bool,
) -> Grown:
    """Copy a trained model and cut it; `MultiTaskModel.from_model` describes the arguments.

    Raises:
        TypeError: `task` or `heads` is missing.
        InvalidCut: The model cannot be cut there, or nothing would be left for the head.
        MissingLoss: `model` is not compiled or computes its loss by itself, and `loss` is not
            given.
        HeadMismatch: The model has several outputs, or something in `heads` is no head.
        ValueError: Another argument is out of its range.
    """
    check_batchnorm(batchnorm)
    if task is None or heads is None:
        raise TypeError(
            "`from_model` keeps the last layers of `model` as the head of its task, beside the "
            '`heads` of other tasks: name it, such as `from_model(model, cut, task="sex", '
            'heads={"hair": 5})`. For new heads only, use '
            "`MultiTaskModel(keras_mtl.transfer(model, cut, freeze=False), heads)`."
        )
    verify = flag("verify", verify)
    check_new_task(task, ())
    checked_heads(heads, (), least=0)
    if task in heads:
        raise ValueError(
            f"`heads` has a head for {task!r}, whose head are the last layers of the model. Leave "
            "it out, or give the task another name."
        )
    if loss is not None:
        check_loss(task, loss)
    if not isinstance(cut, str) and not is_whole_number(cut):
        raise InvalidCut(
            f"`cut` is a number of layers or the name of one. Received: {cut!r}. Several "
            "features at once are for `MultiTaskModel(transfer(model, cut), heads)`."
        )
    graph = Graph.of(model)
    outputs = graph.functional.outputs
    if len(outputs) != 1:
        raise HeadMismatch(
            f"`{model.name}` has {len(outputs)} outputs; the head of a task has "
            "one. Use `MultiTaskModel(transfer(model, cut), heads)`."
        )
    paths = graph.cut(cut)
    if paths == WHOLE:
        raise InvalidCut(
            f"`cut={cut!r}` keeps all layers of `{model.name}`, so nothing would be left for the "
            f"head of {task!r}. Remove at least one layer, or use `MultiTaskModel(model, heads)`."
        )
    _check_own_steps(model, loss)
    known = copied_arguments(model, loss)
    trunk, tail = split(graph, paths[0], verify=verify)
    set_static(trunk, {}, batchnorm)
    return Grown(trunk, {task: tail, **heads}, {key: {task: value} for key, value in known.items()})


def _check_own_steps(model: keras.Model, loss: Any) -> None:
    """Refuse a class with a loss or a step of its own, which the steps of several tasks replace."""
    if loss is None and own_steps(model):
        raise MissingLoss(
            f"{described(model)}, which a model of several tasks does not run. Pass `loss=`: what "
            "the task is trained with instead."
        )
