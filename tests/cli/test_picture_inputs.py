"""The form of pictures that follows from the shape of an input."""

from keras_mtl.cli.picture_inputs import color_mode, picture_size, takes_pictures


def test_shapes_of_pictures():
    assert takes_pictures([(None, 8, 9, 3)])
    assert not takes_pictures([(None, 8)]) and not takes_pictures([(None, 8, 9, 3)] * 2)
    assert picture_size((None, 8, 9, 3)) == (8, 9) and picture_size((None, None, 9, 3)) is None
    assert [color_mode((None, 8, 8, one)) for one in (1, 3, 4, None)] == [
        "grayscale",
        "rgb",
        "rgba",
        "rgb",
    ]
