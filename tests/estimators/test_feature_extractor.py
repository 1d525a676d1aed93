import copy
import subprocess
import sys
import textwrap

import joblib
import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from keras_mtl.datasets.digits import digits
from keras_mtl.errors import InvalidCut, InvalidFeatures, LayerNotFound, UnsupportedModel
from keras_mtl.estimators import trunk_cache
from keras_mtl.estimators.feature_extractor import FeatureExtractor
from keras_mtl.estimators.pooled_trunk import PooledTrunk

TOLERANCE = {"rtol": 1e-5, "atol": 1e-6}


class Counted(keras.layers.Layer):
    """Passes its input on and counts how often its Python code runs."""

    runs = 0

    def call(self, x):
        type(self).runs += 1
        return x


def convnet(*extra):
    return keras.Sequential(
        [
            keras.Input((8, 8, 1), name="image"),
            keras.layers.Conv2D(6, 3, activation="relu", name="first"),
            keras.layers.BatchNormalization(name="normalization"),
            keras.layers.Dropout(0.5, name="dropout"),
            *extra,
            keras.layers.Conv2D(5, 3, activation="relu", name="second"),
            keras.layers.Flatten(name="flatten"),
            keras.layers.Dense(2, activation="softmax", name="label"),
        ],
        name="convnet",
    )


def two_inputs(as_dict=False):
    image, number = keras.Input((4, 4, 2), name="image"), keras.Input((3,), name="number")
    seen = keras.layers.GlobalMaxPooling2D(name="seen")(image)
    joint = keras.layers.Concatenate(name="joint")([seen, number])
    inputs = {"number": number, "image": image} if as_dict else [image, number]
    return keras.Model(inputs, keras.layers.Dense(2)(joint))


def images(samples=7):
    return np.random.default_rng(0).random((samples, 8, 8, 1), dtype="float32")


def averaged_output(model, layer, x):
    """The reference: what the layer gives inside the model, averaged over space."""
    output = model.get_layer(layer).output
    return keras.Model(model.inputs, output).predict(x, verbose=0).mean(axis=(1, 2))


def train(model, epochs=1):
    x, y = digits("parity", labels={"parity": 400})["parity"]
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    model.fit(x, y, epochs=epochs, verbose=0)


def randomise(model):
    """Weights and moving statistics with which no layer does nothing by accident."""
    random = np.random.default_rng(1)
    model.set_weights([random.uniform(0.1, 1, weight.shape) for weight in model.get_weights()])


def copies(model):
    return [keras.ops.convert_to_numpy(variable).copy() for variable in model.variables]


@pytest.fixture
def model():
    return convnet()


# What the features are


@pytest.mark.parametrize("cut, layer", [(4, "normalization"), ("first", "first"), (2, "second")])
def test_features_are_the_averaged_output_of_the_layer(model, cut, layer):
    randomise(model)
    features = FeatureExtractor(model, cut).transform(images(40))
    assert features.dtype == "float32"
    np.testing.assert_allclose(features, averaged_output(model, layer, images(40)), **TOLERANCE)


def test_ways_of_pooling(model):
    x = images()
    maps = keras.Model(model.inputs, model.get_layer("second").output).predict(x, verbose=0)
    expected = {
        "auto": maps.mean((1, 2)),
        "avg": maps.mean((1, 2)),
        "max": maps.max((1, 2)),
        "flatten": maps.reshape(7, -1),
    }
    for pooling, features in expected.items():
        found = FeatureExtractor(model, "second", pooling=pooling).transform(x)
        np.testing.assert_allclose(found, features, **TOLERANCE)
    flat = FeatureExtractor(model, 1, pooling="none").transform(x)
    np.testing.assert_allclose(flat, expected["flatten"], **TOLERANCE)


def test_masked_steps_do_not_count():
    model = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(9, 4, mask_zero=True, name="embedding"),
            keras.layers.LSTM(2),
        ]
    )
    # The mask goes past the layer, so it is no cut for a new head, but its output can be taken.
    features = FeatureExtractor(model, ["embedding"]).transform([[3, 5, 0, 0], [2, 0, 0, 0]])
    vectors = keras.ops.convert_to_numpy(model.get_layer("embedding").embeddings)
    np.testing.assert_allclose(features, [vectors[[3, 5]].mean(0), vectors[2]], **TOLERANCE)


