import copy
import io
import pickle

import joblib
import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers
from sklearn.base import clone
from sklearn.exceptions import DataConversionWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator, estimator_checks_generator

import keras_mtl
from _estimators import assert_predicts_like, blobs, network
from _watching import unchanged
from _zoo import first_ones
from keras_mtl import TransferClassifier
from keras_mtl.errors import InvalidCut, InvalidFeatures, InvalidLabels, LayerNotFound

SHORT = {"frozen": {}, "fine_tune": {"epochs": 2}}
"""The strategies, with arguments that make them quick."""


class NoKeras(pickle.Unpickler):
    """Finds no object of Keras or of its backend."""

    def find_class(self, module, name):
        assert module.partition(".")[0] in ("keras_mtl", "numpy"), (module, name)
        return super().find_class(module, name)


def fitted(**arguments):
    x, y = blobs()
    return TransferClassifier(network(), **{"random_state": 0, **arguments}).fit(x, y)


# Labels


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["owl", "cat", "dog"]),
        np.array(["owl", "cat", "dog"], object),
        np.array([7, -2, 3]),
        np.array([0.0, 5.0, 2.0], "float32"),
        np.array([True, False, True]),
    ],
    ids=lambda labels: str(labels.dtype),
)
def test_classes_of_any_kind(labels):
    x, y = blobs()
    classifier = TransferClassifier(network(), "second", "frozen").fit(x, labels[y])
    assert classifier.classes_.dtype == labels.dtype
    np.testing.assert_array_equal(classifier.classes_, np.unique(labels))
    probabilities, predictions = classifier.predict_proba(x), classifier.predict(x)
    assert probabilities.shape == (48, len(classifier.classes_))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_array_equal(predictions, classifier.classes_[probabilities.argmax(axis=1)])
    assert classifier.score(x, labels[y]) == (predictions == labels[y]).mean() > 0.8


def test_labels_of_pandas():
    x, y = blobs()
    names = pd.Series(["a", "b", "c"])[y]
    frame = pd.DataFrame(x, columns=list("pqrs"), index=names.index)
    for labels in (names, names.astype("category"), names.astype("string")):
        classifier = TransferClassifier(network(), "second", "frozen").fit(frame, labels)
        assert classifier.classes_.tolist() == ["a", "b", "c"]
        assert list(classifier.feature_names_in_) == list("pqrs")
        assert classifier.score(frame, labels) > 0.8
    with pytest.raises(ValueError, match="feature names should match"):
        classifier.predict(frame[list("qprs")])


def test_a_column_of_labels_is_taken_with_a_warning():
    x, y = blobs()
    with pytest.warns(DataConversionWarning, match="column-vector"):
        TransferClassifier(network(), 1, "frozen").fit(x, y[:, None])


# The fitted model


@pytest.mark.parametrize("strategy", first_ones(SHORT, 1))
def test_a_fitted_model_and_its_pickle_predict_the_same_and_the_model_given_stays(strategy):
    x, y = blobs()
    names = np.array(["a", "b", "c"])[y]
    given = network()
    classifier = TransferClassifier(given, "first", strategy, **SHORT[strategy])
    with unchanged(given):
        classifier.fit(x, names)
        probabilities = classifier.predict_proba(x)
        model = classifier.model_
    assert isinstance(model, keras_mtl.TransferModel) and classifier.model_ is model
    assert_predicts_like(model, x, probabilities)
    assert classifier.cv_results_ is None
    decoded = keras_mtl.predict_classes(model, x, verbose=0)
    np.testing.assert_array_equal(decoded, classifier.predict(x))
    epochs = 1 + SHORT[strategy].get("epochs", 0)
    assert {len(values) for values in classifier.history_.values()} == {epochs}
    loaded = NoKeras(io.BytesIO(pickle.dumps(classifier))).load()
    np.testing.assert_allclose(loaded.predict_proba(x), probabilities, rtol=1e-5)
    assert_predicts_like(loaded.model_, x, probabilities)
    assert (loaded.cut_, loaded.strategy_) == ("first", strategy)


def test_the_models_of_two_fits_share_nothing_with_each_other_or_the_one_given():
    model = network()
    x, y = blobs()
    classifier = TransferClassifier(model, "first", "frozen")
    first, second = (clone(classifier).fit(x, y).model_ for _ in range(2))
    ids = [{id(v) for v in each.variables} for each in (model, first, second)]
    assert not (ids[0] & ids[1] or ids[0] & ids[2] or ids[1] & ids[2])


