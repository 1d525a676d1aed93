"""The numbers of labels that are compared."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from keras_mtl.common.arguments import is_whole_number
from keras_mtl.errors import InvalidLabels
from keras_mtl.estimators.labels.label_form import LabelForm

AUTO = "auto"
NUMBER = 4
"""How many numbers of labels `"auto"` compares, or a few less."""
FEWEST = 10
"""The smallest number of labels that `"auto"` compares."""
ROUND = (1, 2, 5)
"""The first digits of round numbers."""


def check_label_counts(labels: Any, form: LabelForm, values: np.ndarray, most: int) -> list[int]:
    """Return the numbers of labels in increasing order.

    Args:
        labels: A whole number, several, or `"auto"`.
        form: The form of the labels.
        values: All labels.
        most: The largest number of labels that each training can have.

    Raises:
        ValueError: They are no whole numbers, repeated, too small or too large.
    """
    least = max(2, len(np.unique(form.strata(values))))
    if isinstance(labels, str) and labels == AUTO:
        return round_counts(max(FEWEST, 2 * least), most)
    given = [labels] if is_whole_number(labels) else labels
    if isinstance(given, np.ndarray):
        given = given.tolist()
    known = isinstance(given, list | tuple | range) and given
    if not known or not all(is_whole_number(one) for one in given):
        raise ValueError(
            '`labels` is "auto", a number of labels or a list of such numbers. '
            f"Received: {labels!r}."
        )
    counts = sorted(map(int, given))
    if repeated := sorted({one for one, other in pairwise(counts) if one == other}):
        raise ValueError(f"`labels` has {repeated} twice. Received: {labels!r}.")
    if counts[0] < least or counts[-1] > most:
        raise ValueError(_out_of_range(counts, least, most, len(values)))
    return counts


def round_counts(least: int, most: int) -> list[int]:
    """Return a few round numbers that grow geometrically from `least`, and `most` as the last."""
    if least >= most:
        return [most]
    wanted = np.geomspace(least, most, NUMBER)[:-1]
    rounded = sorted({max(least, _round(one)) for one in wanted})
    # Close to the last one, another number of labels says nothing more.
    return [*(one for one in rounded if one < 0.7 * most), most]


def check_classes(form: LabelForm, names: Sequence[object], values: np.ndarray) -> None:
    """Refuse labels of which a class cannot be in the training part and in the judged part.

    Raises:
        InvalidLabels: A class has one row only.
    """
    sizes = np.bincount(form.strata(values))
    alone = np.flatnonzero(sizes == 1)
    if len(alone) and len(names):
        named = ", ".join(repr(names[index]) for index in alone[:5].tolist())
        raise InvalidLabels(
            f"Without `test` the labels are split for cross-validation, which needs two rows of "
            f"each class. Received one row only of {named}{' ...' if len(alone) > 5 else ''}. Add "
            "rows, leave these out, or give `test`; for measured numbers pass "
            '`kind="regression"`.'
        )


def _round(value: float) -> int:
    """Return the round number whose ratio to a number is nearest to 1."""
    power = 10 ** int(np.log10(value))
    return int(min((digit * power for digit in (*ROUND, 10)), key=lambda n: abs(np.log(n / value))))


def _out_of_range(counts: list[int], least: int, most: int, samples: int) -> str:
    range_text = f"`labels` must be between {least} and {most}"
    if counts[0] < least:
        return (
            f"{range_text}: each class needs a label, and two labels is the least. "
            f'Received: {counts[0]}. For measured numbers pass `kind="regression"`.'
        )
    why = "all that `y` has" if most == samples else f"what folds leave of the {samples} in `y`"
    return f"{range_text}, {why}. Received: {counts[-1]}."
