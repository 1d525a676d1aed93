"""Every strategy on models with several inputs, text, masks, noise and more."""

import keras
import numpy as np
import pytest

from _models import random_batch, randomised, zoo
from _watching import as_numpy, unchanged
from keras_mtl.comparing.strategies import from_scratch
from keras_mtl.comparing.strategies.known_strategies import STRATEGIES
from keras_mtl.comparing.strategies.strategy import TransferTask
from keras_mtl.estimators.labels.class_form import ClassForm
from keras_mtl.estimators.samples import LabelledSamples, Samples
from keras_mtl.estimators.trunk_cache import TrunkCache
from keras_mtl.finetuning import recipe
from keras_mtl.graph.functional_models import checked_functional
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.probing.candidates import find_candidates


@pytest.fixture(autouse=True)
def few_steps(monkeypatch):
    monkeypatch.setattr(recipe, "FEWEST_STEPS", 4)
    monkeypatch.setattr(recipe, "EPOCHS", 2)
    monkeypatch.setattr(from_scratch, "FEWEST_STEPS", 4)
    monkeypatch.setattr(from_scratch, "EPOCHS", 2)
    monkeypatch.setattr(from_scratch, "RATES", (3e-3,))


def samples_of(model):
    """Twelve rows, as NumPy holds them."""
    batches = [keras.tree.flatten(random_batch(model, seed)) for seed in range(8)]
    arrays = [np.concatenate([as_numpy(one) for one in parts]) for parts in zip(*batches)]  # noqa: B905
    return [array.astype(object) if array.dtype.kind in "SO" else array for array in arrays]


@pytest.mark.slow
@zoo(
    *("nested_twice", "strings", "mixed_precision", "augmentation"),
)
def test_every_strategy_trains_twice_and_predicts_as_its_model(build):
    """Two classes of three in the second run, where all classes must still be known."""
    model = randomised(build())
    model.compile("adam", "mse")
    inputs = samples_of(model)
    rows = len(inputs[0])
    inputs = [
        np.array([[one.decode() for one in row] for row in array], object)
        if array.dtype == object
        else array
        for array in inputs
    ]
    form, values = ClassForm.read(np.array(["a", "b", "c"])[np.arange(rows) % 3], rows)
    samples = Samples(inputs, 4)
    first = LabelledSamples(samples, np.zeros((rows, model.output_shape[-1]), "float32"), None)
    task = TransferTask(TrunkCache(model), "auto", form, first, 4)
    data = LabelledSamples(samples, values, None)
    cut = find_candidates(Graph.of(model), None)[-2].point.layer
    x = keras.tree.pack_sequence_as(checked_functional(model).input, inputs)
    with unchanged(model):
        for name in STRATEGIES.names:
            strategy = STRATEGIES.find(name)
            strategy.fit(task, cut, data, 0)
            fitted = strategy.fit(task, cut, data.take(np.flatnonzero(values < 2)[:5]), 1)
            predicted = fitted.predict(samples)
            kept = fitted.model()
            if name.startswith("features+"):
                found = kept.predict(x)
            else:
                found = task.labels.decode(kept.predict(x, batch_size=4, verbose=0))
            assert np.mean(found == predicted) > 0.8, name  # Rounding may decide a tie.
