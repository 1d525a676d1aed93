"""Tasks that are made of the features of a data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_mtl.common.arguments import one_of
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
from keras_mtl.datasets.named_values import numbered, renamed
from keras_mtl.datasets.task_labels import (
    CLASSIFICATION,
    MULTILABEL,
    REGRESSION,
    TaskLabels,
)
from keras_mtl.errors import InvalidLabels
from keras_mtl.heads.class_names import checked_classes

KINDS = (CLASSIFICATION, REGRESSION)


@dataclass(frozen=True)
class FeatureTask:
    """One task, and the features that its labels are made of.

    Attributes:
        name: The name of the task.
        features: The features.
        form: `"feature"`, a single feature; `"attributes"`, booleans of which the one that is true
            is the class; `"group"`, booleans each of which is a label.
        kind: The kind of the task that the user asks for; None for the kind that fits the values.
        classes: The names of the classes that the user asks for; None for those of the data.
    """

    name: str
    features: tuple[Feature, ...]
    form: str
    kind: str | None = None
    classes: tuple[str, ...] | None = None

    def read(self, columns: Mapping[str, np.ndarray]) -> ReadTask:
        """Return the labels of all rows.

        Args:
            columns: The values of features by path.
        """
        if self.form == "attributes":
            return self._of_attributes(np.stack([columns[one.path] for one in self.features], 1))
        if self.form == "group":
            values = np.stack([columns[one.path] for one in self.features], axis=1)
            names = renamed(_last_parts(self.features), self.classes, self.name)
            present = np.ones(len(values), bool)
            return ReadTask(TaskLabels(values.astype(np.float32), present, MULTILABEL, names))
        return ReadTask(self._of_feature(columns[self.features[0].path], self.features[0]))

    def _of_attributes(self, values: np.ndarray) -> ReadTask:
        held = values.astype(bool).sum(axis=1)
        names = renamed(_last_parts(self.features), self.classes, self.name)
        labels = values.argmax(axis=1).astype(np.int32)
        known = TaskLabels(labels, held == 1, CLASSIFICATION, names)
        return ReadTask(known, int((held == 0).sum()), int((held > 1).sum()))

    def _of_feature(self, values: np.ndarray, feature: Feature) -> TaskLabels:
        present = np.ones(len(values), bool)
        if feature.kind == NUMBER or self.kind == REGRESSION:
            return self._of_numbers(values)
        if values.ndim > 1:
            return self._of_vectors(values, feature)
        if feature.kind == BOOLEAN:
            last = _last_parts([feature])[0]
            names = renamed((f"not {last}", last), self.classes, self.name)
            return TaskLabels(values.astype(np.int32), present, CLASSIFICATION, names)
        if feature.kind == CLASS:
            names = None if feature.names is None else feature.names
            names = renamed(names, self.classes, self.name)
            present = np.asarray(values >= 0)
            return TaskLabels(values.astype(np.int32), present, CLASSIFICATION, names)
        codes, present, names = numbered(values, self.classes, self.name)
        return TaskLabels(codes, present, CLASSIFICATION, names)

    def _of_numbers(self, values: np.ndarray) -> TaskLabels:
        if self.classes is not None or self.kind == CLASSIFICATION:
            codes, present, names = numbered(values, self.classes, self.name)
            return TaskLabels(codes, present, CLASSIFICATION, names)
        numbers = values.astype(np.float32)
        rows = numbers.reshape(len(numbers), -1)
        present = np.asarray(~np.isnan(rows).any(axis=1))
        return TaskLabels(numbers, present, REGRESSION)

    def _of_vectors(self, values: np.ndarray, feature: Feature) -> TaskLabels:
        if values.ndim != 2 or feature.kind not in (BOOLEAN, INTEGER) or not _are_bits(values):
            raise InvalidLabels(
                f"`tasks[{self.name!r}]`: {feature.path!r} is {feature.described}. A label is one "
                "value, a vector of numbers, or a vector of 0 and 1."
            )
        present = np.ones(len(values), bool)
        return TaskLabels(values.astype(np.float32), present, MULTILABEL, self.classes)


@dataclass(frozen=True)
class ReadTask:
    """The labels of a task, and of how many rows there is no class.

    Attributes:
        labels: The labels; rows with none, or several, of the attributes have no label.
        none: Rows with none of the attributes.
        several: Rows with several of them.
    """

    labels: TaskLabels
    none: int = 0
    several: int = 0


def checked_tasks(
    tree: FeatureTree,
    tasks: Any,
    classes: Mapping[str, Sequence[str]] | None,
    kinds: Mapping[str, str] | None,
) -> list[FeatureTask]:
    """Return the tasks, if their features are there.

    Raises:
        FeatureNotFound: A feature is not there.
        InvalidLabels: A feature cannot be a label.
        ValueError: It is no dict, or an argument names a task that is not in it.
    """
    if not isinstance(tasks, Mapping) or not tasks:
        example = '`tasks={"sex": "attributes/Male"}`'
        raise ValueError(
            f"`tasks` is a dict from names of tasks to features, such as {example}. "
            f"Received: {tasks!r}."
        )
    given_classes = _by_task("classes", classes, tasks)
    given_kinds = _by_task("kinds", kinds, tasks)
    return [
        FeatureTask(
            str(name),
            *_features(tree, spec, f"tasks[{name!r}]"),
            kind=one_of(f"kinds[{name!r}]", given_kinds[name], KINDS)
            if name in given_kinds
            else None,
            classes=checked_classes(given_classes.get(name)),
        )
        for name, spec in tasks.items()
    ]


def _features(tree: FeatureTree, spec: Any, argument: str) -> tuple[tuple[Feature, ...], str]:
    """Return the features of a task, and how they make its labels."""
    if isinstance(spec, list | tuple):
        if len(spec) < 2:
            raise ValueError(
                f"`{argument}` is a feature, or a list of several binary attributes of which one "
                f"is true. Received: {spec!r}."
            )
        features = tuple(tree.feature(path, argument) for path in spec)
        for feature in features:
            _check_attribute(feature, argument)
        return features, "attributes"
    group = tree.group(spec)
    if group:
        for feature in group:
            _check_attribute(feature, argument)
        return tuple(group), "group"
    feature = tree.feature(spec, argument)
    kinds = (CLASS, BOOLEAN, INTEGER, NUMBER, STRING)
    if feature.kind not in kinds or None in feature.shape:
        ragged = " whose length differs between rows" if None in feature.shape else ""
        what = "an image" if feature.kind == IMAGE else f"{feature.described}{ragged}"
        raise InvalidLabels(
            f"`{argument}`: {feature.path!r} is {what}, which is no label. Labels are classes, "
            f"numbers, texts and vectors of fixed length. The features are:\n{tree}"
        )
    return (feature,), "feature"


def _check_attribute(feature: Feature, argument: str) -> None:
    if feature.kind not in (BOOLEAN, INTEGER, CLASS) or feature.shape:
        raise InvalidLabels(
            f"`{argument}`: several features make one task if each is true or false. Received: "
            f"{feature.path!r}, which is {feature.described}."
        )


def _by_task(argument: str, given: Any, tasks: Mapping[str, Any]) -> Mapping[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise ValueError(f"`{argument}` is a dict by task. Received: {given!r}.")
    for name in given:
        one_of(argument, name, tasks)
    return given


def _last_parts(features: Sequence[Feature]) -> tuple[str, ...]:
    return tuple(feature.path.rpartition("/")[2] for feature in features)


def _are_bits(values: np.ndarray) -> bool:
    return bool(np.isin(values, (0, 1)).all())