def test_several_cuts_stand_side_by_side_in_their_order(model):
    x = images()
    separate = [FeatureExtractor(model, cut).transform(x) for cut in ("second", "label", "first")]
    together = FeatureExtractor(model, ["second", "label", "first"]).transform(x)
    np.testing.assert_allclose(together, np.concatenate(separate, axis=1), **TOLERANCE)


def test_all_outputs_of_a_whole_model():
    inputs = keras.Input((3,))
    outputs = {name: keras.layers.Dense(size)(inputs) for name, size in [("b", 2), ("a", 4)]}
    features = FeatureExtractor(keras.Model(inputs, outputs), cut=0).transform(np.ones((5, 3)))
    assert features.shape == (5, 6)


def test_inside_a_nested_model(model):
    outer = keras.Sequential([keras.Input((8, 8, 1)), model, keras.layers.Dense(3)])
    features = FeatureExtractor(outer, "convnet/first").transform(images())
    expected = FeatureExtractor(model, "first").transform(images())
    np.testing.assert_allclose(features, expected, **TOLERANCE)


def test_features_are_the_same_whatever_the_batches(model):
    x = images(21)
    whole = FeatureExtractor(model).transform(x)
    for batch_size in (1, 5, 32):
        features = FeatureExtractor(model, batch_size=batch_size).transform(x)
        np.testing.assert_allclose(features, whole, **TOLERANCE)
    one_by_one = [FeatureExtractor(model).transform(x[i : i + 1]) for i in range(3)]
    np.testing.assert_allclose(np.concatenate(one_by_one), whole[:3], **TOLERANCE)


def test_dtypes_of_the_data_do_not_matter(model):
    x = (images() * 255).astype("uint8")
    expected = FeatureExtractor(model).transform(x.astype("float32"))
    for data in (x, x.astype("float64"), x[..., 0], x.tolist(), keras.ops.convert_to_tensor(x)):
        assert np.array_equal(FeatureExtractor(model).transform(data), expected)


def test_mixed_precision_gives_float32():
    half = keras.layers.Dense(4, dtype="mixed_float16")
    model = keras.Sequential([keras.Input((3,)), half, keras.layers.Dense(2)])
    assert FeatureExtractor(model).transform(np.ones((2, 3))).dtype == "float32"


@pytest.mark.backend("tensorflow", reason="only TensorFlow has text tensors")
def test_text():
    words = keras.layers.TextVectorization(vocabulary=["cat", "dog"])
    layers = [words, keras.layers.Embedding(4, 5), keras.layers.LSTM(2)]
    extractor = FeatureExtractor(keras.Sequential([keras.Input((1,), dtype="string"), *layers]))
    features = extractor.transform(["a dog", "cat dog", "dog a"])
    np.testing.assert_allclose(features[0], features[2], **TOLERANCE)
    assert not np.allclose(features[0], features[1])
    with pytest.raises(InvalidFeatures, match="takes text"):
        extractor.transform([1, 2])


@pytest.mark.parametrize("as_dict", [False, True])
def test_several_inputs(as_dict):
    extractor = FeatureExtractor(two_inputs(as_dict))
    image, number = np.random.rand(5, 4, 4, 2), np.random.rand(5, 3)
    expected = np.concatenate([image.max((1, 2)), number], axis=1)
    for X in ([image, number], {"number": number, "image": image}):
        np.testing.assert_allclose(extractor.fit(X).transform(X), expected, **TOLERANCE)


# Static, shared, made once, up to date


def test_dropout_is_off_and_the_model_is_unchanged(model):
    before = copies(model)
    extractor = FeatureExtractor(model, "second")
    first, second = extractor.transform(images()), extractor.fit_transform(images())
    assert np.array_equal(first, second)
    assert all(map(np.array_equal, before, copies(model)))
    assert model.trainable and all(layer.trainable for layer in model.layers)


@pytest.mark.slow
def test_features_follow_the_model_when_it_is_trained_further(model):
    extractor = FeatureExtractor(model, "second")
    before = extractor.transform(images())
    train(model)
    after = extractor.transform(images())
    assert not np.allclose(before, after)
    np.testing.assert_allclose(after, averaged_output(model, "second", images()), **TOLERANCE)


def test_training_only_the_removed_layers_does_not_make_a_new_trunk(model, made_trunks):
    extractor = FeatureExtractor(model, "second")
    extractor.transform(images())
    model.get_layer("label").kernel.assign(np.ones((80, 2)))
    extractor.transform(images())
    assert made_trunks == ["second"]


