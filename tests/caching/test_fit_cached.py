import gc
import warnings

import keras
import numpy as np
import pytest

import _models as models
from _fitting import (
    CLASSES,
    EAGER,
    FAST,
    SAMPLES,
    WIDTH,
    assert_learns_the_same,
    assert_same_state,
    inputs,
    labels,
    trained,
)
from _watching import as_numpy
from _zoo import first_ones
from keras_mtl.caching import execution
from keras_mtl.caching.fit_cached import fit_cached
from keras_mtl.caching.model_parts import StaticPart
from keras_mtl.caching.static_split import split_model
from keras_mtl.caching.storage import file_store
from keras_mtl.errors import InvalidFeatures, InvalidLabels, NotStatic, UnsupportedModel
from keras_mtl.finetuning.freezing import unfreeze
from keras_mtl.heads.head import Head
from keras_mtl.transferring import transfer

x, y = inputs(), labels()
CLASS_WEIGHT = {0: 3.0, 1: 0.5, 2: 1.0}


def model(freeze=True, **options):
    made = transfer(trained(), 1, freeze, Head(CLASSES, hidden=[4], dropout=0.3), **options)
    made.run_eagerly = EAGER
    return made


class Batches(keras.utils.PyDataset):
    def __init__(self, *arrays):
        super().__init__()
        self.arrays = arrays

    @property
    def num_batches(self):
        return len(self.arrays[0]) // 20

    def __getitem__(self, index):
        return tuple(array[20 * index : 20 * index + 20] for array in self.arrays)


# What is learnt


@pytest.mark.slow
def test_arrays_in_the_order_of_fit():  # the last batch is smaller
    assert_learns_the_same(
        model, lambda fit: fit(x, y, validation_split=0.2, **FAST), compiled=True
    )


@pytest.mark.slow
def test_weighted_samples_metrics_and_momentum():
    def make():
        made = model()
        made.compile(
            keras.optimizers.SGD(0.1, momentum=0.9),
            made.loss,
            metrics=["accuracy"],
            weighted_metrics=["accuracy"],
        )
        return made

    weights = np.linspace(0, 1, SAMPLES)
    validation = (x[:20], y[:20], weights[:20])
    assert_learns_the_same(
        make, lambda fit: fit(x, y, sample_weight=weights, validation_data=validation, **FAST)
    )


@pytest.mark.slow
def test_class_weights_without_shuffling():
    assert_learns_the_same(
        model, lambda fit: fit(x, y, class_weight=CLASS_WEIGHT, shuffle=False, **FAST)
    )


@pytest.mark.slow
def test_a_trunk_that_is_static_up_to_a_layer():
    assert_learns_the_same(
        lambda: model("first", batchnorm="train"),
        lambda fit: fit(x, y, validation_data=(x[:20], y[:20]), validation_freq=2, **FAST),
    )


