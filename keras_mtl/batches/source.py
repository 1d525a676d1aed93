"""The interface that every kind of data has once it is recognised."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from itertools import islice
from typing import Any

from keras_mtl.batches.label_check import LabelCheck
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.batches.orders import Order
from keras_mtl.batches.reading import Reader
from keras_mtl.batches.task_batches import TaskData


class DataSource(ABC):
    """Data of one kind, as the user gave them.

    Args:
        data: What the user gave.
        num_batches: Batches in a pass; None where it is not known.

    Attributes:
        is_read_once: Whether the batches can be read only once.
        is_endless: Whether a pass is known to have no end.
        shard_policy: The name of the `auto_shard_policy` of a `tf.data.Dataset`; "" for others.
    """

    is_read_once = False
    shard_policy = ""

    def __init__(self, data: Any, num_batches: int | None, *, is_endless: bool = False) -> None:
        self.data = data
        self.num_batches = num_batches
        self.is_endless = is_endless

    @property
    def kind(self) -> str:
        """The name of the class of the data, for messages."""
        return type(self.data).__name__

    @abstractmethod
    def batches(self, limit: int | None = None) -> Iterator[Any]:
        """Return the first batches of a pass, in their order.

        A batch is what `keras.utils.unpack_x_y_sample_weight` takes, of arrays of any kind.

        Args:
            limit: The number of batches; None for all.
        """

    def share(self, index: int, count: int) -> Iterator[Any]:
        """Return every `count`-th batch of a pass, from the batch at `index` on.

        All shares together are the batches of a pass. A source that can skip batches without
        making them does so.

        Args:
            index: The number of the share, at least 0 and below `count`.
            count: The number of shares.
        """
        return islice(self.batches(), index, None, count)

    def check_form(  # noqa: B027 (of most kinds nothing is known)
        self, inputs: ModelInputs, what: str, *, labelled: bool = False
    ) -> None:
        """Refuse what is known, before the data are read, not to fit a model.

        Args:
            inputs: The inputs of the model.
            what: What messages call the data.
            labelled: Whether batches need labels.
        """

    def checked(self, check: LabelCheck) -> Any:
        """Return the data, the labels of whose batches are checked when they are read.

        They come back as they are where Keras would not take anything else.
        """
        del check
        return self.data

    @abstractmethod
    def task_data(self, reader: Reader, order: Order) -> TaskData:
        """Return the data as batches without end for the training of tasks.

        Args:
            reader: Checks the batches and puts them into one form.
            order: How batches are ordered, where the order is not that of the data.
        """
