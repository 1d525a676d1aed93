"""Which columns of a table are which inputs, and which of its rows can be used."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.datasets.frame_columns import is_text
from keras_mtl.datasets.frame_inputs import Inputs, RawColumn
from keras_mtl.datasets.named_targets import Targets
from keras_mtl.errors import InvalidTaskData

SHARE_OF_TEXTS = 0.5
"""A column is meant to be numbers if fewer of its values than this are others."""
SHOWN = 5


def chosen_inputs(inputs: Any, columns: Iterable[str], targets: Targets) -> Inputs:
    """Return the columns of each input.

    Args:
        inputs: A name, a list of names, a dict of these by input; None for all columns but those of
            targets.
        columns: The names of all columns.
        targets: By task the names of its columns.

    Raises:
        TypeError: It is something else.
        ValueError: A column is named twice.
    """
    labels = {column for names in targets.values() for column in names}
    if inputs is None:
        inputs = [name for name in columns if name not in labels]
    if isinstance(inputs, str):
        inputs = [inputs]
    if isinstance(inputs, list | tuple) and all(isinstance(one, str) for one in inputs):
        if len(set(inputs)) < len(inputs):
            raise ValueError(f"`inputs` names a column twice. Received: {list(inputs)}.")
        inputs = {name: name for name in inputs}
    if not isinstance(inputs, Mapping) or not inputs:
        raise TypeError(
            '`inputs` is a list of columns, such as `["age", "job"]`, or a dict of the columns of '
            f"each input. Received: {inputs!r}."
        )
    for name, given in inputs.items():
        names = [given] if isinstance(given, str) else given
        texts = isinstance(names, list | tuple) and all(isinstance(one, str) for one in names)
        if not isinstance(name, str) or not texts or not names:
            raise TypeError(
                f"`inputs[{name!r}]` is the name of a column, or a list of names. "
                f"Received: {given!r}."
            )
    return {name: one if isinstance(one, str) else tuple(one) for name, one in inputs.items()}


def encoded_columns(encode: Any, raw: Mapping[str, RawColumn], chosen: Inputs) -> set[str]:
    """Return the columns that become whole numbers.

    Args:
        encode: True for all columns of texts, False for none, or their names.
        raw: All columns.
        chosen: The columns of each input.

    Raises:
        InvalidTaskData: A column that is side by side with others holds no numbers.
        TypeError: `encode` is something else.
        ValueError: It names a column that is no input of its own.
    """
    stacked = {one for given in chosen.values() if not isinstance(given, str) for one in given}
    for name in stacked:
        if is_text(raw[name].values) or raw[name].values.ndim > 1:
            raise InvalidTaskData(
                f"Columns side by side in one input are numbers. The column {name!r} holds "
                f"{raw[name].values[0]!r}. Make an input of its own of it."
            )
    if isinstance(encode, bool | np.bool_):
        return {name for name, one in raw.items() if is_text(one.values)} if encode else set()
    if not isinstance(encode, list | tuple | set) or not all(isinstance(n, str) for n in encode):
        raise TypeError(f"`encode` is True, False, or a list of columns. Received: {encode!r}.")
    for name in encode:
        if name not in raw or name in stacked or raw[name].values.ndim > 1:
            raise ValueError(
                f"`encode` names columns that are inputs of their own, {sorted(set(raw) - stacked)}"
                f". Received: {name!r}.{did_you_mean(name, raw)}"
            )
    return set(encode)


def warn_of_numbers_in_text(raw: Mapping[str, RawColumn]) -> None:
    """Warn of columns that are texts because a few of their values are, such as "?" for a gap."""
    for name, column in raw.items():
        if not is_text(column.values) or column.values.ndim > 1:
            continue
        values = Counter(column.values[~column.missing].tolist())
        others = [value for value in values if not _is_number(value)]
        rows = sum(values[value] for value in others)
        if others and rows < SHARE_OF_TEXTS * values.total():
            warnings.warn(
                f"The column {name!r} is text, but {values.total() - rows:,} of "
                f"{values.total():,} values are numbers; the others are {others[:SHOWN]}. If those "
                f"stand for missing values, pass the frame that `pandas.read_csv(..., na_values="
                f"{others[:SHOWN]})` gives.",
                stacklevel=3,
            )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def kept_rows(
    raw: Mapping[str, RawColumn], dropped: np.ndarray, missing: str
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the rows that stay, and what is to be said of the gaps in the inputs.

    Args:
        raw: All columns that are inputs.
        dropped: Booleans of shape `(rows,)`, True for rows that are left out anyway.
        missing: `"error"`, `"drop"` or `"fill"`.

    Raises:
        InvalidTaskData: There are gaps and they are refused, or there is one in each row.
    """
    gaps = {name: int((one.missing & ~dropped).sum()) for name, one in raw.items()}
    gaps = {name: count for name, count in gaps.items() if count}
    if not gaps:
        return np.flatnonzero(~dropped), ()
    any_gap = np.any([one.missing for one in raw.values()], axis=0) & ~dropped
    told = ", ".join(f"`{name}` in {count:,}" for name, count in gaps.items())
    rows = f"{int(any_gap.sum()):,} of {int((~dropped).sum()):,} rows"
    if missing == "error":
        raise InvalidTaskData(
            f'The inputs have gaps in {rows}: {told}. Give `missing="drop"` to leave these rows '
            'out, or `missing="fill"` to put in the median of numbers and "missing" for texts.'
        )
    if missing == "drop":
        if any_gap[~dropped].all():
            raise InvalidTaskData(
                f"Each row has a gap in an input: {told}. Leave the emptiest columns out of "
                '`inputs`, or give `missing="fill"`.'
            )
        return np.flatnonzero(~dropped & ~any_gap), (
            f"{rows} had a gap in an input and were left out: {told}.",
        )
    return np.flatnonzero(~dropped), (f"Gaps in the inputs of {rows} were filled: {told}.",)
