"""Predictions as classes, by name where the classes have names."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_mtl.heads.class_names import has_classes
from keras_mtl.models.model_heads import chosen_head, heads_of
from keras_mtl.models.multi_task_model import MultiTaskModel
from keras_mtl.models.transfer_model import TransferModel


def predict_classes(
    model: keras.Model,
    x: Any,
    *,
    task: str | None = None,
    batch_size: int | None = None,
    verbose: str | int = "auto",
) -> Any:
    """Return the predicted class of each sample, by its name if the classes have names.

    Use it in place of `model.predict` where the class matters and not its probability. The
    likeliest class is predicted, and the labels of a multilabel task whose probability is over .5.

    Args:
        model: A model that ends with a `Head`, such as `transfer` returns, or a `MultiTaskModel`.
            It is not changed.
        x: Its inputs, as `predict` takes them.
        task: The task of a `MultiTaskModel`; only its head runs then. None, the default, for all
            tasks with classes whose head is a `Head`.
        batch_size: As in `predict`: 32 by default.
        verbose: As in `predict`: 0 hides the progress bar.

    Returns:
        What `Head.decode` gives: an array of shape `(samples, ...)` of names or class indices, and
        tuples of names for a multilabel task whose labels have names. For a `MultiTaskModel`
        without `task` a dict of these by task.

    Raises:
        ValueError: The model does not end with a `Head`, or its task has no classes.
        TaskNotFound: There is no such task.
        InvalidFeatures: `x` does not fit the model.

    Example:
        >>> import keras, keras_mtl, numpy as np
        >>> trained = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        >>> model = keras_mtl.transfer(trained, cut=0, head=keras_mtl.Head(classes=["cat", "dog"]))
        >>> names = keras_mtl.predict_classes(model, np.ones((5, 4)), verbose=0)
        >>> names.shape, set(names) <= {"cat", "dog"}
        ((5,), True)
    """
    options: dict[str, Any] = {"batch_size": batch_size, "verbose": verbose}
    if isinstance(model, MultiTaskModel) and task is None:
        heads = {
            name: head for name, head in heads_of(model).items() if has_classes(head.task_kind)
        }
        if not heads:
            raise _no_classes(f"`{model.name}` has no task with classes whose head is a `Head`")
        outputs = model.predict(x, **options)
        return {name: head.decode(outputs[name]) for name, head in heads.items()}
    name, head = chosen_head(model, task, "predict_classes")
    if not has_classes(head.task_kind):
        raise _no_classes(f"`{name}` is a head of kind `{head.kind}`, which has no classes")
    if isinstance(model, MultiTaskModel):
        return head.decode(model.predict(x, task=name, **options))
    if not isinstance(model, TransferModel) and len(keras.tree.flatten(model.output)) > 1:
        raise ValueError(f"`{model.name}` has several outputs; decode them by `Head.decode`.")
    return head.decode(np.asarray(model.predict(x, **options)))


def _no_classes(what: str) -> ValueError:
    return ValueError(f"{what}. `model.predict` gives its outputs.")
