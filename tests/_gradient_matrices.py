"""Gradients of tasks as matrices, and what balancers make of many of them at once."""

import contextlib

import keras
import numpy as np

A = [[-4.0, 1, 1], [6, 1, 1]]
F = [[1.0, 0, 0], [-1, 2, 0], [-1, -1, 2]]
G = [[100.0, 0], [-1, 1]]
DTYPES = ("float32", "float64")
SHAPES = ((2, 5), (4, 100), (8, 1000))


@contextlib.contextmanager
def all_dtypes():
    """On JAX there is no float64 unless it is asked for."""
    if keras.backend.backend() != "jax":
        yield
        return
    import jax

    with jax.enable_x64(True):
        yield


def combined(balancer, gradients, dtype, **others):
    with all_dtypes():
        update = balancer.combine(np.asarray(gradients, dtype), **others)
    assert update.dtype == dtype
    return update.astype("float64")


def many(rng, tasks, parameters, each):
    """Matrices `(7 * each, tasks, parameters)` of every awkward sort."""
    shape = (each, tasks, parameters)
    plain = rng.normal(size=shape)
    copied, opposite, idle = plain.copy(), plain.copy(), plain.copy()
    copied[:, 1] = copied[:, 0]
    opposite[:, 1] = -2 * opposite[:, 0] + 0.01 * opposite[:, 1]
    idle[:, 1] = 0
    mean = plain.mean(1, keepdims=True)
    conflicting = plain - mean + 0.2 * mean * rng.uniform(size=(each, 1, 1))
    norms = 10 ** rng.uniform(-6, 0, size=(each, tasks, 1))
    scales = 10 ** rng.choice([-6.0, 6.0], size=(each, 1, 1))
    sorts = (plain, copied, opposite, idle, conflicting, conflicting * norms, conflicting * scales)
    return np.concatenate(sorts)


def weights_of(balancer, matrices, dtype, present=None):
    """The weights for matrices `(n, tasks, parameters)`, as float64 `(n, tasks)`."""
    matrices = matrices.astype(dtype)
    shape = matrices.shape[:2]
    present = np.ones(shape, bool) if present is None else present
    with all_dtypes():
        gramians = matrices @ matrices.swapaxes(1, 2)
        tensors = [
            keras.ops.convert_to_tensor(one, dtype=dtype) for one in (gramians, np.ones(shape))
        ]
        balance = balancer.balance
        if keras.backend.backend() == "jax":  # As in a step; each operation alone compiles longer.
            import jax

            balance = jax.jit(balance)
        weights, _ = balance(*tensors, keras.ops.convert_to_tensor(present), {})
        return keras.ops.convert_to_numpy(weights).astype("float64")


def updates_of(weights, matrices):
    return np.einsum("nt,ntp->np", weights, matrices)


def products_of(matrices, updates):
    return np.einsum("ntp,np->nt", matrices, updates)


def lengths(vectors):
    return np.linalg.norm(vectors, axis=-1)
