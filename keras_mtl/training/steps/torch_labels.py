"""Labels in the batches of a `DataLoader` of torch."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch


@dataclass(frozen=True)
class TensorCollation:
    """The `collate_fn` of a loader, with labels that were given by name as tensors.

    Keras reads tensors only from a loader.
    """

    collate: Callable[[Any], Any]

    def __call__(self, samples: Any) -> Any:
        """Return a batch of tensors."""
        batch = self.collate(samples)
        if not isinstance(batch, tuple | list):
            return batch
        return [torch.as_tensor(one) if isinstance(one, np.ndarray) else one for one in batch]


def with_tensors(loader: Any) -> Any:
    """Return a copy of a loader whose labels are tensors, not arrays."""
    changed = copy.copy(loader)
    changed.collate_fn = TensorCollation(loader.collate_fn)
    return changed