@pytest.mark.parametrize("steps", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_a_part_of_the_validation_data(steps):
    validation = {"validation_data": (x, y), "validation_steps": steps}
    assert_learns_the_same(model, lambda fit: fit(x, y, **validation, **FAST))


@pytest.mark.slow
def test_a_second_call_goes_on():
    def twice(fit):
        fit(x, y, **{**FAST, "epochs": 1})
        return fit(x, y, initial_epoch=2, **{**FAST, "epochs": 3})

    by_fit, cached = assert_learns_the_same(model, twice)
    assert cached.history.epoch == [2]
    for made in (by_fit, cached):  # Adam goes on where `fit_cached` left it
        keras.utils.set_random_seed(1)
        made.fit(x, y, **FAST)
    assert_same_state(by_fit, cached)


@pytest.mark.slow
def test_compiled_anew_between_two_calls():
    def twice(fit):
        fit(x, y, **{**FAST, "epochs": 1})
        made = fit.__kwdefaults__["model"]
        made.compile(keras.optimizers.SGD(0.1), made.loss, run_eagerly=made.run_eagerly)
        return fit(x, y, **{**FAST, "epochs": 1})

    assert_learns_the_same(model, twice)


@pytest.mark.slow
def test_normalization_after_the_cut_is_live():
    def make():
        layers = keras.layers
        head = [
            layers.Dense(4, kernel_regularizer="l2", activity_regularizer="l1"),
            layers.BatchNormalization(momentum=0.5),
            layers.Dense(CLASSES),
        ]
        made = transfer(trained(), 1, head=head)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        made.compile("adam", loss, metrics=["accuracy"])
        return made

    _, cached = assert_learns_the_same(make, lambda fit: fit(x, y, **FAST))
    live, frozen = cached.head.layers[1], cached.trunk.get_layer("norm")
    assert as_numpy(live.moving_mean).any()
    assert not as_numpy(frozen.moving_mean).any()


@pytest.mark.slow
def test_epochs_that_end_before_the_data(monkeypatch):
    monkeypatch.setattr(execution, "LIMIT", 2)
    options = {"batch_size": 4, "epochs": 3, "steps_per_epoch": 5, "verbose": 0}
    assert_learns_the_same(model, lambda fit: fit(x, y, **options), compiled=True)


@pytest.mark.slow
def test_a_cut_inside_a_nested_model():
    wide = np.random.default_rng(0).normal(size=(SAMPLES, 8)).astype("float32")
    assert_learns_the_same(
        lambda: transfer(models.nested_twice(), 1, "middle/innermost/norm", CLASSES),
        lambda fit: fit(wide, y, **FAST),
    )


@pytest.mark.slow
def test_a_list_of_two_inputs():
    generator = np.random.default_rng(0)
    data = [generator.normal(size=(SAMPLES, 5, width)).astype("float32") for width in (4, 3)]
    assert_learns_the_same(
        lambda: transfer(models.encoder_decoder(), "decoder", head=CLASSES),
        lambda fit: fit(data, y, **FAST),
    )


@pytest.mark.parametrize(
    "policy",
    [
        "mixed_float16",
        pytest.param(
            "mixed_bfloat16",
            marks=[
                pytest.mark.backend("tensorflow", "torch", reason="JAX compiles for long"),
                pytest.mark.slow,
            ],
        ),
    ],
)
def test_mixed_precision(policy, tmp_path):
    def make():
        keras.config.set_dtype_policy(policy)
        try:
            return model()
        finally:
            keras.config.set_dtype_policy("float32")

    # Compiled code may keep between two operations what eager code rounds to half precision.
    once = {**FAST, "epochs": 1}
    assert_learns_the_same(make, lambda fit: fit(x, y, **once), tolerance=0.02, cache=tmp_path)
    (stored,) = tmp_path.glob("*/column_0.bin")
    assert stored.stat().st_size == SAMPLES * 4 * 2  # four features of two bytes


@pytest.mark.slow
def test_feature_maps_are_pooled_before_they_are_kept():
    images = np.random.default_rng(0).normal(size=(SAMPLES, 8, 8, 3)).astype("float32")
    by_fit, cached = assert_learns_the_same(
        lambda: transfer(models.convolutional(), "relu", head=CLASSES),
        lambda fit: fit(images, y, **FAST),
    )
    assert by_fit.predict(images, verbose=0).shape == cached.predict(images, verbose=0).shape


def embedded(head):
    layers = keras.layers
    base = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(4, 5, mask_zero=True, name="embedding"),
            layers.Dense(3),
            layers.Dense(2),
        ]
    )
    made = transfer(base, 1, freeze="embedding", head=head)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=head != CLASSES)
    made.compile("sgd", loss, metrics=["accuracy"])
    return made


@pytest.mark.slow
def test_a_mask_goes_with_the_features():
    tokens = np.random.default_rng(0).integers(4, size=(SAMPLES, 5))
    tokens[:, 0] = 1  # a mean over nothing is not a number
    assert_learns_the_same(lambda: embedded(CLASSES), lambda fit: fit(tokens, y, **FAST))
    # Keras leaves masked steps out of the loss
    each = keras.layers.Dense(CLASSES)
    assert_learns_the_same(lambda: embedded(each), lambda fit: fit(tokens, tokens % 3, **FAST))


