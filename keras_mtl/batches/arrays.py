"""Arrays: data sets whose rows are all in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count, islice
from typing import Any

import keras
import numpy as np

from keras_mtl.batches.batch import Batch
from keras_mtl.batches.digests import digest_of_rows
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.batches.orders import BATCH_SIZE, Order, order_of_pass, unshuffled
from keras_mtl.batches.reading import Reader
from keras_mtl.batches.source import DataSource
from keras_mtl.batches.task_batches import TaskData
from keras_mtl.batches.values import as_leaf, as_structure, as_tensors
from keras_mtl.errors import InvalidTaskData
from keras_mtl.keras_private.data_adapters import array_batches, split_off_validation


class ArraySource(DataSource):
    """Arrays, tensors, pandas objects, lists, text; or a structure of them.

    Args:
        x: The inputs of all rows.
        y: Their labels or other targets, or None.
        sample_weight: Their weights, or None.
        batch_size: Rows of a batch.
        part_of: The inputs of more rows, of which these are some that follow each other, and the
            number of the first of them; None if there are no more.
    """

    def __init__(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        batch_size: int = BATCH_SIZE,
        part_of: tuple[Any, int] | None = None,
    ) -> None:
        super().__init__(x, None)
        self.part_of = part_of
        self.y = y
        self.sample_weight = sample_weight
        self.batch_size = batch_size

    @property
    def x(self) -> Any:
        """The inputs of all rows."""
        return self.data

    def as_arrays(
        self, inputs: ModelInputs, *, y_by_column: bool = False, what: str = "`x`"
    ) -> ArraySource:
        """Return the same rows as Keras's adapters take them: NumPy arrays, and tensors of text.

        Args:
            inputs: The inputs of the model: they tell whether a list is one array.
            y_by_column: Whether a data frame of targets becomes a dict of its columns.
            what: What messages call the inputs.

        Raises:
            InvalidInputs: A part is not an array, or a value is missing.
        """
        x = self.x
        if isinstance(x, list | tuple):
            # Keras cannot tell the rows of one input from the arrays of several; the model can.
            arrays = [as_leaf(one, what) for one in inputs.in_order(x, what)]
            x = arrays if len(arrays) > 1 else arrays[0]
        return ArraySource(
            as_tensors(as_structure(x, what, by_columns=inputs.are_named)),
            as_structure(self.y, "`y`", by_columns=y_by_column),
            as_structure(self.sample_weight, "`sample_weight`"),
            batch_size=self.batch_size,
        )

    def split(self, share: float) -> tuple[ArraySource, ArraySource]:
        """Return the first rows and the last rows, as Keras's `validation_split` splits them.

        Raises:
            ValueError: There would be no rows on one side.
        """
        first, last = split_off_validation((self.x, self.y, self.sample_weight), share)
        rows = keras.tree.flatten(first[0])[0].shape[0]
        return (
            ArraySource(*first, part_of=(self.x, 0)),
            ArraySource(*last, part_of=(self.x, rows)),
        )

    def batches(self, limit: int | None = None) -> Iterator[Any]:
        """Return the first batches of rows, in the order of the rows."""
        arrays = (self.x, self.y, self.sample_weight)
        return islice(array_batches(*arrays, batch_size=self.batch_size), limit)

    def task_data(self, reader: Reader, order: Order, mask: Any = None) -> ArrayData:
        """Return the rows as the data of tasks, shuffled anew for each pass.

        Raises:
            InvalidTaskData: A task has no label at all, or the arrays do not go together.
        """
        whole = reader.read((self.x, self.y, self.sample_weight), mask)
        for task in whole.unlabelled(reader.name):
            raise InvalidTaskData(f"No row has a label for `{task}`: all of them are missing.")
        return ArrayData(reader.name, whole, **order._asdict())


class ArrayData(TaskData):
    """Rows in memory, shuffled anew for each pass.

    Args:
        name: The name of the task.
        whole: All rows.
        batch_size: Rows of a batch; the last one of a pass may be shorter.
        shuffle: Whether the rows are shuffled, differently in each pass.
        seed: Seed of the run.
    """

    def __init__(
        self, name: str, whole: Batch, *, batch_size: int = 32, shuffle: bool = True, seed: int = 0
    ) -> None:
        self.whole = whole
        self.num_rows = whole.num_rows
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.seed = seed
        self._pass_length = -(-self.num_rows // batch_size)
        super().__init__(name, self._pass_length)
        # The order of the pass read last (no pass is -1): all batches of a pass share it, and to
        # draw it anew for each batch would take longer than the batch.
        self._order = (-1, np.empty(0, dtype=np.int32))

    def split(self, share: float, batch_size: int | None = None) -> tuple[ArrayData, ArrayData]:
        """Return the first rows, and the last rows for validation, which are not shuffled.

        Args:
            share: The fraction of rows that are held out.
            batch_size: Rows of a batch of the held-out rows; the same as here by default.

        Raises:
            InvalidTaskData: There would be no rows, or no labels of a task, on one side.
        """
        at = int(self.num_rows * (1 - share))  # Rounded as Keras does, for the same rows.
        if at in (0, self.num_rows):
            raise InvalidTaskData(
                f"Of the {self.num_rows} rows of `{self.name}`, `validation_split={share}` leaves "
                "none on one side."
            )
        size = batch_size or self.batch_size
        first, last = self.whole.rows(np.s_[:at]), self.whole.rows(np.s_[at:])
        for task in (*first.unlabelled(self.name), *last.unlabelled(self.name)):
            raise InvalidTaskData(
                f"`validation_split={share}` leaves all labels of `{task}` on one side: it takes "
                "the last rows. Shuffle the rows first, or give `validation_data`."
            )
        kept = self.of(self.name, first, self.batch_size, shuffle=self.shuffle)
        return kept, self.of(self.name, last, size, shuffle=False)

    def of(self, name: str, whole: Batch, batch_size: int, *, shuffle: bool) -> ArrayData:
        """Return some of the rows, or all with other labels."""
        return ArrayData(name, whole, batch_size=batch_size, shuffle=shuffle, seed=self.seed)

    def batch_of(self, rows: np.ndarray) -> Batch:
        """Return the batch of the rows with these indices."""
        return self.whole.rows(rows)

    def rows(self, position: int) -> np.ndarray:
        """Return the row indices of the batch at a position."""
        number, index = divmod(position, self._pass_length)
        return self.order(number)[index * self.batch_size : (index + 1) * self.batch_size]

    def row_blocks(self, positions: Iterable[int]) -> list[np.ndarray]:
        """Return the row indices of the batches at several positions."""
        return [self.rows(position) for position in positions]

    def order(self, number: int) -> np.ndarray:
        """Return all row indices in the order of a pass."""
        if not self.shuffle:
            number = 0  # All passes have the same order.
        if number != self._order[0]:
            self._order = (number, self._drawn(number))
        return self._order[1]

    def one_pass(self, number: int = 0) -> Iterator[Batch]:
        """Yield the batches of one pass."""
        start = number * self._pass_length
        for position in range(start, start + self._pass_length):
            yield self.whole.rows(self.rows(position))

    def batches(self, start: int = 0) -> Iterator[Batch]:
        """Yield the batches from a position on, without end."""
        for position in count(start):
            yield self.whole.rows(self.rows(position))

    def fingerprint(self) -> str:
        """Return the hash of sampled input rows, all labels and the settings of their order."""
        return digest_of_rows(self.whole, [self.batch_size, self.shuffle, self.seed, self.name])

    def _drawn(self, number: int) -> np.ndarray:
        if not self.shuffle:
            return unshuffled(self.num_rows)
        return order_of_pass(self.num_rows, number, name=self.name, seed=self.seed)
