"""Classes told from the outputs of an export; needs no Keras."""

from __future__ import annotations

import numpy as np

from keras_mtl.serving.manifest import ExportedOutput


def has_classes(output: ExportedOutput) -> bool:
    """Return whether classes can be told from an output."""
    return output.decoding is not None


def class_labels(values: np.ndarray, output: ExportedOutput) -> np.ndarray:
    """Return predictions in the form of labels, as `Head.decode` gives them.

    Args:
        values: What the export gives, of shape `(samples, ..., units)`.
        output: What it means.

    Returns:
        Classes by name where these are known, otherwise their numbers, of shape `(samples, ...)`;
        for several yes-or-no labels tuples of the names that hold, or 0 and 1.
    """
    if output.decoding == "argmax":
        numbers = values.argmax(axis=-1)
        return numbers if output.classes is None else np.array(output.classes)[numbers]
    holds = (values > output.threshold).astype(np.int32)
    if output.classes is None:
        return holds
    if len(output.classes) == 2 and values.shape[-1] == 1:
        return np.array(output.classes)[holds[..., 0]]
    names = np.array(output.classes)
    rows = holds.reshape(-1, len(names)).astype(bool)
    listed = np.empty(len(rows), object)
    listed[:] = [tuple(names[row].tolist()) for row in rows]
    return listed.reshape(holds.shape[:-1])
