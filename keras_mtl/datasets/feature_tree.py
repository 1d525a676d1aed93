"""Features of a data set that are nested in each other, and the paths to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from keras_mtl.common.near_misses import near_misses
from keras_mtl.errors import FeatureNotFound

IMAGE, CLASS, BOOLEAN, INTEGER, NUMBER, STRING, OTHER = (
    "image",
    "class",
    "boolean",
    "integer",
    "number",
    "text",
    "other",
)
SHOWN = 60


class Feature(NamedTuple):
    """One feature of a data set.

    Attributes:
        path: Where it is, such as `"attributes/Male"`.
        kind: What it is: an image, a class, a boolean, an integer, a number, a text, or other.
        shape: Its shape; None for a size that differs between rows.
        dtype: The dtype of its values; `"string"` for text.
        keys: The keys to its value in a row: they may hold slashes themselves.
        names: The names of the classes; None if it has none.
    """

    path: str
    kind: str
    shape: tuple[int | None, ...]
    dtype: str
    keys: tuple[str, ...]
    names: tuple[str, ...] | None = None

    def value(self, row: Mapping[str, Any]) -> Any:
        """Return the value of the feature in a row, or in a batch of rows."""
        value: Any = row
        for key in self.keys:
            value = value[key]
        return value

    @property
    def described(self) -> str:
        """The kind, with the shape if it has one."""
        if self.kind == CLASS:
            return f"class (of {len(self.names)})" if self.names else "class"
        shape = f" {self.shape}".replace("None", "?") if self.shape else ""
        return f"{self.kind}{shape}"


class FeatureTree:
    """All features of a data set.

    Args:
        name: The name of the data set, for messages.
        features: The features; groups have no entry.
    """

    def __init__(self, name: str, features: Iterable[Feature]) -> None:
        self.name = name
        self.leaves = {feature.path: feature for feature in features}

    def feature(self, path: Any, argument: str) -> Feature:
        """Return the feature at a path.

        Raises:
            FeatureNotFound: There is none, or a group of features.
        """
        if isinstance(path, str) and path in self.leaves:
            return self.leaves[path]
        inside = [feature.path for feature in self.group(path)]
        if inside:
            raise FeatureNotFound(
                f"`{argument}` is a single feature. Received: {path!r}, a group of {len(inside)}, "
                f"such as {inside[0]!r}."
            )
        raise self.not_found(path, argument)

    def group(self, path: Any) -> list[Feature]:
        """Return the features below a path; none if it is no group."""
        if not isinstance(path, str) or path in self.leaves:
            return []
        start = f"{path.rstrip('/')}/"
        return [feature for key, feature in self.leaves.items() if key.startswith(start)]

    def not_found(self, path: Any, argument: str) -> FeatureNotFound:
        """Return an error that shows near names and all features."""
        return FeatureNotFound(
            f"`{argument}`: `{self.name}` has no feature {path!r}.{self._hint(path)} "
            f"Its features:\n{self}"
        )

    def __str__(self) -> str:
        lines: list[str] = []
        for group, features in self._groups().items():
            kinds = {feature.described for feature in features}
            names = [feature.path[len(group) + 1 if group else 0 :] for feature in features]
            if group and len(features) > 3 and len(kinds) == 1:
                lines.append(f"  {group}/  {len(features)} x {kinds.pop()}: {', '.join(names)}")
            else:
                lines += [f"  {feature.path}  {feature.described}" for feature in features]
        more = [f"  ... and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
        return "\n".join([*lines[:SHOWN], *more])

    def _groups(self) -> Mapping[str, list[Feature]]:
        groups: dict[str, list[Feature]] = {}
        for path, feature in self.leaves.items():
            groups.setdefault(path.rpartition("/")[0], []).append(feature)
        return groups

    def _hint(self, path: Any) -> str:
        if not isinstance(path, str):
            return ""
        last = path.rpartition("/")[2]
        same = [key for key in self.leaves if key.rpartition("/")[2] == last]
        by_last = {key.rpartition("/")[2]: key for key in self.leaves}
        near = same or near_misses(path, self.leaves) or near_misses(last, by_last)
        near = [by_last.get(one, one) for one in near]
        return f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
