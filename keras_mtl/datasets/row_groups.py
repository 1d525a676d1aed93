"""Rows that belong together, such as the pictures of one person, and parts that keep them so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from keras_mtl.datasets.frame_columns import column_array
from keras_mtl.datasets.frame_reading import check_columns
from keras_mtl.datasets.named_targets import Targets
from keras_mtl.datasets.strata import strata_of
from keras_mtl.datasets.task_labels import TaskLabels
from keras_mtl.errors import InvalidTaskData

SHOWN = 5


@dataclass(frozen=True)
class RowGroups:
    """Which rows belong together.

    Attributes:
        name: The column, the array or the feature that says so, for messages.
        values: What it holds, of shape `(rows,)`: rows with one value belong together.
    """

    name: str
    values: np.ndarray

    @classmethod
    def checked(cls, name: str, values: np.ndarray, missing: np.ndarray) -> RowGroups:
        """Return the groups.

        Args:
            name: The column, the array or the feature.
            values: Texts, whole numbers or booleans of shape `(rows,)`.
            missing: Booleans of shape `(rows,)`, True where there is no value.

        Raises:
            InvalidTaskData: A row has no value, or values are measured or vectors.
        """
        if missing.any():
            rows = np.flatnonzero(missing)
            raise InvalidTaskData(
                f"`groups`: {len(rows):,} rows have no value of {name!r}, such as the rows "
                f"{rows[:SHOWN].tolist()}, so nothing says to which others they belong. Fill in "
                "values, or leave these rows out."
            )
        if values.dtype == object and len({isinstance(one, str) for one in values}) > 1:
            raise InvalidTaskData(
                f"`groups`: some values of {name!r} are texts and others are not, so one group "
                "could have two names, such as 1 and '1'. Give values of one type."
            )
        whole = values.dtype.kind != "f" or bool((values == np.floor(values)).all())
        if values.ndim > 1 or not whole:
            raise InvalidTaskData(
                f"`groups` holds one text or whole number a row, such as the number of a person. "
                f"Received: {name!r}, of the shape {values.shape} with values such as {values[0]}."
            )
        return cls(name, values)

    def at(self, places: np.ndarray) -> RowGroups:
        """Return the groups of some rows."""
        return replace(self, values=self.values[places])

    def parts(
        self, labels: Mapping[str, TaskLabels], shares: Mapping[str, float], seed: int
    ) -> np.ndarray:
        """Return the number of the part of each row; rows of one group are in one part.

        Groups go, the largest first and those of one size in an order that is drawn, to a part that
        comes nearer to its share of the rows; of several such, to the one that is furthest below
        its share of the labels. Each part gets a group.

        Args:
            labels: By task the labels of the rows, of which some may be missing.
            shares: The share of the rows of each part.
            seed: Seed of the draw.

        Raises:
            InvalidTaskData: There are fewer groups than parts.
        """
        groups, codes, sizes = np.unique(self.values, return_inverse=True, return_counts=True)
        if len(groups) < len(shares):
            raise InvalidTaskData(
                f"`groups`: {self.name!r} has {len(groups)} groups in {len(codes):,} rows, too few "
                f"for the {len(shares)} parts {list(shares)}."
            )
        drawn = np.random.default_rng(seed).permutation(len(groups))
        order = drawn[np.argsort(-sizes[drawn], kind="stable")]
        held = _Held.of(codes, strata_of(labels))
        return held.parts(order, sizes, np.array(list(shares.values())))[codes]


@dataclass(frozen=True)
class _Held:
    """How many rows of each stratum each group holds: of many classes few, so only what there is.

    Attributes:
        starts: Where in the others each group begins, and the last one ends.
        strata: The numbers of the strata.
        counts: The rows of the stratum in the group.
        totals: The rows of each stratum in all groups.
    """

    starts: np.ndarray
    strata: np.ndarray
    counts: np.ndarray
    totals: np.ndarray

    @classmethod
    def of(cls, codes: np.ndarray, strata: np.ndarray) -> _Held:
        """Return what groups hold.

        Args:
            codes: The number of the group of each row, all from 0 on.
            strata: The numbers of the strata of each row, of shape `(rows, tasks)`.
        """
        totals = np.bincount(strata.ravel())
        pairs, counts = np.unique(codes[:, None] * len(totals) + strata, return_counts=True)
        starts = np.searchsorted(pairs, np.arange(codes.max() + 2) * len(totals))
        return cls(starts, pairs % len(totals), counts, totals)

    def parts(self, order: np.ndarray, sizes: np.ndarray, shares: np.ndarray) -> np.ndarray:
        """Return the part of each group, given one after another in an order."""
        missing, rows = np.outer(shares, self.totals), shares * sizes.sum()
        part_of = np.empty(len(sizes), np.int64)
        is_empty = np.ones(len(shares), bool)
        for place, group in enumerate(order):
            here = slice(self.starts[group], self.starts[group + 1])
            counts, strata = self.counts[here], self.strata[here]
            # How much the squares of what is missing, as shares, would grow.
            growth = counts * (counts - 2 * missing[:, strata]) / self.totals[strata]
            fits = rows >= sizes[group] / 2
            if len(order) - place <= is_empty.sum():
                fits = is_empty
            by_labels = np.where(fits, growth.sum(axis=1), np.inf).argmin()
            part = int(by_labels if fits.any() else rows.argmax())
            part_of[group] = part
            is_empty[part] = False
            missing[part, strata] -= counts
            rows[part] -= sizes[group]
        return part_of


def checked_groups_name(groups: Any, targets: Targets) -> str | None:
    """Return the name of what says which rows belong together, or None.

    Raises:
        TypeError: It is no text.
        ValueError: It has the labels of a task.
    """
    if groups is None:
        return None
    if not isinstance(groups, str) or not groups:
        raise TypeError(
            "`groups` is the name of what says which rows belong together, such as "
            f'`groups="person"`, or None. Received: {groups!r}.'
        )
    for task, names in targets.items():
        if groups in names:
            raise ValueError(
                f"`groups` names {groups!r}, which has the labels of the task {task!r}: no class "
                "of it would be in two parts."
            )
    return groups


def frame_groups(frame: Any, name: str | None, what: str) -> RowGroups | None:
    """Return the groups that a column of a `pandas.DataFrame` has; None for no name.

    Args:
        frame: The frame.
        name: The column.
        what: What messages call the frame.

    Raises:
        InvalidTaskData: The column is not there, or holds no groups.
    """
    if name is None:
        return None
    check_columns([name], frame, "groups", what)
    return RowGroups.checked(name, *column_array(frame[name], name))


def check_groups_apart(parts: Mapping[str, RowGroups | None]) -> None:
    """Refuse parts that are given, and have a group in common; parts without groups are let be.

    Raises:
        InvalidTaskData: They do.
    """
    seen: dict[object, str] = {}
    for part, groups in parts.items():
        here = [] if groups is None else np.unique(groups.values).tolist()
        common = [value for value in here if value in seen]
        if groups is not None and common:
            raise InvalidTaskData(
                f"`groups`: {len(common):,} groups of {groups.name!r} have rows both in "
                f"{seen[common[0]]!r} and in {part!r}, such as {common[:SHOWN]}. Give shares, "
                '`split={"train": 0.8, "test": 0.2}`, which keep each group in one part.'
            )
        seen.update(dict.fromkeys(here, part))
