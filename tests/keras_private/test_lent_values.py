"""An error in the first batch leaves a model its values; see keras_private/lent_values.py."""

import keras
import numpy as np
import pytest

from _watching import as_numpy
from keras_mtl.keras_private.lent_values import values_kept


class Failing(keras.utils.PyDataset):
    """Gives a number of batches, then an error."""

    num_batches = 4

    def __init__(self, given):
        super().__init__()
        self.given = given

    def __getitem__(self, index):
        if index >= self.given:
            raise RuntimeError("no batch")
        return np.ones((2, 2)), np.ones((2, 1))


def compiled():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("adam", "mse", run_eagerly=keras.config.backend() == "tensorflow")
    return model


@pytest.mark.parametrize("given", [0, 1, 3])
@pytest.mark.parametrize("verb", ["fit", "evaluate"])
def test_the_values_are_there_after_an_error(verb, given):
    model = compiled()
    before = [as_numpy(variable).tobytes() for variable in model.variables]
    options = {"shuffle": False} if verb == "fit" else {}

    # TensorFlow wraps the error in one of its own.
    with pytest.raises(Exception, match="no batch"), values_kept(model):
        getattr(model, verb)(Failing(given), verbose=0, **options)

    found = [as_numpy(variable).tobytes() for variable in model.variables]
    assert found == before or verb == "fit"
    history = model.fit(np.ones((2, 2)), np.ones((2, 1)), verbose=0).history
    assert np.isfinite(history["loss"]).all()


@pytest.mark.backend("jax", reason="only there Keras takes values off the variables")
def test_keras_itself_loses_them():
    """If this fails, Keras puts them back, and `values_kept` can go."""
    model = compiled()
    with pytest.raises(RuntimeError, match="no batch"):
        model.evaluate(Failing(3), verbose=0)
    assert any(variable._value is None for variable in model.variables)
