"""The label of each sample as an output beside the numbers, in TensorFlow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from keras_mtl.serving.manifest import ExportedOutput


def with_labels(named: Mapping[str, Any], described: Iterable[ExportedOutput]) -> dict[str, Any]:
    """Return outputs by name, and the labels of those that have some.

    Args:
        named: The numbers by the name of the output.
        described: What they mean.
    """
    labels = {
        output.labels: _labels(named[output.name], output)
        for output in described
        if output.labels is not None
    }
    return {**named, **labels}


def _labels(values: Any, output: ExportedOutput) -> Any:
    """Return the label of each sample; of several that may hold, "" for those that do not."""
    import tensorflow as tf

    assert output.classes is not None
    classes = tf.constant(list(output.classes))
    if output.decoding == "argmax":
        return tf.gather(classes, tf.argmax(values, axis=-1))
    holds = values > tf.cast(output.threshold, values.dtype)
    if len(output.classes) == 2 and output.shape[-1] == 1:
        return tf.gather(classes, tf.cast(holds[..., 0], tf.int32))
    return tf.where(holds, classes, tf.zeros_like(classes))
