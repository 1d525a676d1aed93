"""Errors of a backend of `joblib`, which must reach whoever waits for the results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Lock
from typing import Any

from joblib.parallel import get_active_backend

WAITS_FOR_CALLBACKS = "DaskDistributedBackend"
"""The backend that calls nobody when a job of its own fails."""
METHODS = ("submit", "retrieve_result_callback")
"""What is replaced."""

_USES: Counter[int] = Counter()
"""How many threads wait for results of each backend."""
_CHANGING = Lock()


@contextmanager
def told_errors() -> Iterator[None]:
    """Let the backend of Dask, if it is the active one, tell the errors of Dask itself.

    In joblib 1.6 it does not: where a worker has died too often, or lacks a package, the results
    would be waited for endlessly. To be removed with a joblib that calls back.
    """
    backend = get_active_backend()[0]
    if type(backend).__name__ != WAITS_FOR_CALLBACKS:
        yield
        return
    with _CHANGING:
        if not _USES[id(backend)]:
            vars(backend).update(_telling(backend))
        _USES[id(backend)] += 1
    try:
        yield
    finally:
        with _CHANGING:
            _USES[id(backend)] -= 1
            if not _USES[id(backend)]:
                del _USES[id(backend)]
                for name in METHODS:
                    del vars(backend)[name]


def _telling(backend: Any) -> Mapping[str, Callable[..., Any]]:
    submit, retrieve = (getattr(backend, name) for name in METHODS)

    def submit_and_tell(job: Any, callback: Callable[[Any], None]) -> Future:
        future = submit(job, callback)
        future.add_done_callback(lambda done: callback(done) if done.exception() else None)
        return future

    def retrieve_or_raise(out: Any) -> Any:
        return out.result() if isinstance(out, Future) else retrieve(out)

    return dict(zip(METHODS, (submit_and_tell, retrieve_or_raise), strict=True))