@pytest.mark.slow
def test_a_recurrent_layer_after_the_cut_gets_the_mask():
    tokens = np.random.default_rng(0).integers(4, size=(SAMPLES, 5))

    def make():
        head = [keras.layers.LSTM(4), keras.layers.Dense(CLASSES)]
        made = transfer(models.masked_lstm(), "embedding", head=head)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        made.compile("sgd", loss)
        assert split_model(made).static.calls[-1].path == "trunk/embedding"
        return made

    assert_learns_the_same(make, lambda fit: fit(tokens, y, **FAST))


@pytest.mark.slow
def test_a_nested_model_called_by_name_on_integers_and_a_mask():
    generator = np.random.default_rng(0)
    data = [generator.integers(7, size=(SAMPLES, size)) for size in (5, 6)]
    data[1] = data[1].astype("uint8")

    def make():
        made = transfer(models.randomised(models.nested_by_name()), "nested/joined", head=2)
        assert split_model(made).static.calls[-1].path == "trunk/nested/joined"
        return made

    assert_learns_the_same(make, lambda fit: fit(data, y % 2, **FAST))


@pytest.mark.slow
def test_operations_and_masks_within_a_static_trunk():
    def make():
        tokens = keras.Input((5,), dtype="int32")
        embedded = keras.layers.Embedding(4, 6, mask_zero=True)(tokens)
        pooled = keras.layers.GlobalAveragePooling1D()(embedded)
        return transfer(keras.Model(tokens, keras.ops.tanh(pooled) + pooled), 0, head=CLASSES)

    tokens = 1 + np.random.default_rng(0).integers(3, size=(SAMPLES, 5))
    assert_learns_the_same(make, lambda fit: fit(tokens, y, **{**FAST, "epochs": 1}))


@pytest.mark.slow
def test_several_inputs_and_outputs():
    data = {"wide": np.ones((SAMPLES, 8)), "deep": np.random.default_rng(0).random((SAMPLES, 4))}
    targets = {"sex": y % 2, "age": x[:, 0]}

    def make():
        made = transfer(models.dicts(), 0, freeze="trunk_dense")
        losses = {"sex": keras.losses.SparseCategoricalCrossentropy(from_logits=True), "age": "mse"}
        made.compile("adam", losses, metrics={"sex": ["accuracy"], "age": ["mae"]})
        return made

    assert_learns_the_same(make, lambda fit: fit(data, targets, **FAST))


def test_a_plain_model_with_frozen_layers():
    def make():
        made = keras.Sequential(
            [
                keras.Input((WIDTH,)),
                keras.layers.Dense(5, "relu", trainable=False),
                keras.layers.Dropout(0.5),
                keras.layers.Dense(CLASSES),
            ]
        )
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        made.compile("adam", loss, metrics=["accuracy"])
        return made

    assert_learns_the_same(make, lambda fit: fit(x, y, **FAST))


@pytest.mark.slow
def test_batches_of_a_dataset_in_a_new_order_each_epoch():
    data = Batches(inputs(120), labels(120), np.linspace(0, 1, 120))
    assert_learns_the_same(
        model, lambda fit: fit(data, validation_data=Batches(x, y), epochs=2, verbose=0)
    )


@pytest.mark.slow
@pytest.mark.backend("tensorflow", reason="the other backends read a `tf.data.Dataset` alike")
def test_a_tf_dataset():
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices((x, y)).batch(16)
    assert_learns_the_same(
        model,
        lambda fit: fit(
            data,
            validation_data=data,
            class_weight=CLASS_WEIGHT,
            shuffle=False,
            epochs=2,
            verbose=0,
        ),
        compiled=True,
    )


