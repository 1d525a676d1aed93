import keras
import numpy as np
import pytest
from keras import layers, ops

from _helpers import draw, moved_variables, reload
from keras_mtl import Head, MultiTaskModel, errors, explain, grad_cam, transfer

X = draw(5, 8, 10, 3)
NAMES = ["cat", "dog", "owl"]


def network(activation="softmax", units=3, pooling=layers.GlobalAveragePooling2D):
    return keras.Sequential(
        [
            keras.Input((8, 10, 3)),
            layers.Conv2D(4, 3, activation="relu", name="first"),
            layers.BatchNormalization(name="norm"),
            layers.Conv2D(6, 3, name="conv"),
            layers.ReLU(name="relu"),
            pooling(name="pool"),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(units, activation=activation, name="dense"),
        ]
    )


def by_hand(model, kernel, classes):
    """Of features averaged over h * w places the gradient is a column of the kernel / (h * w)."""
    features = ops.convert_to_numpy(keras.Model(model.inputs[0], model.get_layer("relu").output)(X))
    height, width = features.shape[1:3]
    weights = kernel[:, classes].T / (height * width)
    return np.maximum(np.einsum("nhwc,nc->nhw", features, weights), 0)


@pytest.mark.parametrize("activation", ["softmax", None, "sigmoid"])
def test_a_map_is_features_times_kernel(activation):
    model = network(activation)
    kernel = ops.convert_to_numpy(model.get_layer("dense").kernel)
    with moved_variables(model) as moved:
        maps = grad_cam(model, X, classes=[0, 1, 2, 1, 0])
        predicted = grad_cam(model, X)
    assert moved == [] and model.get_layer("dense").activation is keras.activations.get(activation)
    assert maps.shape == (5, 4, 6) and maps.dtype == np.float32 and maps.max() > 0
    assert maps == pytest.approx(by_hand(model, kernel, [0, 1, 2, 1, 0]), abs=1e-6)
    likeliest = model.predict(X, verbose=0).argmax(1)
    assert predicted == pytest.approx(by_hand(model, kernel, likeliest), abs=1e-6)
    assert grad_cam(model, X, classes=2) == pytest.approx(by_hand(model, kernel, [2] * 5), abs=1e-6)


def test_one_output_speaks_for_both_classes():
    model = network("sigmoid", 1)
    kernel = ops.convert_to_numpy(model.get_layer("dense").kernel)
    both = np.concatenate([-kernel, kernel], axis=1)
    assert grad_cam(model, X, classes=0) == pytest.approx(by_hand(model, both, [0] * 5), abs=1e-6)
    predicted = (model.predict(X, verbose=0)[:, 0] > 0.5).astype(int)
    assert grad_cam(model, X) == pytest.approx(by_hand(model, both, predicted), abs=1e-6)


def test_features_before_a_pooling_layer_have_more_places():
    model = network(pooling=layers.MaxPooling2D)
    assert grad_cam(model, X).shape == (5, 4, 6)
    assert grad_cam(model, X, layer="pool").shape == (5, 2, 3)
    assert grad_cam(model, X, layer="first").shape == (5, 6, 8)


def test_models_in_models(tmp_path):
    """A trunk, a loaded model, and a task: the maps of the same features and weights."""
    trained = network()
    model = transfer(trained, "relu", head=Head(classes=NAMES))
    kernel = ops.convert_to_numpy(model.head.parts[-1].kernel)
    expected = by_hand(trained, kernel, [1] * 5)
    assert grad_cam(model, X, classes="dog") == pytest.approx(expected, abs=1e-6)
    assert grad_cam(reload(model, tmp_path), X, classes="dog") == pytest.approx(expected, abs=1e-6)
    assert grad_cam(model, X, "trunk/first").shape == (5, 6, 8)
    tasks = MultiTaskModel(
        model.trunk, {"animal": Head(classes=NAMES), "size": Head(1, "regression")}
    )
    kernel = ops.convert_to_numpy(tasks.heads["animal"].parts[-1].kernel)
    found = grad_cam(tasks, X, classes=["cat"] * 5, task="animal")
    assert found == pytest.approx(by_hand(trained, kernel, [0] * 5), abs=1e-6)
    assert grad_cam(tasks, X, task="size").shape == (5, 4, 6)


