"""The global random generators of Python and NumPy, and that of torch if it is loaded."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np


def global_states() -> dict[str, Any]:
    """Return the states of Python's and NumPy's global generators, as JSON holds them."""
    return {"python": random.getstate(), "numpy": _as_json(np.random.get_state(legacy=False))}


def set_global_states(states: Mapping[str, Any]) -> None:
    """Put back what `global_states` returned, of those generators that it holds."""
    if "python" in states:
        version, numbers, gauss = states["python"]
        random.setstate((version, tuple(numbers), gauss))
    if "numpy" in states:
        np.random.set_state(states["numpy"])


@contextmanager
def seeded(seed: np.random.SeedSequence) -> Iterator[None]:
    """Seed the global generators inside; what they were before comes back afterwards.

    Code inside draws the same numbers whatever was drawn before, and the code around draws as if
    nothing had been drawn inside.

    Args:
        seed: The seed of the numbers drawn inside.
    """
    python, numpy = random.getstate(), np.random.get_state(legacy=False)
    # Not imported here: data that draw from torch have imported it.
    torch = sys.modules.get("torch")
    of_torch = torch.get_rng_state() if torch else None
    number = int.from_bytes(seed.generate_state(4).tobytes(), "little")
    random.seed(number)
    # `np.random.seed` works for one kind of generator only.
    np.random.set_state(getattr(np.random, numpy["bit_generator"])(seed).state)
    if torch:
        torch.default_generator.manual_seed(number % 2**63)
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
        if torch:
            torch.set_rng_state(of_torch)


def _as_json(state: Any) -> Any:
    if isinstance(state, dict):
        return {key: _as_json(value) for key, value in state.items()}
    return state.tolist() if isinstance(state, np.ndarray | np.generic) else state
