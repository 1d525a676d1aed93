"""Which features of a data set are the labels of which task, and their values as columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from keras_mtl.datasets.column_targets import Column
from keras_mtl.datasets.feature_tree import (
    BOOLEAN,
    CLASS,
    IMAGE,
    INTEGER,
    NUMBER,
    STRING,
    Feature,
    FeatureTree,
)
from keras_mtl.datasets.label_columns import label_column
from keras_mtl.datasets.named_targets import Targets, named_targets
from keras_mtl.datasets.task_labels import CLASSIFICATION, MULTILABEL, REGRESSION
from keras_mtl.errors import InvalidFeatures, InvalidLabels

VALUES = (CLASS, BOOLEAN, INTEGER, NUMBER, STRING)
VECTORS = (BOOLEAN, INTEGER, NUMBER)
SEVERAL = (CLASS, *VECTORS)
DECLARED = {CLASS: CLASSIFICATION, NUMBER: REGRESSION}
"""The kind of task that a feature says itself; of others the values tell it."""


@dataclass(frozen=True)
class FeatureTargets:
    """The features that are the labels of tasks.

    Attributes:
        targets: By task the paths of its features.
        features: These features by path.
        kinds: The kinds of tasks that are made of a group of features.
        groups: The feature that says which rows belong together; None if each stands alone.
    """

    targets: Targets
    features: dict[str, Feature]
    kinds: dict[str, str]
    groups: Feature | None = None

    @classmethod
    def checked(cls, tree: FeatureTree, tasks: Any) -> FeatureTargets:
        """Return the features that `tasks` names.

        Args:
            tree: The features of the data set.
            tasks: By task the path of a feature or of a group, or a list of paths. A path or a list
                of paths stands for tasks that are called as the last parts.

        Raises:
            FeatureNotFound: A feature is not there.
            InvalidLabels: A feature cannot be a label.
            TypeError, ValueError: `tasks` has another form.
        """
        targets, kinds, features = {}, {}, {}
        for task, paths in named_targets(_by_last_part(tasks)).items():
            group = tree.group(paths[0]) if len(paths) == 1 else []
            argument = f"tasks[{task!r}]"
            found = group or [tree.feature(path, argument) for path in paths]
            for feature in found:
                _check_label(feature, argument, tree, single=len(found) == 1)
            if len(group) > 1 and all(feature.kind != NUMBER for feature in group):
                kinds[task] = MULTILABEL
            targets[task] = tuple(feature.path for feature in found)
            features.update({feature.path: feature for feature in found})
        return cls(targets, features, kinds)

    def with_groups(self, tree: FeatureTree, path: str | None) -> FeatureTargets:
        """Return the same with a feature that says which rows belong together.

        Raises:
            FeatureNotFound: The feature is not there.
            InvalidFeatures: It is no text or whole number.
        """
        if path is None:
            return self
        feature = tree.feature(path, "groups")
        if feature.kind not in (CLASS, INTEGER, STRING, BOOLEAN) or feature.shape:
            raise InvalidFeatures(
                "`groups` is a feature that holds one text or whole number a row. Received: "
                f"{feature.path!r}, which is {feature.described}. The features are:\n{tree}"
            )
        return replace(self, groups=feature)

    @property
    def read(self) -> dict[str, Feature]:
        """All features that are read, by path."""
        groups = {} if self.groups is None else {self.groups.path: self.groups}
        return {**self.features, **groups}

    def columns(
        self, values: Mapping[str, np.ndarray], kinds: Mapping[str, str]
    ) -> dict[str, Column]:
        """Return what is read of the features as columns of labels.

        Args:
            values: The values of features by path.
            kinds: The kinds of some tasks: -1 is a number where it is measured.
        """
        last = Counter(map(_last_part, self.features))
        measured = [path for path, one in self.features.items() if one.kind == NUMBER]
        for task, paths in self.targets.items():
            measured += paths if kinds.get(task) == REGRESSION else ()
        return {
            path: _column(
                values[path],
                feature,
                path if last[_last_part(path)] > 1 else None,
                measured=path in measured,
            )
            for path, feature in self.features.items()
        }


def _column(values: np.ndarray, feature: Feature, title: str | None, *, measured: bool) -> Column:
    array, missing = label_column(values, measured=measured)
    if feature.kind == CLASS:
        missing = missing | (array < 0)
    name, kind = title or _last_part(feature.path), DECLARED.get(feature.kind)
    return Column(array, missing, name, kind, feature.names)


def _check_label(feature: Feature, argument: str, tree: FeatureTree, *, single: bool) -> None:
    if single:
        is_vector = len(feature.shape) == 1 and None not in feature.shape
        if feature.kind in (VECTORS if is_vector else () if feature.shape else VALUES):
            return
        ragged = " whose length differs between rows" if None in feature.shape else ""
        what = "an image" if feature.kind == IMAGE else f"{feature.described}{ragged}"
        raise InvalidLabels(
            f"`{argument}`: {feature.path!r} is {what}, which is no label. Labels are classes, "
            f"numbers, texts and vectors of numbers of fixed length. The features are:\n{tree}"
        )
    if feature.kind not in SEVERAL or feature.shape:
        raise InvalidLabels(
            f"`{argument}`: several features make one task if each is a number, or true or false. "
            f"Received: {feature.path!r}, which is {feature.described}."
        )


def _by_last_part(tasks: Any) -> Any:
    """Return a path, or a list of paths, as a dict by their last parts; others as they are."""
    paths = [tasks] if isinstance(tasks, str) else tasks
    if not isinstance(paths, list | tuple) or not all(isinstance(path, str) for path in paths):
        return tasks
    named = {_last_part(path): path for path in paths}
    if len(named) < len(paths):
        raise ValueError(
            f"The tasks {list(paths)} have a name twice. Give a dict from names of tasks to "
            'features, such as `tasks={"sex": "attributes/Male"}`.'
        )
    return named


def _last_part(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]