# Inputs


def test_images_cut_at_several_layers_in_any_order():
    x, y = keras_mtl.datasets.digits(labels={"digit": 40})["digit"]
    stack = [
        layers.Conv2D(8, 3, activation="relu", name="z_conv"),
        layers.Flatten(name="a_flat"),
        layers.Dense(2, activation="softmax"),
    ]
    model = keras.Sequential([keras.Input((8, 8, 1)), *stack])
    cut = ["z_conv", "a_flat"]
    classifier = TransferClassifier(model, cut, "frozen").fit(x, y)
    assert classifier.cut_ == cut
    assert classifier.score(x, y) > 0.9
    assert_predicts_like(classifier.model_, x, classifier.predict_proba(x))


@pytest.mark.parametrize("as_dict", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_several_inputs(as_dict):
    x, y = blobs()
    inputs = {"b": keras.Input((3,), name="b"), "a": keras.Input((1,), name="a")}
    joint = layers.Concatenate(name="joint")([inputs["b"], inputs["a"]])
    outputs = layers.Dense(2)(layers.Dense(6, activation="relu", name="hidden")(joint))
    model = keras.Model(inputs if as_dict else list(inputs.values()), outputs)
    data = {"a": x[:, :1], "b": x[:, 1:]}
    classifier = TransferClassifier(model, "hidden", "frozen").fit(data, y)
    assert classifier.score(data, y) > 0.8
    np.testing.assert_array_equal(
        classifier.predict([data["b"], data["a"]] if not as_dict else data),
        classifier.predict(data),
    )
    assert_predicts_like(classifier.model_, data, classifier.predict_proba(data))


@pytest.mark.backend("tensorflow", reason="only TensorFlow has text tensors")
def test_text():
    words = layers.TextVectorization(vocabulary=["cat", "dog", "car", "bus"])
    stack = [words, layers.Embedding(6, 5), layers.GlobalAveragePooling1D(), layers.Dense(2)]
    model = keras.Sequential([keras.Input((1,), dtype="string"), *stack])
    texts, y = (
        np.array(["a dog", "cat dog", "bus a", "car bus"] * 3),
        ["pet", "pet", "go", "go"] * 3,
    )
    classifier = TransferClassifier(model, 1, "frozen").fit(texts, y)
    assert classifier.predict(["dog", "the bus"]).tolist() == ["pet", "go"]


def test_inputs_of_any_width():
    stack = [layers.Rescaling(0.5, name="scale"), layers.Activation("relu")]
    model = keras.Sequential([keras.Input((None,)), *stack])
    x, y = blobs()
    classifier = TransferClassifier(model, strategy="frozen").fit(x, y)
    assert classifier.score(x, y) > 0.8
    assert classifier.model_.input_shape == (None, 4)
    with pytest.raises(ValueError, match="expecting 4 features"):
        classifier.predict(x[:, :3])


def test_images_of_another_size_where_the_features_are_flattened():
    stack = [layers.MaxPooling2D(name="pool"), layers.GlobalMaxPooling2D()]
    model = keras.Sequential([keras.Input((None, None, 1)), *stack])
    x, y = keras_mtl.datasets.digits(labels={"digit": 40})["digit"]
    classifier = TransferClassifier(model, "pool", "frozen", pooling="flatten").fit(x, y)
    np.testing.assert_array_equal(classifier.predict(x[..., 0]), classifier.predict(x))
    with pytest.raises(InvalidFeatures, match=r"shape \(8, 8, 1\), as in `fit`.*\(6, 8, 1\)"):
        classifier.predict(x[:, :6])
    averaged = TransferClassifier(model, "pool", "frozen").fit(x, y)
    assert averaged.predict(x[:, :6]).shape == (40,)


# Weights, seeds


def test_samples_of_weight_zero_are_left_out_and_equal_weights_change_nothing():
    x, y = blobs()
    classifier = TransferClassifier(network(), "second", "frozen", random_state=0)

    def probabilities(x_, y_, **weights):
        return clone(classifier).fit(x_, y_, **weights).predict_proba(x)

    kept = np.arange(48) % 4 > 0
    found = probabilities(x, y, sample_weight=kept)
    np.testing.assert_allclose(found, probabilities(x[kept], y[kept]), rtol=1e-6)
    equal = probabilities(x, y, sample_weight=np.full(48, 3.0))
    np.testing.assert_allclose(equal, probabilities(x, y), rtol=1e-6)


def test_weights_draw_the_predictions_towards_what_is_heavy():
    x = np.zeros((40, 4))
    y = np.arange(40) % 2
    classifier = TransferClassifier(network(), "second", "frozen")
    classifier.fit(x, y, sample_weight=np.where(y == 1, 3.0, 1.0))
    np.testing.assert_allclose(classifier.predict_proba(x[:1]), [[0.25, 0.75]], rtol=1e-3)


@pytest.mark.parametrize("strategy", ["frozen", pytest.param("fine_tune", marks=pytest.mark.slow)])
def test_one_seed_gives_one_result_and_leaves_the_random_state_alone(strategy):
    state = np.random.get_state()[1].copy()
    results = []
    for _ in range(2):
        results.append(fitted(strategy=strategy, epochs=2).predict_proba(blobs()[0]))
        keras.random.normal((1,))
    np.testing.assert_allclose(results[0], results[1], rtol=1e-6)
    np.testing.assert_array_equal(np.random.get_state()[1], state)


# The choice of the strategy


def test_few_labels_are_not_fine_tuned_on():
    classifier = fitted(cut="second")
    assert (classifier.strategy_, classifier.probes_) == ("frozen", None)
    results = classifier.cv_results_
    assert [one["strategy"] for one in results["params"]] == ["frozen"]
    splits = np.array([results[f"split{i}_test_score"] for i in range(5)])
    np.testing.assert_allclose(results["mean_test_score"], splits.mean(axis=0))


def test_one_label_of_each_class_and_rare_classes():
    x, y = blobs(samples=4, classes=4)
    classifier = TransferClassifier(network()).fit(x, y)
    assert classifier.cut_ == "second"  # The last one but for the old output.
    assert classifier.score(x, y) == 1
    x, _ = blobs()
    y = np.where(np.arange(48) == 7, "rare", "usual")
    assert set(TransferClassifier(network(), "second").fit(x, y).predict(x)) <= {"rare", "usual"}


# scikit-learn


def test_in_pipelines_and_searches():
    x, y = blobs()
    model = network()
    classifier = TransferClassifier(model, random_state=0)
    pipeline = make_pipeline(StandardScaler(), classifier)
    with unchanged(model):
        assert cross_val_score(pipeline, x, y, cv=2).mean() > 0.7
        grid = {"cut": ["first", "second"], "strategy": ["frozen"]}
        search = GridSearchCV(classifier, grid, cv=2).fit(x, y)
    assert search.best_estimator_.model is model
    assert search.best_score_ == search.cv_results_["mean_test_score"].max()
    assert search.best_estimator_.cut_ == search.best_params_["cut"]


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_two_jobs(backend):
    x, y = blobs()
    classifier = TransferClassifier(network(), random_state=0, epochs=2)
    grid = {"cut": ["first", "auto"], "strategy": ["frozen", "fine_tune"]}
    alone, together = (GridSearchCV(classifier, grid, cv=2, n_jobs=jobs) for jobs in (1, 2))
    alone.fit(x, y)
    with joblib.parallel_config(backend):
        together.fit(x, y)
    for name in ("mean_test_score", "std_test_score"):
        np.testing.assert_allclose(together.cv_results_[name], alone.cv_results_[name], atol=0.05)


# Each check that does not apply, and why.
NOT_APPLICABLE = {
    "check_estimators_overwrite_params": "it compares a hash of the model with that of a deep "
    "copy, but Keras pickles memory addresses and the date",
    "check_sample_weight_equivalence_on_dense_data": "it gives `cv` a list of splits, which takes "
    "a number of folds; nor are folds of repeated samples those of weighted ones",
    "check_array_api_input": "scikit-learn skips it unless SCIPY_ARRAY_API is set",
}
# The checks that are run with every change.
QUICK = (
    *("check_classifiers_classes", "check_fit_check_is_fitted", "check_n_features_in"),
    *("check_estimators_nan_inf", "check_fit2d_1sample", "check_classifiers_one_label"),
    *("check_requires_y_none", "check_supervised_y_no_nan", "check_estimators_pickle"),
)


def of_any_width():
    layers_ = [layers.Rescaling(0.5), *map(layers.Activation, ["tanh", "relu"])]
    return keras.Sequential([keras.Input((None,)), *layers_])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_accepts_it_quickly():
    estimator = TransferClassifier(of_any_width(), 1, "frozen")
    checks = [
        check
        for _, check in estimator_checks_generator(estimator)
        if getattr(check, "func", check).__name__ in QUICK
    ]
    assert len(checks) >= len(QUICK)
    for check in checks:
        check(estimator)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_accepts_it():
    estimator = TransferClassifier(of_any_width())
    results = check_estimator(estimator, expected_failed_checks=NOT_APPLICABLE, on_skip=None)
    not_passed = {result["check_name"] for result in results if result["status"] != "passed"}
    assert len(results) > 55
    assert not_passed == set(NOT_APPLICABLE)


def test_a_copy_is_another_model_and_not_fitted_says_so():
    classifier = TransferClassifier(network())
    assert clone(classifier).model is classifier.model
    assert copy.deepcopy(classifier).model is not classifier.model
    for name in ("model_", "classes_", "history_"):
        assert not hasattr(classifier, name)
    for method in (classifier.predict, classifier.predict_proba):
        with pytest.raises(NotFittedError):
            method(blobs()[0])


# Bad input


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ({"strategy": "frozn"}, ValueError, "Did you mean 'frozen'"),
        ({"strategy": None}, ValueError, "`strategy` is one of"),
        ({"cut": "secnd"}, LayerNotFound, "Did you mean `second`"),
        ({"cut": 99}, InvalidCut, "from 0"),
        ({"cut": None}, InvalidCut, "None"),
        ({"pooling": "mean"}, ValueError, "'mean'"),
        ({"cv": 1}, ValueError, "`cv`.* 1"),
        ({"epochs": 0}, ValueError, "`epochs`.* 0"),
        ({"batch_size": 0}, ValueError, "`batch_size`.* 0"),
        ({"verbose": 3}, ValueError, "`verbose`.* 3"),
        ({"random_state": "x"}, ValueError, "seed"),
        ({"model": "network"}, TypeError, "'network'"),
    ],
)
def test_bad_arguments_are_refused_by_fit(arguments, error, message):
    with pytest.raises(error, match=message):
        TransferClassifier(**{"model": network(), **arguments}).fit(*blobs())


