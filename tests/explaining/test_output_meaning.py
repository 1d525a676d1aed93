import keras
import pytest
from keras import layers, ops

from keras_mtl import Head
from keras_mtl.explaining.model_output import ModelOutput
from keras_mtl.explaining.output_meaning import kind_of_loss


def end(name):
    """The last layers of a classifier, as people write them."""
    inputs = x = keras.Input((4, 4, 2))
    if name == "dense":
        x = layers.Dense(3, activation="softmax")(layers.Flatten()(x))
    elif name == "reshaped":
        x = layers.Conv2D(3, 4, activation="softmax")(x)
        x = layers.Activation("linear", dtype="float32")(layers.Reshape((3,))(x))
    elif name == "operation":
        x = ops.softmax(layers.Dense(3)(layers.Flatten()(x)))
    elif name == "layer":
        x = layers.Softmax()(layers.Dense(3)(layers.Flatten()(x)))
    elif name == "sigmoid":
        x = layers.Activation("sigmoid")(layers.Dense(1)(layers.Flatten()(x)))
    elif name == "logits":
        x = layers.Dense(3)(layers.Flatten()(x))
    elif name == "scaled":
        x = layers.Rescaling(2.0)(layers.Dense(1)(layers.Flatten()(x)))
    return keras.Sequential([keras.Input((4, 4, 2)), keras.Model(inputs, x)])


FUNCTIONS = {
    **dict.fromkeys(["dense", "reshaped", "operation", "layer"], "softmax"),
    **{"sigmoid": "sigmoid", "logits": "linear", "scaled": None},
}


@pytest.mark.parametrize(("name", "function"), FUNCTIONS.items())
def test_the_last_function_is_found_inside_nested_models(name, function):
    assert ModelOutput.of(end(name), None).meaning.function == function


def test_a_head_knows_all():
    inputs = keras.Input((4,))
    head = Head(kind="binary", classes=["no", "yes"], from_logits=True)
    meaning = ModelOutput.of(keras.Model(inputs, head(inputs)), None).meaning
    assert (meaning.kind, meaning.function, meaning.classes) == ("binary", "linear", ("no", "yes"))
    assert meaning.is_certain


@pytest.mark.parametrize(
    ("loss", "kind"),
    [
        ("binary_crossentropy", "binary"),
        (keras.losses.BinaryFocalCrossentropy(), "binary"),
        ("mse", "regression"),
        (keras.losses.Huber(), "regression"),
        (keras.losses.mean_absolute_error, "regression"),
        ("hinge", None),
        ("sparse_categorical_crossentropy", None),
        (lambda y, y_pred: y_pred, None),
        (None, None),
    ],
)
def test_what_a_loss_tells(loss, kind):
    assert kind_of_loss(loss) == kind
