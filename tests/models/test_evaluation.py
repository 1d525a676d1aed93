"""`evaluate` is Keras's, task by task, and says where single-task models are better."""

import warnings

import keras
import numpy as np
import pytest

import keras_mtl
from _helpers import draw
from _two_tasks import classes, sex_and_hair, two_sets
from keras_mtl import Head
from keras_mtl.errors import InvalidTaskData, TaskNotFound


@pytest.fixture(scope="module")
def model():
    return sex_and_hair()


def assert_same(scores, expected, task):
    own = {name.removeprefix(f"{task}_"): scores[name] for name in scores if name.startswith(task)}
    assert set(own) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(own[name], value, rtol=1e-5, err_msg=name)


def test_each_task_has_the_scores_that_its_own_model_has(model):
    scores = model.evaluate(two_sets(20, 10), batch_size=8, verbose=0)

    for task, data in two_sets(20, 10).items():
        expected = model.task(task).evaluate(*data, batch_size=8, return_dict=True, verbose=0)
        assert_same(scores, expected, task)
        assert scores[task] == scores.by_task[task]
    assert scores["loss"] == pytest.approx((scores["sex_loss"] + scores["hair_loss"]) / 2)


def test_sample_weights_count_as_in_keras(model):
    x, y = two_sets()["hair"]
    weights = np.linspace(0, 1, len(x))

    scores = model.evaluate({"hair": (x, y)}, sample_weight={"hair": weights}, verbose=0)

    expected = model.task("hair").evaluate(x, y, sample_weight=weights, return_dict=True, verbose=0)
    assert_same(scores, expected, "hair")
    assert set(scores.by_task) == {"hair"}  # some tasks are enough


@pytest.mark.parametrize("how", ["labels", "masks"])
def test_rows_without_a_label_do_not_count(model, how):
    x, y = two_sets()["hair"]
    there = np.arange(len(x)) % 3 > 0
    given = {"masks": {"hair": there}} if how == "masks" else {}
    labels = y if how == "masks" else np.where(there, y, -1)

    scores = model.evaluate({"hair": (x, labels)}, batch_size=4, verbose=0, **given)

    expected = model.task("hair").evaluate(x[there], y[there], return_dict=True, verbose=0)
    assert_same(scores, expected, "hair")


def test_joint_data_give_the_scores_of_each_task(model):
    x = draw(12, 4)
    labels = {"sex": classes(12, 2), "hair": classes(12, 3)}

    scores = model.evaluate(x, labels, batch_size=5, verbose=0)
    alone = model.evaluate(x, {"hair": labels["hair"]}, verbose=0)

    for task, y in labels.items():
        expected = model.task(task).evaluate(x, y, batch_size=5, return_dict=True, verbose=0)
        assert_same(scores, expected, task)
    assert scores["loss"] == pytest.approx(scores["sex_loss"] + scores["hair_loss"], rel=1e-5)
    assert alone["hair"] == pytest.approx(scores["hair"], rel=1e-5)


def test_evaluation_does_not_disturb_training_or_weights(model):
    before = [w.copy() for w in model.get_weights()]

    first = model.evaluate(two_sets(), verbose=0)
    assert model.evaluate(two_sets(), verbose=0) == first
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_baselines_are_compared_with_as_numbers(model):
    scores = model.evaluate(two_sets(), verbose=0)
    baselines = {
        "sex": {"loss": scores["sex_loss"] * 2, "accuracy": scores["sex_accuracy"] * 0.8},
        "hair": {"accuracy": 1.0},
    }

    compared = model.evaluate(two_sets(), baselines=baselines, verbose=0)

    assert compared.changes["sex"] == pytest.approx({"loss": 0.5, "accuracy": 0.25})
    assert compared.changes["hair"]["accuracy"] == pytest.approx(scores["hair_accuracy"] - 1)
    assert compared.negative_transfer == ["hair"]
    assert "+25.0%" in str(compared)
    assert "Negative transfer: worse than the baseline at hair" in str(compared)
    assert scores.changes == {} and "Negative" not in str(scores)


class Half(keras.utils.PyDataset):
    """The data of `hair` in two batches, one of them short."""

    num_batches = 2

    def __getitem__(self, index):
        return tuple(part[7 * index :][:7] for part in two_sets()["hair"])


