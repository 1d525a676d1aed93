"""Dtype policies of the layers of a head."""

from __future__ import annotations

import keras


def without_quantization(policy: keras.DTypePolicy) -> keras.DTypePolicy:
    """Return the policy with the same dtypes that quantizes nothing.

    Keras's layers without weights refuse to run under a quantized policy.
    """
    if policy.quantization_mode is None:
        return policy
    same = policy.compute_dtype == policy.variable_dtype
    return keras.DTypePolicy(policy.compute_dtype if same else f"mixed_{policy.compute_dtype}")
