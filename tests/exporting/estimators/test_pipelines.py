"""Pipelines of scikit-learn become models that give what scikit-learn gives."""

import functools

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, Normalizer, QuantileTransformer, StandardScaler
from sklearn.svm import SVC, LinearSVC

import keras_mtl
from keras_mtl.errors import UnsupportedModel
from keras_mtl.exporting.checked_source import checked_source
from keras_mtl.exporting.estimators.neighbours_layer import Neighbours
from keras_mtl.exporting.model_outputs import outputs_of_model
from keras_mtl.serving.class_labels import class_labels


@functools.cache
def extractor():
    stack = [keras.Input((6,), name="x"), layers.Dense(5, "tanh", name="hidden"), layers.Dense(2)]
    return keras_mtl.FeatureExtractor(keras.Sequential(stack), cut="hidden")


@functools.cache
def data():
    x = np.random.default_rng(0).normal(size=(60, 6)).astype("float32")
    return x, np.digitize(x[:, 0] + x[:, 1], [-0.7, 0.7])


def fitted(*steps, labels=None):
    x, y = data()
    return make_pipeline(extractor(), *steps).fit(x, y if labels is None else labels(y))


def names(y):
    return np.array(["low", "middle", "high"])[y]


CASES = [
    ([KNeighborsClassifier(3)], names),
    ([StandardScaler(), KNeighborsClassifier(4, weights="distance")], None),
    ([Normalizer(), LogisticRegression()], names),
    ([StandardScaler(with_mean=False), LogisticRegression()], lambda y: y > 1),
    ([MinMaxScaler(), LinearSVC()], lambda y: names(y % 2)),
    ([PCA(3, whiten=True), RidgeClassifier()], names),
    ([StandardScaler(), Ridge()], lambda y: 2.5 * y),
    ([KNeighborsRegressor(3, p=1)], lambda y: np.stack([y, -y], 1)),
]


@pytest.mark.parametrize(("steps", "labels"), CASES)
def test_the_model_gives_what_the_pipeline_gives(steps, labels):
    pipeline = fitted(*steps, labels=labels)
    served = checked_source(pipeline, None, None).served
    x = np.random.default_rng(1).normal(size=(20, 6)).astype("float32")
    actual = outputs_of_model(served, {"x": x})["head"]
    (output,) = served.outputs
    if output.decoding is None:
        expected = pipeline.predict(x)
        np.testing.assert_allclose(actual, expected.reshape(20, -1), rtol=1e-4, atol=1e-5)
        return
    assert class_labels(actual, output).tolist() == pipeline.predict(x).tolist()
    method = "predict_proba" if hasattr(pipeline, "predict_proba") else "decision_function"
    expected = getattr(pipeline, method)(x).reshape(20, -1)
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)


def test_many_samples_are_compared_by_products(monkeypatch):
    module = "keras_mtl.exporting.estimators.neighbours_layer.LARGEST_DIFFERENCES"
    monkeypatch.setattr(module, 0)
    layer = Neighbours(60, 1, 3, "euclidean", False)
    x, y = data()
    layer.build((None, 6))
    layer.set_weights([x, y[:, None]])
    expected = KNeighborsRegressor(3).fit(x, y).predict(x + 0.1)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(layer(x + 0.1))[:, 0], expected, rtol=1e-5
    )
    copy = Neighbours.from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: fitted(SVC()), "`SVC` cannot become .* as the last step"),
        (
            lambda: fitted(QuantileTransformer(n_quantiles=5), Ridge()),
            "`QuantileTransformer` cannot",
        ),
        (lambda: fitted(KNeighborsClassifier(metric="cosine")), "only Euclidean"),
        (lambda: make_pipeline(extractor(), Ridge()), "not fitted"),
        (lambda: make_pipeline(StandardScaler(), Ridge()), "begins with"),
        (lambda: make_pipeline(extractor()), "cannot become"),
    ],
)
def test_what_cannot_become_a_graph_is_refused_by_name(make, told):
    with pytest.raises(UnsupportedModel, match=told):
        checked_source(make(), None, None)


@pytest.mark.slow
@pytest.mark.backend("tensorflow", reason="it writes here")
def test_a_pipeline_is_exported_with_its_labels(tmp_path):
    pipeline = fitted(StandardScaler(), KNeighborsClassifier(3), labels=names)
    x, _ = data()
    for form in ("tf_saved_model", "litert"):
        if form == "litert":
            pytest.importorskip("ai_edge_litert")
        path = keras_mtl.export(pipeline, tmp_path / form, format=form, sample=x)
        loaded = keras_mtl.load_export(path)
        assert loaded.predict_classes(x).tolist() == pipeline.predict(x).tolist()
