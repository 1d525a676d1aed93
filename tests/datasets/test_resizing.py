import numpy as np
import pytest

from keras_mtl.datasets.resizing import resized


@pytest.mark.backend("tensorflow", reason="importing TensorFlow takes seconds")
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 3, 5])
@pytest.mark.parametrize("size", [(7, 5), (30, 40)])
def test_equals_what_tensorflow_does(dtype, channels, size):
    import tensorflow as tf

    picture = np.random.default_rng(0).integers(0, 256, (20, 16, channels)).astype(dtype)
    theirs = tf.image.resize(picture, size, antialias=True).numpy()
    ours = resized(picture, size)
    assert ours.shape == (*size, channels) and ours.dtype == dtype
    assert np.abs(ours.astype(float) - theirs).max() < 1.1


def test_a_picture_of_that_size_stays_as_it_is():
    picture = np.zeros((4, 6, 3))
    assert resized(picture, (4, 6)) is picture and resized(picture, None) is picture
