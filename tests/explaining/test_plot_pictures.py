import keras
import numpy as np
import pytest

from keras_mtl.errors import InvalidFeatures
from keras_mtl.explaining.plot_pictures import plot_pictures


def test_a_picture_a_panel_and_a_text_above_each(tmp_path):
    bytes_ = np.random.default_rng(0).integers(0, 256, (3, 6, 5, 3)).astype("uint8")
    for given in (bytes_, bytes_ / 255, keras.ops.convert_to_tensor(bytes_), list(bytes_)):
        figure = plot_pictures(given, ["cat", 7, "dog\n(cat)"])
        shown = [panel.images[0].get_array() for panel in figure.axes]
        assert np.allclose(shown, bytes_ / 255, atol=1e-6)
        assert [panel.get_title(loc="left") for panel in figure.axes] == ["cat", "7", "dog\n(cat)"]
    sizes = plot_pictures([np.eye(4), np.ones((5, 8, 1))])
    assert [panel.get_title(loc="left") for panel in sizes.axes] == ["", ""]
    assert plot_pictures(bytes_, path=tmp_path / "sheet.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("pictures", "captions", "error", "message"),
    [
        (3, None, InvalidFeatures, "an array of pictures, or a list"),
        (np.ones((0, 4, 4)), None, ValueError, "1 to 600"),
        (np.ones((9, 4)), None, InvalidFeatures, r"shape \(4,\) for picture 0"),
        ([np.eye(4), np.eye(4) * np.nan], None, InvalidFeatures, "Picture 1 holds NaN"),
        (np.ones((2, 4, 4)), ["a"], ValueError, "each of the 2 pictures. Received: 1 captions"),
        (np.ones((2, 4, 4)), "ab", ValueError, "Received: 'ab'"),
        (["a.png"], None, InvalidFeatures, "picture 0"),
    ],
)
def test_what_is_no_picture_is_refused(pictures, captions, error, message):
    with pytest.raises(error, match=message):
        plot_pictures(pictures, captions)
