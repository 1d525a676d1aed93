"""What Keras does not export but the replay of data needs, in one place.

Written against Keras 3.15: how `fit` splits arrays, shuffles them and makes batches of them.
"""

from __future__ import annotations

from keras.src.trainers.data_adapters import get_data_adapter, is_tf_dataset
from keras.src.trainers.data_adapters.array_data_adapter import (
    ArrayDataAdapter,
    can_convert_arrays,
)
from keras.src.trainers.data_adapters.array_slicing import train_validation_split
from keras.src.trainers.data_adapters.data_adapter import DataAdapter
from keras.src.trainers.data_adapters.generator_data_adapter import GeneratorDataAdapter
from keras.src.trainers.data_adapters.py_dataset_adapter import PyDatasetAdapter
from keras.src.trainers.data_adapters.tf_dataset_adapter import TFDatasetAdapter

__all__ = [
    "ArrayDataAdapter",
    "DataAdapter",
    "GeneratorDataAdapter",
    "PyDatasetAdapter",
    "TFDatasetAdapter",
    "can_convert_arrays",
    "get_data_adapter",
    "is_tf_dataset",
    "train_validation_split",
]
