import warnings

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import keras_mtl
from keras_mtl.datasets import describe, from_arrays, from_frame, tabular_inputs
from keras_mtl.errors import InvalidTaskData, UnsupportedBackend

JOBS = ["chef", "clerk", "pilot"]
TEXT = pytest.mark.backend("tensorflow", reason="Keras takes texts on TensorFlow only")


def people(rows=60, seed=0):
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": draw.integers(18, 80, size=rows),
            "pay (%)": draw.normal(300, 40, size=rows),
            "same": 1.0,
            "job": draw.choice(JOBS, size=rows),
            "town, place": draw.choice(["Rome", "Oslo"], size=rows),
            "sex": draw.choice(["f", "m"], size=rows),
            "income": draw.choice(["low", "high"], size=rows),
        }
    )


def data_of(frame, encode, **arguments):
    return from_frame(frame, tasks=["sex", "income"], encode=encode, **arguments)


def trunk_for(data, units=6):
    inputs, features = tabular_inputs(data)
    hidden = keras.layers.Dense(units, "relu", name="hidden")(features)
    return keras.Model(inputs, keras.layers.Dense(units, "relu", name="last")(hidden))


@pytest.mark.parametrize("encode", [pytest.param(False, marks=TEXT), True])
def test_features_are_those_of_scikit_learn(encode):
    """One-hot vectors have one place more, the first, for texts that are not known."""
    frame = people()
    data = data_of(frame, encode)
    inputs, features = tabular_inputs(data)
    model = keras_mtl.MultiTaskModel(keras.Model(inputs, features), {"sex": 2})
    extractor = keras_mtl.FeatureExtractor(model.task("sex"), cut=1)
    made = extractor.fit_transform(data["sex"].x)
    numbers = StandardScaler().fit_transform(frame[["age", "pay (%)", "same"]])
    places = OneHotEncoder(sparse_output=False).fit_transform(frame[["job", "town, place"]])
    unknown = np.zeros((len(frame), 1))
    expected = np.hstack([numbers, unknown, places[:, :3], unknown, places[:, 3:]])
    assert made == pytest.approx(expected, abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("encode", [pytest.param(False, marks=TEXT), True])
def test_a_table_goes_through_every_verb(tmp_path, encode):
    frame = people(120)
    data = data_of(frame, encode, labels={"income": 30})
    model = keras_mtl.MultiTaskModel(trunk_for(data), data.heads())
    model.fit(data, epochs=2, verbose=0)
    x = data["sex"].x
    before = model.predict(x, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for task, outputs in loaded.predict(x, verbose=0).items():
        assert (outputs == before[task]).all()
    network = model.task("sex")
    moved = keras_mtl.transfer(network, 1, head=data["income"].head())
    moved.fit(data["income"], verbose=0)
    keras_mtl.fit_cached(keras_mtl.transfer(network, 1, head=2), data["income"], verbose=0)
    comparison = keras_mtl.compare(
        network,
        data["income"],
        labels=[12],
        seeds=1,
        strategies=["frozen", "from-scratch"],
        verbose=0,
    )
    assert not any(row.failures for row in comparison)
    scratch = keras_mtl.from_scratch(network, seed=0)
    assert np.isfinite(scratch.predict(x, verbose=0)).all()
    later = keras_mtl.datasets.frame_to_inputs(data, frame[:3].assign(job="astronaut"))
    names = keras_mtl.predict_classes(model, later, task="income", verbose=0)
    assert set(names) <= {"low", "high"}


@TEXT
@pytest.mark.slow
def test_an_exported_model_takes_the_texts(tmp_path):
    import tensorflow as tf

    data = data_of(people(), False)
    model = keras_mtl.MultiTaskModel(trunk_for(data), data.heads()).task("sex")
    keras_mtl.export(model, tmp_path / "model", overwrite=True)
    served = tf.saved_model.load(str(tmp_path / "model"))
    x = data["sex"].x
    tensors = {
        name: tf.constant(x[name][:, None], "string" if x[name].dtype == object else "float32")
        for name in data.input_names
    }
    outputs = served.signatures["serving_default"](**tensors)
    expected = model.predict(x, verbose=0)
    (probabilities,) = [one.numpy() for one in outputs.values() if one.dtype == tf.float32]
    assert probabilities == pytest.approx(expected, abs=1e-6)


def test_columns_that_do_not_vary_stay_small():
    data = data_of(people(), True)
    model = keras_mtl.MultiTaskModel(trunk_for(data), {"sex": 2})
    later = keras_mtl.datasets.frame_to_inputs(data, people(4).assign(same=2.0))
    assert np.isfinite(model.predict(later, task="sex", verbose=0)).all()
    layer = next(one for one in model.trunk.layers if one.name == "same_encoded")
    assert float(keras.ops.max(keras.ops.abs(layer(np.full((2, 1), 2.0))))) == 1


def test_names_that_keras_would_refuse():
    draw = np.random.default_rng(0)
    names = ["x/y", "x_y", "x y", "x_y_encoded", "columns", "größe", "%"]
    table = {name: draw.normal(size=30) for name in names}
    data = from_frame({**table, "sex": np.arange(30) % 2}, names, "sex")
    inputs, features = tabular_inputs(data)
    assert list(inputs) == names and features.shape == (None, 7)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "When providing `inputs` as a dict", UserWarning)
        keras.Model(inputs, features)


def test_one_input_and_vectors():
    x = np.random.default_rng(0).normal(2, 3, size=(30, 4)).astype("float32")
    data = from_arrays({"x": x, "y": np.arange(30) % 3})
    inputs, features = tabular_inputs(data["y"])
    assert inputs.shape == (None, 4)
    made = keras.ops.convert_to_numpy(keras.Model(inputs, features)(x))
    assert made == pytest.approx(StandardScaler().fit_transform(x), abs=1e-5)


def test_what_is_no_table():
    picture = from_arrays({"x": np.zeros((6, 4, 4)), "y": np.arange(6) % 2})
    with pytest.raises(InvalidTaskData, match=r"'x' has rows of the shape \(4, 4\)"):
        tabular_inputs(picture)
    gaps = from_arrays({"x": np.full((6, 2), np.nan), "y": np.arange(6) % 2})
    with pytest.raises(InvalidTaskData, match=r"no number.* in 6 of 6 rows"):
        tabular_inputs(gaps)
    parts = data_of(people(), True, split={"train": 0.5, "test": 0.5})
    with pytest.raises(TypeError, match=r"such as `data\['train'\]`"):
        tabular_inputs(parts)
    assert len(describe(parts)) == 4


@TEXT
def test_names_are_no_categories():
    frame = people().assign(job=[f"name {row}" for row in range(60)])
    with pytest.raises(InvalidTaskData, match="'job' has 60 different texts in 60 rows"):
        tabular_inputs(data_of(frame, False))


@pytest.mark.backend("jax", "torch", reason="TensorFlow takes texts")
def test_a_backend_without_texts_says_so():
    with pytest.raises(UnsupportedBackend, match=r"'job' holds texts.*encode=True"):
        tabular_inputs(data_of(people(), False))