@pytest.mark.parametrize("stream", [False, True])
def test_baselines_are_compared_with_as_models(model, stream):
    x, y = two_sets()["hair"]
    baseline = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    baseline.compile("sgd", loss, metrics=["accuracy"])
    own = baseline.evaluate(x, y, return_dict=True, verbose=0)

    data = Half() if stream else (x, y)

    with warnings.catch_warnings(action="error", category=UserWarning):
        scores = model.evaluate({"hair": data}, baselines={"hair": baseline}, verbose=0)

    change = (own["loss"] - scores["hair_loss"]) / own["loss"]
    assert scores.changes["hair"]["loss"] == pytest.approx(change, rel=1e-4)


@pytest.mark.slow
def test_a_baseline_is_compared_over_the_labels_that_there_are():
    model = sex_and_hair({"hair": Head(3, "multilabel")})
    x, y = draw(9, 4), (draw(9, 3, seed=2) > 0).astype("float32")
    gaps = np.where(draw(9, 3, seed=3) > 0, y, np.nan)

    scores = model.evaluate(
        {"hair": (x, gaps)}, baselines={"hair": model.task("hair")}, batch_size=4, verbose=0
    )

    assert scores.changes["hair"] == pytest.approx({"loss": 0, "accuracy": 0}, abs=1e-6)
    with pytest.raises(InvalidTaskData, match=r"`hair` are missing in part.*as arrays"):
        data = {"hair": [(x, gaps)]}
        model.evaluate(data, baselines={"hair": model.task("hair")}, verbose=0)


@pytest.mark.parametrize("baselines", [5, "none", [0.5]])
def test_baselines_are_a_dict(model, baselines):
    with pytest.raises(TypeError, match=r"`baselines` is a dict by task.*Received: "):
        model.evaluate(two_sets(), baselines=baselines, verbose=0)


def test_a_baseline_of_several_inputs():
    inputs = [keras.Input((2,), name="left"), keras.Input((2,), name="right")]
    trunk = keras.Model(inputs, keras.layers.Concatenate()(inputs))
    model = keras_mtl.MultiTaskModel(trunk, {"hair": 3})
    model.run_eagerly = True
    x, y = two_sets()["hair"]
    data = {"hair": ([x[:, :2], x[:, 2:]], y)}

    scores = model.evaluate(data, baselines={"hair": model}, verbose=0)

    assert scores.changes["hair"]["loss"] == pytest.approx(0, abs=1e-6)


def test_a_metric_of_no_known_direction_is_left_out():
    def size(y_true, y_pred):
        return keras.ops.mean(y_pred**2, axis=-1)

    model = sex_and_hair({"sex": 2, "hair": Head(3)}, metrics={"hair": [size]})
    scores = model.evaluate(two_sets(), baselines={"hair": {"loss": 1, "size": 1}}, verbose=0)

    assert set(scores.changes["hair"]) == {"loss"}


def test_names_that_are_not_known_are_refused(model):
    with pytest.raises(TaskNotFound, match=r"`baselines`.*'hair'"):
        model.evaluate(two_sets(), baselines={"hiar": {}}, verbose=0)
    with pytest.raises(TaskNotFound, match=r"data.*'hair'"):
        model.evaluate({"hiar": two_sets()["hair"]}, verbose=0)
    with pytest.raises(KeyError):
        model.evaluate(two_sets(), verbose=0)["hiar"]


def test_what_is_shown(model, capsys):
    model.evaluate(two_sets(), verbose=0)
    assert capsys.readouterr().out == ""
    scores = model.evaluate(two_sets(), verbose=1)
    assert "2/2" in capsys.readouterr().out
    lines = str(scores).splitlines()
    assert lines[0].split() == ["task", "metric", "value"]
    assert len(lines) == 2 + 4


def test_a_model_that_is_not_compiled_is_refused():
    heads = {"sex": keras.layers.Dense(2)}
    trunk = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    with pytest.raises(ValueError, match="not compiled"):
        keras_mtl.MultiTaskModel(trunk, heads).evaluate({"sex": two_sets()["sex"]})


class Endless(keras.utils.PyDataset):
    num_batches = None

    def __getitem__(self, index):
        return two_sets()["hair"]