@pytest.mark.slow
def test_features_in_files_too_large_to_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(file_store, "SMALL", 0)
    assert_learns_the_same(
        model,
        lambda fit: fit(x, y, class_weight=CLASS_WEIGHT, validation_split=0.2, **FAST),
        cache=tmp_path,
    )


# What callbacks see


class Watcher(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.models, self.biases, self.batches = set(), [], 0

    def on_train_batch_end(self, batch, logs=None):
        self.batches += 1
        self.models.add(id(self.model))
        self.biases.append(as_numpy(self.model.weights[-1]).copy())


@pytest.mark.slow
def test_callbacks_see_the_whole_model_at_each_batch():
    watchers = [Watcher(), Watcher()]
    waiting = iter(watchers)
    both = assert_learns_the_same(model, lambda fit: fit(x, y, callbacks=[next(waiting)], **FAST))
    for made, watcher in zip(both, watchers, strict=True):
        assert watcher.models == {id(made)}
        assert watcher.batches == 4
    np.testing.assert_allclose(watchers[0].biases, watchers[1].biases, rtol=1e-4, atol=1e-6)


class Evaluation(keras.callbacks.Callback):
    """Uses the whole model on inputs in the middle of its training."""

    def on_epoch_end(self, epoch, logs=None):
        logs["evaluated"] = self.model.evaluate(x, y, verbose=0)[0]
        logs["predicted"] = float(self.model.predict(x, verbose=0).std())


@pytest.mark.slow
def test_callbacks_of_keras(tmp_path):
    folders = iter([tmp_path / "fit", tmp_path / "fit_cached"])

    def train(fit):
        folder = next(folders)
        folder.mkdir()
        callbacks = [
            keras.callbacks.EarlyStopping(
                "loss", patience=1, min_delta=10, restore_best_weights=True
            ),
            keras.callbacks.ReduceLROnPlateau("loss", patience=0, min_delta=10),
            keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2),
            keras.callbacks.ModelCheckpoint(folder / "{epoch}.keras"),
            keras.callbacks.CSVLogger(folder / "log.csv"),
            Evaluation(),
        ]
        return fit(x, y, callbacks=callbacks, validation_split=0.2, **{**FAST, "epochs": 5})

    by_fit, cached = assert_learns_the_same(model, train)
    logs = [np.genfromtxt(path, delimiter=",") for path in tmp_path.glob("*/log.csv")]
    np.testing.assert_allclose(*logs, rtol=1e-5)
    assert len(cached.history.epoch) == 2  # stopped early
    assert "evaluated" in cached.history.history
    saved = keras.models.load_model(tmp_path / "fit_cached" / "1.keras")
    np.testing.assert_allclose(saved.predict(x, verbose=0), by_fit.predict(x, verbose=0), rtol=1e-4)


def test_stop_training_within_an_epoch():
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1

    assert_learns_the_same(model, lambda fit: fit(x, y, callbacks=[Stop()], **FAST))


def test_a_callback_must_not_compile_the_model_anew():
    def unfreeze_at(epoch, logs):
        if epoch == 1:
            unfreeze(made, last=1)

    made = model()
    callback = keras.callbacks.LambdaCallback(on_epoch_begin=unfreeze_at)
    with pytest.raises(RuntimeError, match=r"compiled .* anew, .* before epoch 2"):
        fit_cached(made, x, y, callbacks=[callback], **FAST)


# What stays as it was


def test_no_layer_gets_another_node():
    made = model()
    nodes = [len(layer._inbound_nodes) for layer in made._flatten_layers()]
    fit_cached(made, x, y, **FAST)
    assert [len(layer._inbound_nodes) for layer in made._flatten_layers()] == nodes


def test_the_pass_runs_once_and_shows_its_progress(capsys, monkeypatch):
    sizes = []
    run = StaticPart.predict_on_batch
    monkeypatch.setattr(
        StaticPart, "predict_on_batch", lambda part, x: sizes.append(len(x)) or run(part, x)
    )
    fit_cached(model(), x, y, epochs=2, batch_size=16, verbose=2)
    assert sizes == [16, 16, 16]  # the last batch is filled up
    title, bar, *_ = capsys.readouterr().out.splitlines()
    assert title == "Frozen layers, up to `trunk/last`: one pass over the data"
    assert bar.startswith("3/3")


