"""How far what an export gives is from what the model gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from keras_mtl.errors import ExportMismatch
from keras_mtl.serving.class_labels import class_labels, has_classes
from keras_mtl.serving.manifest import ExportedOutput, Parity

TOLERANCES = {"float32": 1e-4, "float64": 1e-4, "float16": 1e-2, "bfloat16": 1e-1}
"""Largest difference relative to the largest number (at least 1), by the dtype of the computation.

A faithful conversion of 32-bit floats differs by 1e-6 or so; layers of a deep network add up.
"""
QUANTIZED = 0.1
"""The same where weights are integers of 8 bits."""

Arrays = Mapping[str, np.ndarray]


def tolerance_of(dtypes: Sequence[str], quantize: str | None, tolerance: float | None) -> float:
    """Return the largest relative difference allowed.

    Args:
        dtypes: The dtypes that the layers of the model compute in.
        quantize: How numbers are stored.
        tolerance: What the caller allows, if anything.
    """
    if tolerance is not None:
        return tolerance
    if quantize is not None:
        return QUANTIZED
    return max((TOLERANCES.get(dtype, 1e-4) for dtype in dtypes), default=1e-4)


def measured_parity(
    expected: Arrays, actual: Arrays, outputs: Sequence[ExportedOutput], tolerance: float
) -> tuple[Parity, ...]:
    """Return the difference of each output on the same samples."""
    return tuple(
        _of_output(output, expected[output.name], actual[output.name], tolerance)
        for output in outputs
    )


def check_parity(measured: Sequence[Parity], what: str) -> None:
    """Refuse an export that differs from its model.

    Raises:
        ExportMismatch: An output differs by more than is allowed.
    """
    wrong = [one for one in measured if not one.holds]
    if wrong:
        listed = "; ".join(
            f"`{one.name}` differs by {one.max_difference:.3g} where the largest number is "
            f"{one.scale:.3g} and {one.tolerance:.3g} is allowed"
            for one in wrong
        )
        raise ExportMismatch(
            f"{what} does not give what the model gives: {listed}. Nothing is kept. Try another "
            "format; allow it by `tolerance`; or keep it as it is with `verify=False`."
        )


def _of_output(
    output: ExportedOutput, expected: np.ndarray, actual: np.ndarray, tolerance: float
) -> Parity:
    first, second = _numbers(expected), _numbers(actual)
    scale = float(np.max(np.abs(first), initial=0.0, where=np.isfinite(first)))
    same = None
    if has_classes(output) and first.shape == second.shape:
        labels = class_labels(first, output) == class_labels(second, output)
        same = float(np.mean(labels)) if np.size(labels) else None
    return Parity(output.name, _difference(first, second), scale, tolerance * max(1.0, scale), same)


def _difference(first: np.ndarray, second: np.ndarray) -> float:
    """Return the largest difference; infinity where shapes or values that are no numbers differ."""
    if first.shape != second.shape:
        return float("inf")
    same = (first == second) | (np.isnan(first) & np.isnan(second))
    with np.errstate(invalid="ignore"):
        differences = np.where(same, 0.0, np.abs(first - second))
    largest = float(differences.max(initial=0.0))
    return largest if np.isfinite(largest) else float("inf")


def _numbers(array: np.ndarray) -> np.ndarray:
    return np.asarray(array).astype(np.float64)
