"""Models with one task, one task more or one task less, which share the layers of another model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import keras

from keras_mtl.common.structures import unwrap_single
from keras_mtl.graph.layer_graph import checked_functional
from keras_mtl.heads.head import Head
from keras_mtl.heads.head_like import HeadLike
from keras_mtl.heads.placing import put_head
from keras_mtl.heads.task_names import check_new_task, check_task
from keras_mtl.keras_private.graphs import Functional
from keras_mtl.models.task_heads import SharedHeads, head_name, head_of_task
from keras_mtl.models.transfer_model import TransferModel
from keras_mtl.models.trunk_with_heads import TrunkWithHeads
from keras_mtl.surgery.fresh_compile import inner_optimizer
from keras_mtl.surgery.trunk import Trunk
from keras_mtl.training import task_compiling as compiling
from keras_mtl.training.optimizer_arguments import optimizer_for_tasks

Model = TypeVar("Model", bound=TrunkWithHeads)


def model_of_task(model: TrunkWithHeads, task: str) -> keras.Model:
    """Return the model of one task, compiled with a fresh optimizer if `model` is compiled."""
    check_task(task, model.tasks, where="`task`")
    kind = TransferModel if isinstance(model.trunk, Trunk) else Functional
    alone = kind(model.input, model.output[task], name=task)
    if model.compiled:
        known = model.training_state.arguments
        # Without the weight of the loss, which only says how tasks count beside each other.
        own = {key: known[key].get(task) for key in ("loss", "metrics", "weighted_metrics")}
        optimizer = inner_optimizer(model.optimizer).fresh(task)
        alone.compile(optimizer, **compiling.with_fresh_metrics(own))
    return alone


def with_task(model: Model, task: str, head: HeadLike, loss: Any, metrics: Any) -> Model:
    """Return a model with one more task, compiled like `model`."""
    check_new_task(task, [*model.tasks, model.trunk.name])
    features = unwrap_single(checked_functional(model.trunk).output)
    name = head_name(task, [layer.name for layer in model.layers])
    copy, _ = put_head(features, head_of_task(task, head), name)
    larger = _with_heads(model, {**model.heads, task: copy})
    known = compiling.arguments_by_task(model) if model.compiled else {}
    for key, value in {"loss": loss, "metrics": metrics}.items():
        if value is not None:
            known.setdefault(key, {})[task] = value
    if model.compiled or loss is not None:
        compile_with(larger, known, like=model)
    return larger


def without_task(model: Model, task: str) -> Model:
    """Return a model without a task, compiled like `model`.

    Raises:
        ValueError: It is the only task.
    """
    check_task(task, model.tasks, where="`remove_task`")
    heads = _without(model.heads, task)
    if not heads:
        raise ValueError(f"`{task}` is the only task of the model; it cannot be removed.")
    smaller = _with_heads(model, heads)
    if model.compiled:
        known = compiling.arguments_by_task(model)
        own = {key: _without(value, task) for key, value in known.items()}
        compile_with(smaller, own, like=model)
    return smaller


def compile_with(
    model: TrunkWithHeads, known: Mapping[str, Any], like: TrunkWithHeads | None = None
) -> None:
    """Compile a new model, if the loss of each task is known.

    Args:
        model: The model.
        known: What is known of the losses and metrics of the tasks.
        like: A model with the same kind of optimizer and the same common arguments.
    """
    model.training_state = model.new_state(compiling.of_plain_heads(known, model.heads))
    losses = known.get("loss", {})
    if not all(task in losses or isinstance(model.heads[task], Head) for task in model.tasks):
        return
    settings: dict[str, Any] = {}
    if like is not None and like.compiled:
        settings = compiling.common_arguments(like)
        if len(model.tasks) == 1:  # Nothing is left to weigh it against.
            settings.pop("balancer", None)
        settings["optimizer"] = optimizer_for_tasks(like.optimizer, model.tasks)
    model.compile(**settings, **compiling.with_fresh_metrics(known))


def _with_heads(model: Model, heads: Mapping[str, keras.Layer]) -> Model:
    return type(model)(model.trunk, SharedHeads(heads), name=model.name)  # type: ignore[call-arg]


def _without(mapping: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key != name}
