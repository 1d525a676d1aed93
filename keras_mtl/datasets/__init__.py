"""Data sets as `{task: (x, y)}`.

Example:
    >>> import keras_mtl
    >>> x, y = keras_mtl.datasets.digits(labels={"digit": 50})["digit"]
    >>> len(y)
    50
"""

from keras_mtl.datasets.budgets import nested_budget
from keras_mtl.datasets.digits import digits

__all__ = ["digits", "nested_budget"]