def test_layers_removed_from_a_sequential_model_are_noticed(model):
    extractor = FeatureExtractor(model, cut=1)
    assert extractor.transform(images()).shape == (7, 80)
    model.pop()
    assert extractor.transform(images()).shape == (7, 5)


@pytest.fixture
def made_trunks(monkeypatch):
    """The cuts of the trunks that are made while the test runs."""
    made = []

    def recorded(model, cut, pooling):
        made.append(cut)
        return PooledTrunk(model, cut, pooling)

    monkeypatch.setattr(trunk_cache, "PooledTrunk", recorded)
    return made


def test_a_trunk_is_made_once_for_all_clones(model, made_trunks):
    extractor = FeatureExtractor(model)
    for cut in (1, "second", ["second", "first"], 1, "second", ["second", "first"]):
        clone(extractor).set_params(cut=cut).transform(images())
    assert made_trunks == [1, "second", ["second", "first"]]


def test_only_some_trunks_are_kept(model, made_trunks, monkeypatch):
    monkeypatch.setattr(trunk_cache, "CAPACITY", 2)
    extractor = FeatureExtractor(model)
    for cut in (1, 2, 1, 3, 1, 2):
        extractor.set_params(cut=cut).transform(images())
    assert made_trunks == [1, 2, 3, 2]


@pytest.mark.backend("tensorflow", "jax", reason="torch runs the Python code each time")
def test_repeated_calls_trace_nothing_new():
    extractor = FeatureExtractor(convnet(Counted()), batch_size=8)
    for samples in (8, 21):
        extractor.transform(images(samples))
    runs = Counted.runs
    for samples in (8, 16, 21, 22, 15, 24):
        extractor.transform(images(samples))
    assert Counted.runs == runs


# scikit-learn


# Each check that does not apply, and why.
NOT_APPLICABLE = {
    "check_estimators_overwrite_params": "it compares a hash of the model with that of a deep "
    "copy, but Keras pickles memory addresses and the date",
    "check_array_api_input": "scikit-learn skips it unless SCIPY_ARRAY_API is set",
}


@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_accepts_it():
    layers = [keras.layers.Rescaling(0.5), *map(keras.layers.Activation, ["tanh", "relu"])]
    extractor = FeatureExtractor(keras.Sequential([keras.Input((None,)), *layers]))
    results = check_estimator(extractor, expected_failed_checks=NOT_APPLICABLE, on_skip=None)
    not_passed = {result["check_name"] for result in results if result["status"] != "passed"}
    assert len(results) > 40
    assert not_passed == set(NOT_APPLICABLE)


def test_clone_shares_the_model_and_keeps_everything(model):
    extractor = FeatureExtractor(model, "first", pooling="max", batch_size=3, verbose=2)
    extractor.set_output(transform="pandas")
    copy_ = clone(extractor)
    assert copy_ is not extractor
    assert copy_.get_params() == extractor.get_params()
    assert copy_.model is model
    assert list(copy_.transform(images()).columns) == [f"featureextractor{i}" for i in range(6)]
    other = convnet()
    assert clone(extractor).set_params(model=other).model is other


@pytest.fixture(scope="module")
def trained():
    keras.utils.set_random_seed(0)
    model = convnet()
    train(model, epochs=4)
    return model


@pytest.mark.slow
def test_neighbours_beat_chance_on_a_task_the_model_has_not_seen(trained):
    x, y = digits("digit", labels={"digit": 100})["digit"]
    x_test, y_test = digits("digit", split="test")["digit"]
    pipeline = make_pipeline(
        FeatureExtractor(trained, "second", pooling="flatten"), KNeighborsClassifier(3)
    )
    assert pipeline.fit(x, y).score(x_test, y_test) > 0.5
    assert cross_val_score(pipeline, x, y, cv=3).mean() > 0.4


@pytest.mark.slow
def test_a_grid_search_over_cuts(trained):
    x, y = digits("digit", labels={"digit": 100})["digit"]
    pipeline = make_pipeline(FeatureExtractor(trained), KNeighborsClassifier(3))
    cuts = [0, 1, "first", ["first", "second"]]
    search = GridSearchCV(pipeline, {"featureextractor__cut": cuts}, cv=2).fit(x, y)
    scores = search.cv_results_["mean_test_score"]
    assert len(set(scores)) > 1
    best = search.best_estimator_[0]
    assert best.cut == cuts[int(np.argmax(scores))]
    assert best.model is trained


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_two_jobs(trained, backend):
    x, y = digits("digit", labels={"digit": 60})["digit"]
    pipeline = make_pipeline(FeatureExtractor(trained, batch_size=4), KNeighborsClassifier(1))
    alone = cross_val_score(pipeline, x, y, cv=3)
    with joblib.parallel_config(backend, n_jobs=2):
        assert np.array_equal(cross_val_score(pipeline, x, y, cv=3), alone)


