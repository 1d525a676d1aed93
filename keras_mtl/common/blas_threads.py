"""The threads of linear algebra."""

from __future__ import annotations

from threadpoolctl import threadpool_limits


def one_blas_thread() -> threadpool_limits:
    """Return a context in which BLAS uses one thread.

    Decompositions and products of matrices of a few hundred to a few thousand rows hand out many
    small pieces of work, and threads of BLAS wait for each other by spinning: several are hardly
    faster than one on an idle machine, and up to ninety times slower on a busy one.
    """
    return threadpool_limits(1, "blas")
