import keras
import numpy as np
import pytest
from keras import layers

from _comparisons import Majority, experiment, named_blobs, with_test
from keras_mtl.comparing.checked_experiment import check_seeds
from keras_mtl.errors import InvalidCut, InvalidFeatures, InvalidLabels, LayerNotFound

X, Y = named_blobs()


def test_without_test_rows_it_is_a_cross_validation():
    one = experiment(labels="auto")
    assert (one.folds, one.counts, one.seeds, one.kind) == (
        5,
        [10, 20, 48],
        [0, 1],
        "classification",
    )
    assert one.judged == "5-fold cross-validation of 60 rows, repeated 2 times"
    assert one.classes == ("ash", "bay", "cob")
    held_out = with_test(labels="auto")
    assert (held_out.folds, held_out.counts[-1], held_out.judged) == (None, 40, "20 test rows")
    numbers = experiment(X, X[:, 0], labels=10)
    assert (numbers.kind, numbers.classes, numbers.metric.name) == ("regression", None, "r2")


def test_cuts():
    assert experiment(cut="auto").cut is None
    assert experiment(cut=1).cut == "second"
    assert experiment(cut=0).cut == "old"
    for cut, error in (
        ("frist", LayerNotFound),
        (99, InvalidCut),
        (["first", "second"], InvalidCut),
    ):
        with pytest.raises(error):
            experiment(cut=cut)


@pytest.mark.parametrize(
    ("seeds", "expected"),
    [(3, [0, 1, 2]), ([4, 2], [4, 2]), (np.array([7]), [7]), (range(2), [0, 1])],
)
def test_seeds(seeds, expected):
    assert check_seeds(seeds) == expected


def data_set():
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices((X, Y)).batch(8)


def wrong(**arguments):
    return arguments


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (wrong(seeds=[1, 2, 1]), ValueError, r"`seeds` has \[1\] twice"),
        (wrong(seeds=0), ValueError, "positive whole number"),
        (wrong(seeds="5"), ValueError, "number of seeds, or a list"),
        (wrong(seeds=[-1]), ValueError, "at least 0"),
        (wrong(strategies=["frozne"]), ValueError, "Did you mean 'frozen'"),
        (wrong(strategies=["frozen", "frozen"]), ValueError, r"\['frozen'\] twice"),
        (wrong(strategies=Majority), TypeError, "A strategy is a name, or an object"),
        (wrong(strategies="joint"), ValueError, "give `auxiliary="),
        (wrong(labels=61), ValueError, "what folds leave of the 60"),
        (wrong(pooling="none"), ValueError, "a vector for each sample"),
        (wrong(pooling="mean"), ValueError, "is one of"),
        (wrong(batch_size=0), ValueError, "positive whole number"),
        (wrong(metric="acc"), ValueError, "name of a scorer"),
        (wrong(kind="multilabel"), ValueError, "`kind` is one of"),
        (wrong(test=X), ValueError, r"`test` is a pair `\(x, y\)`"),
        (wrong(test=(X, Y)), InvalidFeatures, "60 of the 60 test rows are rows of `x` too"),
        (wrong(test=(X + 1, Y[:-1])), InvalidLabels, r"`test\[1\]`.*59 labels and 60"),
        (wrong(test=(X[:1] + 1, ["dew"])), InvalidLabels, r"teaches the classes \['dew'\]"),
        (wrong(test=(X[:, :3], Y)), InvalidFeatures, r"`test\[0\]`"),
        (wrong(x=X[:, :3], y=Y), InvalidFeatures, "`x`"),
        (wrong(x=np.where(X > 1, np.nan, X), y=Y), InvalidFeatures, "NaN"),
        (
            wrong(x=X, y=np.where(np.arange(60) == 0, "dew", Y)),
            InvalidLabels,
            "one row only of 'dew'",
        ),
        (wrong(x=X, y=None), InvalidLabels, "Received: None"),
        (wrong(x=iter([X]), y=Y), InvalidFeatures, "draws rows from arrays"),
        (wrong(auxiliary=(X, Y)), ValueError, "not compiled"),
    ],
)
def test_bad_input(arguments, error, message):
    with pytest.raises(error, match=message):
        experiment(**arguments)


@pytest.mark.backend("tensorflow", reason="it has data sets of its own")
def test_a_data_set_is_refused_with_advice():
    with pytest.raises(InvalidFeatures, match="into arrays before"):
        experiment(data_set(), Y)


def test_inputs_of_any_width():
    """A head on flattened pictures fits for one size only."""
    pictures = np.random.default_rng(0).normal(size=(12, 5, 5, 1))
    model = keras.Sequential(
        [keras.Input((None, None, 1)), layers.Conv2D(2, 3, name="conv"), layers.Conv2D(1, 1)]
    )
    given = {"cut": "conv", "labels": [4], "model": model}
    one = experiment(pictures, np.arange(12) % 2, pooling="flatten", **given)
    assert one.task.model.input.shape == (None, 5, 5, 1)
    assert one.task.vectors("conv").model.outputs[0].shape == (None, 18)
    larger = np.zeros((4, 6, 6, 1)), [0, 1, 0, 1]
    with pytest.raises(InvalidFeatures, match=r"`test` must have the shape \(5, 5, 1\)"):
        experiment(pictures, np.arange(12) % 2, pooling="flatten", test=larger, **given)
    free = experiment(pictures, np.arange(12) % 2, test=larger, **given)
    assert free.task.model is model
