import keras
import pytest
from keras import layers

from keras_mtl import Head, MultiTaskModel, errors, plot_transfer, transfer
from keras_mtl.explaining.read_network import network_parts
from keras_mtl.pictures.drawing import inline_svg
from keras_mtl.pictures.network import Network


def trained(width=8):
    parts = [layers.Conv2D(3, 3, name="conv_$1$"), layers.ReLU(), layers.Flatten()]
    return keras.Sequential([keras.Input((width, width, 1)), *parts, layers.Dense(2, name="out")])


def test_a_picture_names_all_parts(tmp_path):
    trunk = transfer(trained(), "flatten", freeze="conv_$1$")
    model = MultiTaskModel(trunk, {"sex": 2, "hair": Head(3, hidden=[4])})
    texts = [text.get_text() for text in plot_transfer(model).axes[0].texts]
    for text in ("trunk", "task sex", "task hair", "conv_$1$", "kept, static", "new, trained"):
        assert text in texts
    assert any(text.startswith("6 x 6 x 3 · 30 parameters") for text in texts)
    assert plot_transfer(model, tmp_path / "network.png").stat().st_size > 1000


def test_a_picture_for_a_page_of_any_width():
    picture = Network(network_parts(transfer(trained(), 1, head=3)))
    for width in (720, 328):
        svg = inline_svg(picture.draw, width, picture.height, "net")
        assert "kept, static" in svg and "conv_$1$" in svg
    assert picture.words.endswith("3 layers kept, static; 1 layers new, trained.")


def test_models_that_cannot_be_drawn():
    with pytest.raises(errors.UnsupportedModel):
        plot_transfer("net")
    with pytest.raises(errors.UnbuiltModel):
        plot_transfer(keras.Sequential([layers.Dense(2)]))
