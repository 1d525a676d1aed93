"""The folds of a search by cross-validation, as scikit-learn makes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from keras_mtl.common.arguments import is_whole_number
from keras_mtl.common.hashing import hash_of_several
from keras_mtl.errors import InvalidLabels
from keras_mtl.heads.probe_targets import ProbeTargets


class Fold(NamedTuple):
    """The numbers of the rows that are trained on, and of those that are held out."""

    training: np.ndarray
    held_out: np.ndarray


def check_cv(cv: Any) -> Any:
    """Return a number of folds, a splitter, a list of pairs of rows, or None.

    Raises:
        ValueError: It is something else.
    """
    if cv is None or (callable(getattr(cv, "split", None)) and not isinstance(cv, str)):
        return cv
    if is_whole_number(cv, least=2):
        return int(cv)
    if isinstance(cv, Iterable) and not isinstance(cv, str | bytes | dict):
        pairs = list(cv)
        if len(pairs) > 1 and all(isinstance(one, tuple | list) and len(one) == 2 for one in pairs):
            return pairs
    raise ValueError(
        "`cv` is a number of folds, at least 2, a splitter of scikit-learn such as "
        "`StratifiedKFold(5)`, or a list of pairs `(training rows, held-out rows)`. "
        f"Received: {cv!r}."
    )


def make_folds(cv: Any, targets: ProbeTargets, y: np.ndarray) -> list[Fold]:
    """Return the folds, each time the same ones.

    Args:
        cv: What `check_cv` returned.
        targets: The labels, as probes see them.
        y: The labels.

    Raises:
        InvalidLabels: Some class has fewer labels than there are folds.
        ValueError: The splitter refuses the data, draws other folds each time, or gives numbers
            that are no rows; or a fold has no rows on one side, or some on both.
    """
    if isinstance(cv, int):
        _check_counts(cv, targets)
    folds = _split(cv, targets, y)
    if identity_of_folds(_split(cv, targets, y)) != identity_of_folds(folds):
        raise ValueError(
            "`cv` draws other folds each time, so a search could not resume. Give the splitter a "
            f"`random_state`. Received: {cv!r}."
        )
    for number, fold in enumerate(folds):
        _check_fold(number, fold, len(y))
    return folds


def identity_of_folds(folds: Iterable[Fold]) -> str:
    """Return a text that differs for other folds."""
    return hash_of_several([str(part.tolist()) for fold in folds for part in fold])


def _split(cv: Any, targets: ProbeTargets, y: np.ndarray) -> list[Fold]:
    from sklearn.model_selection import check_cv as splitter_of

    labels = targets.values if targets.are_classes else y
    splitter = splitter_of(cv, labels, classifier=targets.are_classes)
    try:
        pairs = list(splitter.split(np.zeros((len(y), 1)), labels))
    except (TypeError, ValueError) as error:  # The splitter may be the user's code.
        raise ValueError(
            f"`cv` cannot split the {len(y)} rows: {error} A splitter that needs more than labels, "
            "such as groups, goes as `cv=list(splitter.split(x, y, groups))`."
        ) from error
    return [Fold(_row_numbers(training), _row_numbers(held_out)) for training, held_out in pairs]


def _row_numbers(rows: Any) -> np.ndarray:
    numbers = np.asarray(rows)
    return np.flatnonzero(numbers) if numbers.dtype == bool else numbers


def _check_counts(cv: int, targets: ProbeTargets) -> None:
    fewest = targets.smallest_class
    if fewest < cv:
        what = "The smallest class of `y`" if targets.are_classes else "`y`"
        out = ", or leave out the class" if targets.are_classes else ""
        raise InvalidLabels(
            f"{what} has {fewest} labels, fewer than the {cv} folds. Pass a smaller `cv`{out}."
        )


def _check_fold(number: int, fold: Fold, rows: int) -> None:
    for part in fold:
        whole = part.dtype.kind in "iu" and part.ndim == 1
        if not whole or not len(part) or part.min() < 0 or part.max() >= rows:
            raise ValueError(
                f"Fold {number} of `cv` has rows that are none of the {rows} rows, or no rows on "
                "one side."
            )
    if np.intersect1d(*fold).size:
        raise ValueError(f"Fold {number} of `cv` holds out rows that it trains on.")
