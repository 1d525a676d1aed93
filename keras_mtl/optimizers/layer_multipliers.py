"""Multipliers of learning rates by names and patterns of layers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from keras_mtl.common.arguments import is_number, number
from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.errors import LayerNotFound
from keras_mtl.optimizers.layer_paths import Path


def checked_multipliers(multipliers: object, argument: str = "multipliers") -> dict[str, float]:
    """Return multipliers by pattern, if each pattern can match and each multiplier can multiply.

    Args:
        multipliers: The multipliers as given.
        argument: The name of the argument, for messages.

    Raises:
        ValueError: It is no dict of these.
    """
    if not isinstance(multipliers, Mapping):
        raise ValueError(
            f"`{argument}` is a dict from names or patterns of layers to numbers, such as "
            f'`{{"trunk": 0.1}}`. Received: {multipliers!r}.'
        )
    for pattern in multipliers:
        _check_pattern(pattern, argument)
    return {
        pattern: number(f"{argument}[{pattern!r}]", multiplier)
        for pattern, multiplier in multipliers.items()
    }


def checked_starting_point(starting_point: object) -> dict[str, float]:
    """Return the decay towards the start by pattern; a number is the one of the trunk.

    Raises:
        ValueError: It is neither a number of at least 0 nor a dict of these.
    """
    if starting_point is None:
        return {}
    if isinstance(starting_point, Mapping):
        return checked_multipliers(starting_point, "starting_point")
    return {"trunk": number("starting_point", starting_point)}


def checked_decay(decay: object) -> float | None:
    """Return a decay in (0, 1] or None.

    Raises:
        ValueError: It is neither.
    """
    if decay is None:
        return None
    if not is_number(decay) or not 0 < decay <= 1:
        raise ValueError(f"`decay` is a number in (0, 1] or None. Received: {decay!r}.")
    return float(decay)


def multipliers_of(
    paths: Sequence[Path], multipliers: Mapping[str, float], default: float = 1.0
) -> list[float]:
    """Return the multiplier of each path.

    Args:
        paths: The paths of the layers of the weights.
        multipliers: The multipliers by pattern.
        default: The multiplier where no pattern matches.

    Raises:
        LayerNotFound: A pattern matches no layer of them; near names are suggested.
        ValueError: Two patterns with different multipliers match the same layer.
    """
    levels = {path[:end] for path in paths for end in range(1, len(path) + 1)}
    for pattern in multipliers:
        if not any(_matches(pattern, level) for level in levels):
            raise LayerNotFound(
                f"No layer with weights matches `{pattern}`.{_near(pattern, levels)}"
            )
    of_path = cache(lambda path: _multiplier(path, multipliers, default))
    return [of_path(path) for path in paths]


def _multiplier(path: Path, multipliers: Mapping[str, float], default: float) -> float:
    """Return the multiplier of a layer, or of the innermost layer around it that has one."""
    for end in range(len(path), 0, -1):
        level = path[:end]
        exact = [key for key in multipliers if level[-len(key.split("/")) :] == _names(key)]
        if exact:
            return multipliers[max(exact, key=lambda key: len(_names(key)))]
        matching = {key: multipliers[key] for key in multipliers if _matches(key, level)}
        if len(set(matching.values())) > 1:
            raise ValueError(
                f"{list(matching)} all match `{'/'.join(level)}`, with different multipliers: "
                f"{list(matching.values())}. Give the layer its own multiplier under its name."
            )
        if matching:
            return next(iter(matching.values()))
    return default


def _matches(pattern: str, level: Path) -> bool:
    """Return whether the last names of a path match a pattern, name by name."""
    parts = _names(pattern)
    return len(parts) <= len(level) and all(map(re.fullmatch, parts, level[-len(parts) :]))


def _names(pattern: str) -> Path:
    return tuple(pattern.split("/"))


def _check_pattern(pattern: object, argument: str) -> None:
    if not isinstance(pattern, str) or not pattern:
        raise ValueError(
            f"A key of `{argument}` is the name of a layer, a pattern, "
            f'"trunk" or "head". Received: {pattern!r}.'
        )
    try:
        for part in _names(pattern):
            re.compile(part)
    except re.error as error:
        raise ValueError(
            f"`{pattern}` is no pattern: each name in it is a regular expression, such as "
            f'"block1_.*" ({error}).'
        ) from error


def _near(pattern: str, levels: Iterable[Path]) -> str:
    ordered = sorted(levels)
    if "/" in pattern:
        return did_you_mean(pattern, dict.fromkeys(map("/".join, ordered)))
    return did_you_mean(pattern, dict.fromkeys(name for level in ordered for name in level))