# Augmentation


def augmented():
    layers = keras.layers
    base = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Conv2D(4, 3, name="conv"), layers.Dense(2)]
    )
    trunk = transfer(base, 1)
    made = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.RandomFlip(name="flip"), trunk, Head(CLASSES)]
    )
    loss = "sparse_categorical_crossentropy"
    made.compile("adam", loss, metrics=["accuracy"], run_eagerly=EAGER)
    return made


IMAGES = np.random.default_rng(0).random((SAMPLES, 8, 8, 1)).astype("float32")


def test_augmentation_in_front_is_refused():
    with pytest.raises(NotStatic, match=r"`flip` may draw anew .* `views=n`"):
        fit_cached(augmented(), IMAGES, y, verbose=0)


@pytest.mark.slow
@pytest.mark.parametrize("cache", first_ones(["memory", "folder"], 1))
def test_views_take_turns(cache, tmp_path):
    made = augmented()
    history = fit_cached(
        made,
        IMAGES,
        y,
        views=2,
        validation_data=(IMAGES, y),
        cache=tmp_path if cache == "folder" else cache,
        **{**FAST, "epochs": 4},
    )
    assert len(history.epoch) == 4
    expected = made.evaluate(IMAGES, y, verbose=0, return_dict=True)["loss"]
    assert history.history["val_loss"][-1] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("views", [0, True, 1.5])
def test_views_must_be_a_number(views):
    with pytest.raises(ValueError, match="`views` is a positive whole number"):
        fit_cached(augmented(), IMAGES, y, views=views)


def test_views_of_nothing():
    with pytest.raises(ValueError, match="the model has none there"):
        fit_cached(model(), x, y, views=2)


# The folder


def test_a_folder_is_found_again(tmp_path, monkeypatch):
    def train(made, data=x):
        return fit_cached(
            made, data, y, cache=tmp_path, validation_split=0.2, **{**FAST, "epochs": 1}
        )

    keras.utils.set_random_seed(1)
    train(model())
    assert len(list(tmp_path.iterdir())) == 2
    with monkeypatch.context() as patch:
        patch.setattr(StaticPart, "predict_on_batch", None)
        keras.utils.set_random_seed(1)
        train(model())
        keras.utils.set_random_seed(2)
        with pytest.raises(TypeError):  # other weights
            train(model())
        keras.utils.set_random_seed(1)
        with pytest.raises(TypeError):  # other data
            train(model(), x + 1)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.slow
