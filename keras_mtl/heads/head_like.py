"""What users may give as a head."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import TypeAlias

import keras

from keras_mtl.errors import HeadMismatch
from keras_mtl.heads.head import Head

HeadLike: TypeAlias = int | Head | keras.Layer | Sequence[keras.Layer] | None


def checked_head(head: HeadLike) -> keras.Layer | Sequence[keras.Layer] | None:
    """What was given as a head; a number of classes is made a `Head`.

    Raises:
        HeadMismatch: It is none.
    """
    if isinstance(head, Integral) and not isinstance(head, bool):
        return Head(int(head), name="head")
    layers = head if isinstance(head, list | tuple) else [head]
    if head is None or (layers and all(isinstance(layer, keras.Layer) for layer in layers)):
        return head
    raise HeadMismatch(
        "`head` is None, a number of classes, a `keras_mtl.Head`, a layer, a list of layers or a "
        f"model. Received: {head!r}."
    )
