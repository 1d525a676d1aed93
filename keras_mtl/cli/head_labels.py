"""Whether labels fit the head of a model, and the names of its classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras_mtl.cli.failures import bad_data

if TYPE_CHECKING:
    from keras_mtl.datasets.task_dataset import TaskDataset
    from keras_mtl.models.transfer_model import TransferModel


def name_classes(network: TransferModel, rows: TaskDataset) -> None:
    """Give the head the names of the classes of the data, if it has none; this changes it.

    Raises:
        CommandFailed: The head is for other labels.
    """
    head = network.head
    needed = rows.head()
    if (head.kind, head.units) != (needed.kind, needed.units):
        names = f": {', '.join(rows.classes)}" if rows.classes else ""
        raise bad_data(
            f"The head of `{network.name}` is for {head.kind} with {head.units} outputs; the "
            f"labels `{rows.name}` are {needed.kind} with {needed.units}{names}. Give `transfer` "
            f"the right `--head` and `--kind`, or choose other labels by `--task`."
        )
    if head.classes is None and rows.classes is not None:
        head.classes = tuple(rows.classes)