def test_a_damaged_folder_is_made_anew(tmp_path):
    made, options = model(), {**FAST, "epochs": 1}
    fit_cached(made, x, y, cache=tmp_path, **options)
    (file,) = tmp_path.glob("*/column_0.bin")
    file.write_bytes(file.read_bytes()[:-4])
    with pytest.warns(UserWarning, match="are computed anew: .* has 636 bytes instead of 640"):
        fit_cached(made, x, y, cache=tmp_path, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        fit_cached(made, x, y, cache=tmp_path, **options)


# What stays behind


@pytest.mark.slow
@pytest.mark.backend("tensorflow", reason="the other backends keep no graphs")
def test_no_graph_stays_alive():
    def graphs():
        gc.collect()
        return {id(one) for one in gc.get_objects() if type(one).__name__ == "FuncGraph"}

    made = model()
    made.run_eagerly = False
    before = graphs()
    fit_cached(made, x, y, **FAST)
    assert graphs() <= before


# Errors come before any work


def test_a_model_with_a_training_step_of_its_own(no_pass):
    class Own(keras.Model):
        def train_step(self, *args):
            raise AssertionError

    inputs = keras.Input((WIDTH,))
    frozen = keras.layers.Dense(3, trainable=False)
    made = Own(inputs, keras.layers.Dense(2)(frozen(inputs)))
    made.compile("sgd", "mse")
    with pytest.raises(UnsupportedModel, match=r"Own has a `train_step` of its own.*`model.fit`"):
        fit_cached(made, x, y)


@pytest.fixture
def no_pass(monkeypatch):
    monkeypatch.setattr(StaticPart, "predict_on_batch", None)


def test_a_model_that_is_not_compiled(no_pass):
    trunk = transfer(trained(), 0, freeze="first")
    with pytest.raises(ValueError, match=r"is not compiled.*model.compile"):
        fit_cached(trunk, x, y)


def test_labels_that_do_not_fit_the_head(no_pass):
    with pytest.raises(InvalidLabels, match="holds the class 7"):
        fit_cached(model(), x, np.full(SAMPLES, 7))
    with pytest.raises(InvalidLabels, match=r"`validation_data\[1\]` holds the class 7"):
        fit_cached(model(), x, y, validation_data=(x, np.full(SAMPLES, 7)))


def test_arrays_of_different_lengths(no_pass):
    with pytest.raises(ValueError, match=r"(?s)same number of samples.*40.*39"):
        fit_cached(model(), x, y[:-1])


def test_features_that_are_not_finite():
    made, sparse = model(), np.zeros_like(x)
    sparse[[3, 17, 39]] = 1
    first = made.trunk.get_layer("first")
    first.kernel.assign(np.full(first.kernel.shape, 1e38, "float32"))  # six of them are infinite
    with pytest.raises(InvalidFeatures, match=r"of the \d+ samples .* first of them is sample 3"):
        fit_cached(made, sparse, y, **FAST)


@pytest.mark.parametrize(
    ("inputs", "labels", "validation", "error", "match"),
    [
        (x[:0], y[:0], None, InvalidLabels, "`y` is empty"),
        (x[:, :2], y, None, InvalidFeatures, "`x` does not fit"),
        (x, y, (x[:, :2], y), InvalidFeatures, "`validation_data` does not fit"),
    ],
)
def test_arrays_that_do_not_fit_the_model(inputs, labels, validation, error, match, no_pass):
    with pytest.raises(error, match=match):
        fit_cached(model(), inputs, labels, validation_data=validation)


def test_arrays_without_labels(no_pass):
    with pytest.raises(ValueError, match="`y` is missing"):
        fit_cached(model(), x)
    with pytest.raises(ValueError, match="`validation_data` has no labels"):
        fit_cached(model(), x, y, validation_data=(x,))


@pytest.mark.parametrize(
    ("arrays", "match"),
    [
        ([inputs(0), labels(0)], "The Batches has no batches"),
        ([inputs()[:, :2], labels()], r"A batch of the data does not fit .* \(20, 2\)"),
        ([inputs()], "batch has no labels"),
    ],
)
def test_batches_that_do_not_fit_the_model(arrays, match, no_pass):
    with pytest.raises(ValueError, match=match):
        fit_cached(model(), Batches(*arrays))


def test_a_stream_without_an_end(no_pass):
    def endless():
        while True:
            yield x, y

    with pytest.raises(ValueError, match="The generator does not say where it ends"):
        fit_cached(model(), endless(), shuffle=False)


def test_a_generator_is_read_once(tmp_path, no_pass):
    with pytest.raises(ValueError, match="can be read only once"):
        fit_cached(model(), iter_batches(), steps_per_epoch=2, shuffle=False, cache=tmp_path)


@pytest.mark.slow
def test_a_generator_with_a_number_of_steps():
    history = fit_cached(
        model(), iter_batches(), steps_per_epoch=2, shuffle=False, epochs=3, verbose=0
    )
    assert history.epoch == [0, 1, 2]


def iter_batches():
    while True:
        yield x[:16], y[:16]


def test_cache_is_a_word_or_a_path(no_pass):
    with pytest.raises(TypeError, match="`cache` is"):
        fit_cached(model(), x, y, cache=True)
