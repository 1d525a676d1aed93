"""The strategies that are asked for."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Mapping
from typing import Any

from keras_mtl.balancing.balancer import Balancer
from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.comparing.strategies.balanced_joint import (
    PREFIX,
    BalancedJoint,
    named_balanced_joint,
)
from keras_mtl.comparing.strategies.given_inputs import Back
from keras_mtl.comparing.strategies.known_strategies import STRATEGIES
from keras_mtl.comparing.strategies.strategy import Strategy
from keras_mtl.comparing.strategies.users_object import FitsAndPredicts, UsersObject

ALL = "all"


def check_strategies(strategies: Any, back: Back, *, has_auxiliary: bool) -> list[Strategy]:
    """Return the strategies in the order in which they are asked for.

    Args:
        strategies: `"all"`, a name, a balancer, an object with `fit` and `predict`, or several of
            these as a list, or by name as a dict.
        back: Brings inputs back into the form in which they were given.
        has_auxiliary: Whether there are data of the first task.

    Raises:
        ValueError: A name is unknown or there twice, or there are no data of the first task.
        TypeError: An object cannot be fitted.
    """
    if isinstance(strategies, str) and strategies == ALL:
        every = map(STRATEGIES.find, STRATEGIES.names)
        return [one for one in every if has_auxiliary or not one.needs_auxiliary]
    chosen = [_strategy(name, one, back) for name, one in _named(strategies)]
    names = Counter(one.name for one in chosen)
    if repeated := [name for name, times in names.items() if times > 1]:
        raise ValueError(
            f"`strategies` has {repeated} twice. Leave one out, or give a dict of strategies by "
            "name."
        )
    for one in chosen:
        if one.needs_auxiliary and not has_auxiliary:
            raise ValueError(
                f"The strategy {one.name!r} trains on data of the first task too: give "
                "`auxiliary=(x, y)`, or leave the strategy out."
            )
    return chosen


def _named(strategies: Any) -> list[tuple[str | None, Any]]:
    if isinstance(strategies, Mapping):
        several = list(strategies.items())
        if wrong := [name for name, _ in several if not isinstance(name, str) or not name]:
            raise ValueError(f"The names of `strategies` are texts. Received: {wrong}.")
    elif isinstance(strategies, list | tuple | set | frozenset):
        several = [(None, one) for one in strategies]
    else:
        several = [(None, strategies)]
    if not several:
        raise ValueError('`strategies` is empty. Pass "all", or the names of some.')
    return several


def _of_name(name: str) -> Strategy:
    names = STRATEGIES.names
    if name in names:
        return STRATEGIES.find(name)
    if name.startswith(PREFIX):
        return named_balanced_joint(name)
    raise ValueError(
        f'`strategies` is "all" or some of {names}, "{PREFIX}" and the name of a balancer, or '
        f"holds objects with `fit` and `predict`. Received: {name!r}."
        f"{did_you_mean(name, (ALL, *names))}"
    )


def _strategy(name: str | None, given: Any, back: Back) -> Strategy:
    if isinstance(given, str):
        return _of_name(given)
    if isinstance(given, Balancer):
        return BalancedJoint(given, name)
    if isinstance(given, Strategy):
        return given
    if isinstance(given, type) or not isinstance(given, FitsAndPredicts):
        raise TypeError(
            "A strategy is a name, or an object with `fit(model, cut, x, y, seed)` and "
            f"`predict(x)`. Received: {given!r}."
        )
    try:
        inspect.signature(given.fit).bind("model", "cut", "x", "y", "seed")
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"`{type(given).__name__}.fit` must take `(model, cut, x, y, seed)`: {error}."
        ) from error
    return UsersObject(name or type(given).__name__, given, back)