X, Y = blobs(6)


@pytest.mark.parametrize(
    "x, y, error, message",
    [
        (X, Y + 0.5, InvalidLabels, "Unknown label type: continuous.*TransferRegressor"),
        (X, np.ones(6), InvalidLabels, r"one class only, 1\.0, in"),
        (X, Y[:5], InvalidLabels, "5 labels and 6 samples"),
        (X, np.eye(6), InvalidLabels, r"shape \(samples,\)"),
        (X, [0, 1, np.nan, 0, 1, 0], InvalidLabels, "no label in row 2"),
        (X, ["a", "b", None, "a", "b", "a"], InvalidLabels, "no label in row 2"),
        (X, np.array(["a", 1, "b", 2, 1, "a"], object), InvalidLabels, "type"),
        (X, 3, InvalidLabels, "a label for each sample"),
        (X[:, :3], Y, InvalidFeatures, r"\(None, 4\)"),
        (np.where(X > 1, np.nan, X), Y, InvalidFeatures, "NaN"),
        (X[:0], Y[:0], InvalidFeatures, "0 sample"),
        ([(X, Y)], Y, TypeError, "takes arrays"),
    ],
)
def test_bad_data_are_refused(x, y, error, message):
    with pytest.raises(error, match=message):
        TransferClassifier(network(), 1, "frozen").fit(x, y)


@pytest.mark.parametrize(
    "weights, message",
    [
        (np.ones(5), r"\(6,\)"),
        (np.ones((6, 1)), r"\(6,\)"),
        (-np.ones(6), "at least 0"),
        (np.zeros(6), "zero for all"),
        ([1, 1, 1, 1, 1, np.nan], "finite"),
        (Y == 0, "one class only"),
    ],
)
def test_bad_weights_are_refused(weights, message):
    with pytest.raises(ValueError, match=message):
        TransferClassifier(network(), 1, "frozen").fit(X, Y, sample_weight=weights)


def test_bad_inputs_of_a_fitted_one():
    classifier = fitted(cut=1, strategy="frozen")
    with pytest.raises(ValueError, match=r"expecting 4 features|\(None, 4\)"):
        classifier.predict(X[:, :3])
    with pytest.raises(InvalidFeatures, match="NaN"):
        classifier.predict_proba(X * np.nan)
