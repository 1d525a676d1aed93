"""The forms in which users may give a head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import keras

from keras_mtl.common.arguments import is_whole_number
from keras_mtl.errors import HeadMismatch
from keras_mtl.graph.functional_models import is_of_keras_2
from keras_mtl.heads.head import Head

HeadLike: TypeAlias = int | Head | keras.Layer | Sequence[keras.Layer] | None


def checked_head(head: HeadLike) -> keras.Layer | Sequence[keras.Layer] | None:
    """Return the head that was given; a number of classes becomes a `Head`.

    Raises:
        HeadMismatch: It is no head.
    """
    if is_whole_number(head):
        return Head(int(head), name="head")
    layers = head if isinstance(head, list | tuple) else [head]
    if head is None or (layers and all(isinstance(layer, keras.Layer) for layer in layers)):
        return head
    old = any(map(is_of_keras_2, layers))
    keras_2 = " It is of Keras 2; use the layers of `keras`." if old else ""
    raise HeadMismatch(
        "`head` is None, a number of classes, a `keras_mtl.Head`, a layer, a list of layers or a "
        f"model. Received: {head!r}.{keras_2}"
    )
