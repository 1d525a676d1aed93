"""The errors of `keras_mtl`: each one is also the built-in error that it refines.

Example:
    >>> import keras, keras_mtl
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)], name="small")
    >>> try:
    ...     keras_mtl.transfer(model, cut="dens")
    ... except keras_mtl.errors.LayerNotFound as error:  # or `except ValueError`
    ...     print(error)
    `small` has no layer or operation named `dens`. Did you mean `dense`?
"""

from __future__ import annotations

from typing import ClassVar


class KerasMtlError(Exception):
    """The parent of every error that `keras_mtl` raises on purpose."""


class UnsupportedModel(KerasMtlError, TypeError):
    """The object given is not a model whose layers form a known graph."""


class UnbuiltModel(KerasMtlError, ValueError):
    """The model has no input shape yet, so its layers have no outputs."""


class LayerNotFound(KerasMtlError, ValueError):
    """No layer or operation of the model has the name given."""


class InvalidCut(KerasMtlError, ValueError):
    """The model cannot be cut at the place given."""


class CloneError(KerasMtlError, ValueError):
    """A layer cannot be copied, or its copy does not compute what it computes."""


class NotStatic(KerasMtlError, ValueError):
    """A layer that should be static changes its state or draws random numbers in inference."""


class NotSolvable(KerasMtlError, ValueError):
    """What trains is not one linear layer with a loss whose minimum can be computed."""


class HeadMismatch(KerasMtlError, ValueError):
    """A head does not fit the features that the trunk gives."""


class InvalidLabels(KerasMtlError, ValueError):
    """The labels do not fit the kind of the head."""


class InvalidFeatures(KerasMtlError, ValueError):
    """The data given do not fit the inputs of the model."""


class TaskNotFound(KerasMtlError, ValueError):
    """No task has the name given."""


class InvalidSchedule(KerasMtlError, ValueError):
    """The schedule cannot be used for these tasks."""


class InvalidBalancer(KerasMtlError, ValueError):
    """The balancer cannot be used for these tasks."""


class InvalidTaskData(KerasMtlError, ValueError):
    """The data of a task cannot be trained on."""


class DataNotFound(KerasMtlError, FileNotFoundError):
    """There is no file or folder with data at the path given."""


class InvalidInputs(InvalidFeatures, InvalidTaskData):
    """The inputs are no arrays, lack a value, or differ in length."""


class FeatureNotFound(KerasMtlError, ValueError):
    """A data set has no feature, or no column, of the name given."""


class SplitNotFound(KerasMtlError, ValueError):
    """A data set has no part of the name given."""


class DatasetUnavailable(KerasMtlError, OSError):
    """A data set is not on this machine, and cannot be fetched or read."""


class DataEnded(KerasMtlError, RuntimeError):
    """The data of a task ended before training did."""


class MissingLoss(KerasMtlError, ValueError):
    """Nothing says which loss a task is trained with."""


class NonFiniteLoss(KerasMtlError, ArithmeticError):
    """A loss became NaN or infinite."""


class InvalidBackup(KerasMtlError, ValueError):
    """A backup is of another run, or damaged."""


class BackupNotWritable(KerasMtlError, OSError):
    """A backup cannot be written where it was asked for."""


class ExportError(KerasMtlError, OSError):
    """The exported model cannot be written where it was asked for."""


class ExportPathExists(ExportError, FileExistsError):
    """Something is already where the exported model was to be written."""


class ExportPathNotWritable(ExportError, PermissionError):
    """Nothing can be written in the folder that was to hold the exported model."""


class ExportMismatch(KerasMtlError, ValueError):
    """The exported model does not give what the model gives."""


class NotConvertible(KerasMtlError, ValueError):
    """The format of an export, or an engine, lacks something that the model computes."""


class EngineMismatch(KerasMtlError, ValueError):
    """An engine does not give what Keras gives."""


class ExportNotFound(KerasMtlError, FileNotFoundError):
    """There is no exported model where one was to be loaded."""


class DamagedExport(KerasMtlError, ValueError):
    """The files of an exported model are not those that were written."""


class CacheError(KerasMtlError, OSError):
    """Cached features cannot be written, or cannot be read."""


class DamagedCache(CacheError):
    """Cached features are not as they were written."""


class FolderInUse(KerasMtlError, OSError):
    """Another run, of this process or another one, keeps its backups or its search there."""


class SearchNotWritable(KerasMtlError, OSError):
    """The files of a search cannot be written."""


class AnotherComparison(KerasMtlError, ValueError):
    """The folder of a comparison holds another one, or something else."""


class ComparisonNotFound(KerasMtlError, FileNotFoundError):
    """The folder given holds no comparison."""


class ComparisonNotWritable(KerasMtlError, OSError):
    """The runs of a comparison cannot be written."""


class WorkerDied(KerasMtlError, RuntimeError):
    """The processes that do runs of a comparison or trials of a search end again and again."""


class WorkerDiffers(KerasMtlError, RuntimeError):
    """A process that is to do jobs has another version or backend of Keras than their sender."""


class FolderNotShared(KerasMtlError, OSError):
    """The folder through which processes share files is not there on one of their machines."""


class InvalidCluster(KerasMtlError, ValueError):
    """A model was made for other workers than there are, or `TF_CONFIG` does not name them."""


class WorkersDiffer(KerasMtlError, ValueError):
    """Workers that train together were given other data, settings or versions."""


class WorkerLost(KerasMtlError, RuntimeError):
    """Another worker has ended, so that training cannot go on."""


class AllRunsFailed(KerasMtlError, RuntimeError):
    """No run of a comparison has a score."""


class UnsupportedBackend(KerasMtlError, NotImplementedError):
    """The Keras backend in use lacks what was asked for."""


class MissingExtra(KerasMtlError, ImportError):
    """An optional dependency is not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(
            f"{feature} needs the optional dependencies `{extra}`. "
            f'Install them with: pip install "keras_mtl[{extra}]"'
        )


class MissingBackend(KerasMtlError, ImportError):
    """The Keras backend that is asked for is not installed."""

    PIP_LINES: ClassVar = {
        "tensorflow": "pip install tensorflow",
        "jax": 'pip install "keras_mtl[jax]"',
        "torch": 'pip install "keras_mtl[torch]"',
    }

    def __init__(self, backend: str) -> None:
        super().__init__(
            f"The Keras backend `{backend}` is not installed. Install it with: "
            f"{self.PIP_LINES[backend]}. Or choose another one: set `KERAS_BACKEND` before Python "
            'starts, or "backend" in `~/.keras/keras.json`.'
        )
