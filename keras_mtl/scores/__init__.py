"""Transferability scores: how well features or source predictions fit a new task, untrained.

Each takes arrays and returns a float; higher is better.

| score     | needs                      | good for                                           |
|-----------|----------------------------|----------------------------------------------------|
| `logme`   | features, labels           | any shape of features; regression too              |
| `h_score` | features, labels           | many more samples than features                    |
| `leep`    | source outputs, labels     | a source model that still has its classifier       |
| `nce`     | source labels, labels      | samples that are labelled for both tasks           |

Example:
    >>> import keras_mtl
    >>> features, labels = [[0.0, 1.0], [0.1, 1.1], [1.0, 0.2], [1.1, 0.1]], [0, 0, 1, 1]
    >>> useless = [[0.0], [1.0], [0.0], [1.0]]
    >>> keras_mtl.scores.logme(features, labels) > keras_mtl.scores.logme(useless, labels)
    True
"""

from keras_mtl.scores.h_score import h_score
from keras_mtl.scores.leep import leep
from keras_mtl.scores.logme import logme
from keras_mtl.scores.nce import nce

__all__ = ["h_score", "leep", "logme", "nce"]
