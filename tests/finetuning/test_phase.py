import keras
import numpy as np
import pytest

from keras_mtl import Phase, TaskEarlyStopping

BUILT = keras.optimizers.Adam()
BUILT.build([keras.Variable(np.zeros(2, "float32"))])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"unfreeze": 0}, "the number of the last layers that train, at least 1. Received: 0"),
        ({"unfreeze": ""}, "`unfreeze` is"),
        ({"unfreeze": None}, "`unfreeze` is"),
        ({"epochs": 0}, "`epochs` is a positive whole number"),
        ({"steps": 1.5}, "`steps` is a positive whole number"),
        ({"epochs": 1, "steps": 2}, "`epochs` or `steps`, not both. Received: epochs=1, steps=2"),
        ({"learning_rate": 0}, "a positive number, a schedule of Keras or None. Received: 0"),
        ({"optimizer": "adamm"}, "Did you mean 'adam'"),
        ({"optimizer": BUILT}, "is already built"),
        ({"decay": 2.0}, r"`decay` is a number in \(0, 1\]"),
        ({"until": 3}, "`keras.callbacks.EarlyStopping` or None"),
        ({"until": TaskEarlyStopping("hair")}, "`keras.callbacks.EarlyStopping` or None"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Phase(**arguments)