def test_data_that_cannot_be_validated_on_are_refused(model):
    x, y = two_sets()["hair"]
    fitted = {"epochs": 2, "verbose": 0}
    with pytest.raises(InvalidTaskData, match="read only once; they are needed 2 times"):
        model.fit(two_sets(), validation_data={"hair": iter([(x, y)] * 9)}, **fitted)
    with pytest.raises(InvalidTaskData, match="they are needed 2 times"):
        model.evaluate({"hair": iter([(x, y)])}, baselines={"hair": model}, verbose=0)
    with pytest.raises(InvalidTaskData, match="would not end"):
        model.fit(two_sets(), validation_data={"hair": Endless()}, **fitted)
    with pytest.raises(InvalidTaskData, match="`hair` gave no batch"):
        model.evaluate({"hair": iter([])}, verbose=0)
    assert model.evaluate({"hair": iter([(x, y)])}, verbose=0)["hair_loss"]


@pytest.mark.backend("tensorflow", reason="the others need not have `tf.data`")
def test_a_dataset_without_an_end_is_refused(model):
    tf = pytest.importorskip("tensorflow")
    endless = tf.data.Dataset.from_tensor_slices(two_sets()["hair"]).batch(4).repeat()
    with pytest.raises(InvalidTaskData, match="take"):
        model.evaluate({"hair": endless}, verbose=0)


class SeesTests(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.seen = []

    def on_test_begin(self, logs=None):
        self.seen.append("begin")

    def on_test_batch_end(self, batch, logs=None):
        self.seen.append(batch)
        self.logs = logs

    def on_test_end(self, logs=None):
        self.seen.append(logs["hair_loss"])


def test_callbacks_are_told_of_validation():
    tests = SeesTests()
    validation = {"validation_data": two_sets(4, 4), "validation_batch_size": 2}
    history = sex_and_hair().fit(two_sets(), callbacks=[tests], verbose=0, **validation).history
    assert tests.seen == ["begin", 0, 1, 2, 3, *history["val_hair_loss"]]


def test_callbacks_of_an_evaluation_see_the_values_so_far():
    tests = SeesTests()

    # Of a model that has seen no data before: metrics of the second task are not built at first.
    scores = sex_and_hair().evaluate(two_sets(4, 4), batch_size=2, callbacks=[tests], verbose=0)

    assert tests.seen == ["begin", 0, 1, 2, 3, scores["hair_loss"]]
    seen = {**tests.logs, "loss": scores["loss"]}  # the loss so far is that of the last task
    assert seen == scores


def test_the_values_as_a_list(model):
    scores = model.evaluate(two_sets(), return_dict=True, verbose=0)
    assert model.evaluate(two_sets(), return_dict=False, verbose=0) == list(scores.values())


def test_a_callback_that_swaps_weights_for_averages_is_refused():
    model = sex_and_hair(optimizer=keras.optimizers.SGD(0.5, use_ema=True))
    with pytest.raises(ValueError, match="averages become the weights when `fit` ends"):
        model.fit(two_sets(), callbacks=[keras.callbacks.SwapEMAWeights()])


def test_baselines_by_the_names_of_logs_or_as_a_model_of_several_tasks(model):
    hair = {"hair": two_sets()["hair"]}
    scores = model.evaluate(hair, baselines={"hair": {"hair_accuracy": 0.5}}, verbose=0)
    assert set(scores.changes["hair"]) == {"accuracy"}
    same = model.evaluate(hair, baselines={"hair": model}, verbose=0)
    assert same.changes["hair"]["loss"] == pytest.approx(0, abs=1e-5)
    with pytest.raises(ValueError, match="Did you mean 'accuracy'"):
        model.evaluate(hair, baselines={"hair": {"acuracy": 0.5}}, verbose=0)
    with pytest.raises(TypeError, match=r"a model or a dict .* 0\.5"):
        model.evaluate(hair, baselines={"hair": 0.5}, verbose=0)


def test_a_metric_for_each_class_prints_and_is_not_compared():
    model = sex_and_hair(
        heads={"sex": 2, "hair": keras.layers.Dense(3, "softmax")},
        loss={"hair": "categorical_crossentropy"},
        metrics={"hair": [keras.metrics.F1Score(name="f1")]},
    )
    x, y = two_sets()["hair"]
    data = {"hair": (x, np.eye(3, dtype="float32")[y])}
    scores = model.evaluate(data, verbose=0)
    assert "f1" in str(scores)
    again = model.evaluate(data, baselines={"hair": dict(scores["hair"])}, verbose=0)
    assert set(again.changes["hair"]) == {"loss"}
