import keras
import pytest
from keras import layers

from keras_mtl.comparing.strategies.whole_architecture import last_cut


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ([layers.Dense(2, "softmax")], "hidden"),
        ([layers.Dropout(0.1, name="drop"), layers.Dense(2), layers.Softmax()], "drop"),
        ([layers.Dense(5, "relu", name="features")], "features"),
        ([layers.Dense(5), layers.ReLU(name="relu")], "relu"),
        ([layers.Dense(5), layers.BatchNormalization(name="norm")], "norm"),
    ],
    ids=["output", "logits", "features", "rectified", "normalised"],
)
def test_the_output_layer_goes_and_features_stay(last, expected):
    trained = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="hidden"), *last])
    assert last_cut(trained, "auto") == expected


def test_nested_and_alone():
    inner = keras.Sequential(
        [keras.Input((4,)), layers.Dense(3, name="low"), layers.Dense(2)], name="inner"
    )
    assert last_cut(keras.Sequential([keras.Input((4,)), inner]), "auto") == "inner/low"
    alone = keras.Sequential([keras.Input((4,)), layers.Dense(2, name="only")])
    assert last_cut(alone, "auto") == "only"
