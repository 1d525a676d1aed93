"""Balancers by their names, and in the configs of models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from keras_mtl.balancing.balancer import Balancer
from keras_mtl.balancing.bloop import Bloop
from keras_mtl.balancing.cagrad import CAGrad
from keras_mtl.balancing.dualproj import DualProj
from keras_mtl.balancing.fairgrad import FairGrad
from keras_mtl.balancing.gradient_gate import GradientGate
from keras_mtl.balancing.main_task import MainTaskBalancer
from keras_mtl.balancing.nash_mtl import NashMTL
from keras_mtl.balancing.pcgrad import PCGrad
from keras_mtl.balancing.random_weighting import RandomWeighting
from keras_mtl.balancing.uncertainty_weighting import UncertaintyWeighting
from keras_mtl.balancing.upgrad import UPGrad
from keras_mtl.common.near_misses import did_you_mean

CLASSES: tuple[type[Balancer], ...] = (
    Bloop,
    CAGrad,
    DualProj,
    FairGrad,
    GradientGate,
    NashMTL,
    PCGrad,
    RandomWeighting,
    UncertaintyWeighting,
    UPGrad,
)


def as_balancer(balancer: object) -> Balancer | None:
    """Return a balancer as it is, the balancer of a name, or None for None.

    Args:
        balancer: A balancer; the name of its class, in any case, with or without `_` between the
            words, for those whose arguments all have defaults; or None.

    Raises:
        ValueError: There is no balancer of the name, or it needs arguments.
        TypeError: It is something else.
    """
    if balancer is None or isinstance(balancer, Balancer):
        return balancer
    if isinstance(balancer, str):
        return named_balancer(balancer)
    if isinstance(balancer, type) and issubclass(balancer, Balancer):
        raise TypeError(
            f"A balancer is an object: pass `{balancer.__name__}(...)`, not the class itself."
        )
    raise TypeError(
        "`balancer` is one of `keras_mtl.balancing`, such as `UPGrad()`, its name or None. "
        f"Received: {balancer!r}."
    )


def named_balancer(name: str, main: str | None = None) -> Balancer:
    """Return the balancer of a name, with the defaults of its arguments.

    Args:
        name: The name of its class, in any case, with or without `_` between the words.
        main: The main task, for balancers that have one; None if it is not known.

    Raises:
        ValueError: There is no balancer of the name, or it needs a main task.
    """
    known = {_plain(cls.__name__): cls for cls in CLASSES}
    cls = known.get(_plain(name))
    if cls is None:
        names = [cls.__name__ for cls in CLASSES]
        near = did_you_mean(_plain(name), known)
        hint = next((f" Did you mean {one!r}?" for one in names if f"'{_plain(one)}'" in near), "")
        raise ValueError(f"There is no balancer {name!r}; the balancers are {names}.{hint}")
    if not issubclass(cls, MainTaskBalancer):
        return cls()
    if main is None:
        raise ValueError(
            f"`balancer={name!r}` needs the name of the main task: pass "
            f'`keras_mtl.balancing.{cls.__name__}(main="...")`.'
        )
    return cls(main)


def balancer_config(balancer: Balancer | None) -> dict[str, Any] | None:
    """Return what a saved model holds of a balancer: its class and its arguments.

    Raises:
        NotImplementedError: It is of a class that takes arguments and does not say them.
    """
    if balancer is None:
        return None
    config: dict[str, Any] = keras.saving.serialize_keras_object(balancer)
    return config


def balancer_from_config(config: Mapping[str, Any] | None) -> Balancer | None:
    """Return the balancer that a saved model holds.

    Raises:
        TypeError: Its class is not known: it is neither one of `keras_mtl.balancing` nor registered
            with Keras.
    """
    if config is None:
        return None
    balancer = keras.saving.deserialize_keras_object(dict(config))
    if not isinstance(balancer, Balancer):
        raise TypeError(f"The saved balancer is no balancer: {balancer!r}.")
    return balancer


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
