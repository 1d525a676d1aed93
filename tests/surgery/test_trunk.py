import keras
import numpy as np
import pytest
from keras import layers, ops

from _helpers import draw, moved_variables, paths, reload
from _models import QuietBlock, random_batch, randomised, zoo
from _watching import same_bits
from keras_mtl import transfer

IMAGES = draw(12, 6, 6, 2)
TARGETS = draw(12, 1, seed=1)
PREDICTION = ["prediction/kernel", "prediction/bias"]


@keras.saving.register_keras_serializable("tests")
class LossyBlock(keras.Layer):
    """It adds two losses of its own, and one by a layer inside it."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = layers.Activation("tanh", activity_regularizer="l2")

    def call(self, x):
        self.add_loss(keras.ops.mean(x))
        self.add_loss(keras.ops.max(x))
        return self.inner(x)


def nested_block():
    inner = [keras.Input((6, 6, 2)), layers.BatchNormalization(), layers.Dropout(0.5)]
    inputs = keras.Input((6, 6, 2))
    return keras.Model(inputs, QuietBlock(2)(keras.Sequential(inner, name="inner")(inputs)))


# Each of these does something in training that it does not do in inference.
LIVE = {
    "dropout": lambda: layers.Dropout(0.5),
    "spatial_dropout": lambda: layers.SpatialDropout2D(0.5),
    "alpha_dropout": lambda: layers.AlphaDropout(0.5),
    "gaussian_noise": lambda: layers.GaussianNoise(0.5),
    "gaussian_dropout": lambda: layers.GaussianDropout(0.5),
    "batch_norm": lambda: layers.BatchNormalization(),
    "spectral_norm": lambda: layers.SpectralNormalization(layers.Conv2D(2, 3)),
    "half_precision": lambda: layers.Dropout(0.5, dtype="mixed_float16"),
    "no_training_argument": lambda: QuietBlock(2),
    "nested": nested_block,
}
LOSSY = {
    "regularised": lambda: layers.Conv2D(2, 3, activity_regularizer="l2"),
    "regularised_half": lambda: layers.Dense(2, activity_regularizer="l2", dtype="mixed_float16"),
    "add_loss": LossyBlock,
}
AUGMENTATION = {  # XLA compiles none of it, so it is kept apart from the others.
    "random_flip": lambda: layers.RandomFlip(),
    "random_rotation": lambda: layers.RandomRotation(0.3),
    "random_contrast": lambda: layers.RandomContrast(0.5, value_range=(-3, 3)),
}
FEW = {name: LIVE[name] for name in ("dropout", "batch_norm", "no_training_argument")}
groups = pytest.mark.parametrize(
    "branches", [LIVE | LOSSY, AUGMENTATION], ids=["layers", "augmentation"]
)


def branching(branches):
    """A trained model with an output for each of the layers under test."""
    inputs = keras.Input((6, 6, 2))
    x = layers.Conv2D(2, 2, padding="same", activation="tanh")(inputs)
    return randomised(keras.Model(inputs, {name: make()(x) for name, make in branches.items()}))


def showing(features):
    """A head that shows the features beside a prediction that trains."""
    inputs = {
        name: keras.Input(t.shape[1:], dtype=t.dtype, name=name) for name, t in features.items()
    }
    pooled = [layers.GlobalAveragePooling2D(dtype="float32")(t) for t in inputs.values()]
    x = layers.Dropout(0.5)(layers.Concatenate()(pooled))
    prediction = layers.Dense(1, name="prediction")(x)
    return keras.Model(inputs, {**inputs, "prediction": prediction}, name="head")


def fit_showing(model):
    """Three epochs; the losses but the prediction's are distances to the features in `predict`.

    These distances are 0 but for rounding, as batches of another size are summed in another order.
    """
    targets = model.predict(IMAGES, verbose=0) | {"prediction": TARGETS}
    model.compile("sgd", dict.fromkeys(targets, "mae"))
    return model.fit(IMAGES, targets, batch_size=4, epochs=3, verbose=0).history


@groups
def test_fit_sees_the_features_of_predict_and_changes_nothing(branches):
    source = branching(branches)
    model = transfer(source, cut=0, head=showing(source.output))
    with moved_variables(model.trunk) as moved, moved_variables(model.head) as learned:
        history = fit_showing(model)
    for name in branches:
        assert history[f"{name}_loss"] == pytest.approx([0] * 3, abs=1e-6), name
    assert history["loss"] == pytest.approx(history["prediction_loss"], abs=1e-5)
    assert moved == []
    assert set(PREDICTION) <= set(paths(learned))
    assert paths(model.trainable_variables) == PREDICTION


@pytest.mark.slow
@groups
def test_in_training_mode_only_the_head_differs(branches, tmp_path):
    source = branching(branches)
    static = transfer(source, cut=0, head=showing(source.output))
    with keras.saving.custom_object_scope({"QuietBlock": QuietBlock}):
        copies = [keras.models.clone_model(static), reload(static, tmp_path)]
    for model in (static, *copies):
        inferred = model(IMAGES, training=False)
        with moved_variables(model.trunk) as moved:
            trained = model(IMAGES, training=True)
        assert not same_bits(trained.pop("prediction"), inferred.pop("prediction"))
        assert same_bits(trained, inferred)
        assert model.losses == moved == []
        assert paths(model.trainable_variables) == PREDICTION


@groups
def test_a_trunk_that_trains_is_live(branches):
    source = branching(branches)
    trunk = transfer(source, cut=0, freeze=False, batchnorm="train")
    inferred = trunk(IMAGES, training=False)
    trained = trunk(IMAGES, training=True)
    live = {name for name in branches if not same_bits(trained[name], inferred[name])}
    assert live == branches.keys() - LOSSY.keys()
    assert len(trunk.losses) == (5 if LOSSY.keys() <= branches.keys() else 0)
    assert len(trunk.trainable_variables) == len(source.trainable_variables) > 0


@zoo("masked_lstm", "recurrent_wrappers", "attention", "siamese", "nested_twice")
def test_awkward_trunks_can_be_static(build):
    trained = randomised(build())
    trunk = transfer(trained, cut=0, verify=False)
    batch = random_batch(trained)
    with moved_variables(trunk) as moved:
        in_training = trunk(batch, training=True)
    assert same_bits(in_training, trunk(batch, training=False))
    assert trunk.losses == moved == trunk.trainable_variables == []


@pytest.mark.slow
def test_static_inside_a_model_of_the_user():
    trunk = transfer(branching(FEW), cut=0)
    inputs = keras.Input((6, 6, 2))
    features = trunk(inputs * 1.0)
    model = keras.Model(inputs, showing(features)(features))
    with moved_variables(trunk) as moved:
        history = fit_showing(model)
    assert history["loss"] == pytest.approx(history["prediction_loss"], abs=1e-5)
    assert moved == []
    assert paths(model.trainable_variables) == PREDICTION


class Around(keras.Model):
    """It passes `training` on to nobody: its parts look it up in the context of its call."""

    def __init__(self, trunk):
        super().__init__()
        self.trunk = trunk
        self.dropout = layers.Dropout(0.5)

    def call(self, x):
        return self.dropout(self.trunk(x))


def test_what_is_called_after_a_static_trunk_is_live():
    trunk = transfer(two_halves(), cut=0)
    features = trunk(ops.ones((64, 4)))
    outputs = Around(trunk)(ops.ones((64, 4)), training=True)
    assert 0 < ops.sum(outputs == 0) < 128
    assert same_bits(ops.where(outputs == 0, 0.0, features), outputs / 2)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
def test_the_trunk_alone_is_static_in_fit():
    trunk = transfer(branching(FEW), cut=0)
    trunk.compile("sgd", dict.fromkeys(FEW, "mae"))
    with moved_variables(trunk) as moved:
        history = trunk.fit(IMAGES, trunk.predict(IMAGES, verbose=0), verbose=0).history
    assert history["loss"] == pytest.approx([0], abs=1e-6)
    assert moved == []


def two_halves(name="two_halves"):
    inputs = keras.Input((4,))
    x = layers.Dense(4, "tanh", activity_regularizer="l2", name="first")(inputs)
    x = layers.Dropout(0.5, name="first_dropout")(x)
    x = layers.Dense(4, "tanh", activity_regularizer="l2", name="second")(x)
    x = layers.Dropout(0.5, name="second_dropout")(x)
    return keras.Model(inputs, layers.Dense(2, name="last")(x), name=name)


def test_freeze_by_name_is_static_up_to_it_and_live_after_it():
    cut = ["first_dropout", "second_dropout"]
    trunk = transfer(two_halves(), cut=cut, freeze="first_dropout")
    x = draw(6, 4)
    trained, inferred = trunk(x, training=True), trunk(x, training=False)
    assert same_bits(trained["first_dropout"], inferred["first_dropout"])
    assert not same_bits(trained["second_dropout"], inferred["second_dropout"])
    assert paths(trunk.trainable_variables) == ["second/kernel", "second/bias"]


def test_freeze_by_name_keeps_the_losses_after_it():
    trained = two_halves()
    x = draw(6, 4)
    trunk = transfer(trained, cut=1, freeze="first")
    trunk(x)
    (loss,) = trunk.losses
    second = np.asarray(transfer(trained, cut="second")(x))
    assert float(loss) == pytest.approx(0.01 * np.sum(second**2) / len(x), rel=1e-5)


def test_freeze_by_name_in_fit():
    model = transfer(two_halves(), cut=1, freeze="first_dropout", head=2)
    with moved_variables(model) as moved:
        model.fit(draw(8, 4), np.arange(8) % 2, verbose=0)
    weights = [path for path in paths(moved) if "seed" not in path]
    assert weights == paths(model.trainable_variables)


@pytest.mark.parametrize(
    "name, trained",
    [("inner/first_dropout", ["second", "last", "after"]), ("inner", ["after"])],
)
def test_freeze_by_name_reaches_into_nested_models(name, trained):
    stack = [keras.Input((4,)), two_halves(name="inner"), layers.Dense(3, name="after")]
    trunk = transfer(keras.Sequential(stack), cut=0, freeze=name)
    expected = [f"{layer}/{weight}" for layer in trained for weight in ("kernel", "bias")]
    assert paths(trunk.trainable_variables) == expected
    inner = trunk.get_layer("inner")
    assert inner.trainable == (len(trained) > 1)


def test_a_layer_on_both_sides_of_the_boundary_is_static():
    inputs = keras.Input((4,))
    shared = layers.Dense(4, name="shared")
    x = layers.Dense(4, name="between")(shared(inputs))
    trunk = transfer(keras.Model(inputs, shared(x)), cut=0, freeze="shared")
    assert paths(trunk.trainable_variables) == ["between/kernel", "between/bias"]


def normalised():
    """BatchNormalization three times: as a layer, in a nested model, in a custom layer."""
    nested = keras.Sequential([keras.Input((4,)), layers.BatchNormalization()], name="nested")
    stack = [layers.Dense(4), layers.BatchNormalization(name="norm"), nested, QuietBlock(4)]
    return randomised(keras.Sequential([keras.Input((4,)), *stack, layers.Dense(2)]))


@pytest.mark.parametrize(
    "batchnorm, freeze, normalisations",
    [
        ("frozen", False, 0),
        pytest.param("train", False, 3, marks=pytest.mark.slow),
        pytest.param("frozen", "norm", 0, marks=pytest.mark.slow),
        ("train", "norm", 2),
    ],
)
def test_batchnorm_policy_in_fit(batchnorm, freeze, normalisations, tmp_path):
    model = transfer(normalised(), cut=1, freeze=freeze, head=2, batchnorm=batchnorm)
    model = reload(model, tmp_path, {"QuietBlock": QuietBlock})
    model.run_eagerly = True
    with moved_variables(model.trunk) as moved:
        model.fit(draw(12, 4), np.arange(12) % 2, verbose=0)
    names = [path.split("/")[-1] for path in paths(moved)]
    for name in ("gamma", "beta", "moving_mean", "moving_variance"):
        assert names.count(name) == normalisations
    assert names.count("kernel") == (1 if freeze else 2)
