"""Encoded pictures become numbers, in TensorFlow: as a part of an export, and to check it."""

from __future__ import annotations

from typing import Any


def decoded_pictures(encoded: Any, picture: tuple[int, int, int]) -> Any:
    """Return pictures of one size, float32 from 0 to 255, for a batch of encoded ones.

    Args:
        encoded: A string tensor of shape `(samples,)`: the bytes of JPEG, PNG, GIF or BMP files.
        picture: Height, width and channels.
    """
    import tensorflow as tf

    height, width, channels = picture

    def decode(content: Any) -> Any:
        pixels = tf.io.decode_image(content, channels=channels, expand_animations=False)
        return tf.image.resize(pixels, (height, width))

    pictures = tf.map_fn(decode, encoded, fn_output_signature=tf.float32)
    return tf.ensure_shape(pictures, (None, height, width, channels))
