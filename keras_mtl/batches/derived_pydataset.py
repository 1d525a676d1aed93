"""A `PyDataset` made of another one."""

from __future__ import annotations

import keras


class DerivedPyDataset(keras.utils.PyDataset):
    """Reads the batches of another `PyDataset`, whose workers and hooks stay its own.

    Args:
        dataset: The data set.
    """

    def __init__(self, dataset: keras.utils.PyDataset) -> None:
        super().__init__(
            workers=dataset.workers,
            use_multiprocessing=dataset.use_multiprocessing,
            max_queue_size=dataset.max_queue_size,
        )
        self._dataset = dataset

    @property
    def num_batches(self) -> int | None:
        """The number of batches; None where it is not known."""
        known: int | None = self._dataset.num_batches
        return known

    def on_epoch_begin(self) -> None:
        """Call the hook of the data set."""
        self._dataset.on_epoch_begin()

    def on_epoch_end(self) -> None:
        """Call the hook of the data set."""
        self._dataset.on_epoch_end()
