"""The global random generator of Python, from which nothing else in a worker must draw."""

from __future__ import annotations

import random
import sys


def keep_dask_apart() -> None:
    """Let Dask draw from a generator of its own.

    Twice a second another thread of a worker of Dask estimates how large its objects are, from a
    sample of them. Keras takes the seeds of new layers from the global generator, so a job that
    seeds it would find other values each time.
    """
    sizes = sys.modules.get("dask.sizeof")
    if sizes is not None:
        vars(sizes)["random"] = random.Random()