@pytest.mark.slow
def test_a_fitted_pipeline_survives_a_file_and_a_new_process(trained, tmp_path):
    x, y = digits("digit", labels={"digit": 60})["digit"]
    extractor = FeatureExtractor(trained, "second", pooling="max", batch_size=7)
    pipeline = make_pipeline(extractor, KNeighborsClassifier(1)).fit(x, y)
    joblib.dump(pipeline, tmp_path / "pipeline")
    np.save(tmp_path / "x.npy", x)
    code = f"""
        import joblib, numpy as np
        pipeline = joblib.load({str(tmp_path / "pipeline")!r})
        x = np.load({str(tmp_path / "x.npy")!r})
        params = pipeline[0].get_params()
        assert params.pop("model").name == "convnet"
        settings = dict(cut="second", pooling="max", batch_size=7, verbose=0)
        assert params == settings | {{"engine": "keras"}}, params
        np.save({str(tmp_path / "features.npy")!r}, pipeline[0].transform(x))
        assert pipeline.score(x, {y.tolist()}) == 1
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True)
    features = np.load(tmp_path / "features.npy")
    np.testing.assert_allclose(features, extractor.transform(x), **TOLERANCE)


def test_a_loss_of_ones_own_does_not_stop_a_copy(model):
    def loss(y_true, y_pred):
        return keras.ops.mean(y_pred)

    model.compile("adam", loss)
    copied = copy.deepcopy(FeatureExtractor(model))
    assert copied.model is not model
    assert np.array_equal(copied.transform(images()), FeatureExtractor(model).transform(images()))


def test_a_lambda_is_not_run_from_a_pickle():
    inputs = keras.Input((3,))
    doubled = keras.layers.Lambda(lambda x: 2 * x, output_shape=(3,))(inputs)
    extractor = FeatureExtractor(keras.Model(inputs, keras.layers.Dense(2)(doubled)))
    assert extractor.transform(np.ones((1, 3))).tolist() == [[2, 2, 2]]
    with pytest.raises(ValueError, match="unsafe"):
        copy.deepcopy(extractor)


@pytest.mark.slow
def test_a_pipeline_with_a_memory_finds_its_features_again(model, tmp_path):
    model.compile("adam", "mse")
    assert joblib.hash(FeatureExtractor(model)) == joblib.hash(clone(FeatureExtractor(model)))
    assert joblib.hash(FeatureExtractor(model, 2)) != joblib.hash(FeatureExtractor(model))
    steps = [("features", FeatureExtractor(model)), ("neighbours", KNeighborsClassifier(1))]
    pipeline = Pipeline(steps, memory=str(tmp_path))
    labels = np.arange(7) % 2
    for _ in range(2):
        assert pipeline.fit(images(), labels).score(images(), labels) == 1
    assert len(list(tmp_path.rglob("output.pkl"))) == 1


def test_pandas_output_needs_no_fit(model):
    frame = FeatureExtractor(model).set_output(transform="pandas").transform(images())
    assert frame.shape == (7, 80)
    assert frame.columns[0] == "featureextractor0"
    assert set(frame.dtypes) == {np.dtype("float32")}


def test_names_follow_the_parameters(model):
    extractor = FeatureExtractor(model, "first").fit(images())
    assert len(extractor.get_feature_names_out()) == 6
    assert len(extractor.set_params(cut="second").get_feature_names_out()) == 5
    assert len(extractor.set_params(pooling="flatten").get_feature_names_out()) == 80


def test_columns_are_remembered_and_index_is_kept():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Rescaling(2.0), keras.layers.ReLU()])
    data = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]}, index=["x", "y"])
    extractor = FeatureExtractor(model).set_output(transform="pandas")
    assert list(extractor.transform(data).index) == ["x", "y"]
    assert extractor.fit(data).n_features_in_ == 2
    assert list(extractor.feature_names_in_) == ["a", "b"]
    with pytest.raises(ValueError, match="feature names should match"):
        extractor.transform(data[["b", "a"]])


def test_a_width_that_depends_on_the_data_is_known_after_fit():
    layers = [keras.layers.Rescaling(2.0), keras.layers.ReLU()]
    extractor = FeatureExtractor(keras.Sequential([keras.Input((None,)), *layers]))
    with pytest.raises(NotFittedError):
        extractor.get_feature_names_out()
    assert len(extractor.fit(np.ones((2, 3))).get_feature_names_out()) == 3


def test_images_of_any_size():
    layers = [keras.layers.Conv2D(4, 3), keras.layers.GlobalMaxPooling2D()]
    extractor = FeatureExtractor(keras.Sequential([keras.Input((None, None, 3)), *layers]))
    extractor.fit(np.ones((2, 9, 9, 3)))
    assert extractor.transform(np.ones((3, 12, 7, 3))).shape == (3, 4)


def test_progress_is_shown_when_asked_for(model, capsys):
    FeatureExtractor(model).transform(images())
    assert capsys.readouterr().out == ""
    FeatureExtractor(model, verbose=1, batch_size=3).transform(images())
    assert "3/3" in capsys.readouterr().out


# Bad input


@pytest.mark.parametrize(
    "shape, message",
    [
        ((7, 64), r"\(None, 8, 8, 1\)\. Received: \(7, 64\)\. .*`x\.reshape\(-1, 8, 8, 1\)`"),
        ((7, 9, 8, 1), r"\(None, 8, 8, 1\)\. Received: \(7, 9, 8, 1\)\.$"),
        ((7, 8, 8, 3), r"Received: \(7, 8, 8, 3\)\.$"),
        ((8, 8, 1), r"one sample is `x\[None\]`"),
        ((0, 8, 8, 1), r"0 sample\(s\)"),
    ],
)
@pytest.mark.parametrize("method", ["fit", "transform", "fit_transform"])
def test_a_wrong_shape_is_refused_before_any_work(model, made_trunks, method, shape, message):
    with pytest.raises(InvalidFeatures, match=message):
        getattr(FeatureExtractor(model), method)(np.zeros(shape))
    assert made_trunks == []


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(model, value):
    x = images()
    x[3, 2, 1] = value
    with pytest.raises(InvalidFeatures, match="contains"):
        FeatureExtractor(model).transform(x)


@pytest.mark.parametrize("X", [["a", "b"], [[1, 2], [3]]])
def test_what_is_no_array_of_numbers_is_refused(model, X):
    with pytest.raises(InvalidFeatures, match="`image`"):
        FeatureExtractor(model).transform(X)


@pytest.mark.parametrize(
    "X, message",
    [
        (np.ones((5, 3)), "2 inputs.*`ndarray`"),
        ([np.ones((5, 3))], "2 inputs.*1 arrays"),
        ({"image": np.ones((5, 4, 4, 2))}, r"\['image', 'number'\]. Received: \['image'\]"),
        ([np.ones((5, 3)), np.ones((5, 3))], r"`image`.*\(None, 4, 4, 2\).*\(5, 3\)"),
        ([np.ones((5, 4, 4, 2)), np.ones((6, 3))], "'image': 5, 'number': 6"),
    ],
)
def test_what_does_not_fit_several_inputs_is_refused(X, message):
    with pytest.raises(InvalidFeatures, match=message):
        FeatureExtractor(two_inputs()).transform(X)


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ({"cut": "secnd"}, LayerNotFound, "Did you mean `second`"),
        ({"cut": 99}, InvalidCut, "7 layers|6 layers"),
        ({"cut": True}, InvalidCut, "True"),
        ({"cut": []}, InvalidCut, "empty"),
        ({"cut": "first", "pooling": "none"}, InvalidCut, r'\(None, 6, 6, 6\).*pooling="flatten"'),
        ({"pooling": "mean"}, ValueError, "'mean'"),
        ({"batch_size": 0}, ValueError, "`batch_size`.* 0"),
        ({"model": "convnet"}, UnsupportedModel, "'convnet'"),
    ],
)
def test_bad_arguments_are_refused_when_used(model, arguments, error, message):
    extractor = FeatureExtractor(**{"model": model, **arguments})
    for method in (extractor.fit, extractor.transform):
        with pytest.raises(error, match=message):
            method(images())


@pytest.mark.parametrize("batches", [False, True])
def test_features_that_are_not_finite_are_refused(batches, model):
    kernel, bias = model.get_layer("second").get_weights()
    model.get_layer("second").set_weights([kernel, np.full_like(bias, np.inf)])
    given = [(images(4), None), (images(3), None)] if batches else images()
    with pytest.raises(InvalidFeatures, match=r"features of .* NaN or infinite.*weights"):
        FeatureExtractor(model, "second").transform(given)