def test_awkward_networks():
    """Pixels rescaled in front, a residual sum, a second input, logits by an operation, float16."""
    picture, other = keras.Input((None, None, 4), dtype="uint8"), keras.Input((2,))
    x = layers.Rescaling(1 / 255)(picture)
    x = layers.Conv2D(4, 3, padding="same", dtype="mixed_float16")(x)
    x = layers.Add(name="sum")([x, layers.SeparableConv2D(4, 3, padding="same")(x)])
    squeezed = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = x * layers.Conv2D(4, 1, activation="sigmoid")(squeezed)
    x = layers.Concatenate()([layers.GlobalMaxPooling2D()(x), other])
    model = keras.Model([picture, other], ops.softmax(layers.Dense(3)(x)))
    pixels = np.random.default_rng(0).integers(256, size=(2, 6, 7, 4))
    maps = grad_cam(model, [pixels, draw(2, 2)])
    assert maps.shape == (2, 6, 7) and np.isfinite(maps).all()
    assert grad_cam(model, [pixels, draw(2, 2)], "sum").shape == (2, 6, 7)


def test_series_need_the_name_of_a_layer():
    model = keras.Sequential(
        [
            keras.Input((9, 2)),
            layers.Conv1D(3, 2, name="conv"),
            layers.GlobalAveragePooling1D(),
            layers.Dense(2, name="dense"),
        ]
    )
    assert grad_cam(model, draw(3, 9, 2), layer="conv").shape == (3, 8)
    with pytest.raises(errors.LayerNotFound, match="no layer that keeps the places"):
        grad_cam(model, draw(3, 9, 2))
    with pytest.raises(errors.LayerNotFound, match=r"the shape \(None, 2\): no places"):
        grad_cam(model, draw(3, 9, 2), layer="dense")


@pytest.mark.slow
def test_a_wrapped_application():
    inner = keras.applications.MobileNetV2(
        (32, 32, 3), alpha=0.35, weights=None, include_top=False, pooling="avg"
    )
    model = keras.Sequential([keras.Input((32, 32, 3)), inner, layers.Dense(2, "softmax")])
    x = draw(2, 32, 32, 3)
    assert grad_cam(model, x, layer="mobilenetv2_0.35_32/block_3_project").shape == (2, 4, 4)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"classes": 3}, errors.InvalidLabels, r"from 0 to 2\. Received: 3"),
        ({"classes": [0, 1]}, errors.InvalidLabels, "each of the 5 samples"),
        ({"classes": "cat"}, errors.InvalidLabels, "knows no names"),
        ({"classes": 0.5}, errors.InvalidLabels, "`classes`"),
        ({"layer": "cnov"}, errors.LayerNotFound, "Did you mean `conv`"),
        ({"x": X[:, :4]}, errors.InvalidFeatures, "expected the shape"),
        ({"x": X[:0]}, errors.InvalidFeatures, "no samples"),
        ({"model": "net"}, errors.UnsupportedModel, "received 'net'"),
        ({"task": "animal"}, errors.TaskNotFound, "animal"),
    ],
)
def test_bad_calls(arguments, error, message):
    with pytest.raises(error, match=message):
        grad_cam(**{"model": network(), "x": X} | arguments)


@pytest.mark.slow
def test_sheets_with_and_without_maps(tmp_path):
    y = [0, 1, 2, 0, 1]
    model = network()
    for one in (model, transfer(model, "relu", head=3), dense()):
        explanation = explain(one, X, y, verbose=0)
        path = explanation.contact_sheet(tmp_path / "sheet.png", n=1)
        assert path.stat().st_size > 1000
    numbers = explain(network(None, 1), X, np.array(y) / 7, verbose=0)
    assert numbers.contact_sheet(tmp_path / "numbers.png", n=1).exists()


def dense():
    return keras.Sequential(
        [
            keras.Input((8, 10, 3)),
            layers.Rescaling(2.0),
            layers.Flatten(),
            layers.Dense(3, "softmax"),
        ]
    )
