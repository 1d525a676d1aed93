from keras_mtl.common.shapes import fits


def test_all_dimensions_but_the_first_fit_unless_one_is_unknown():
    assert fits((4, 2), (None, 2)) and fits((4, 2), (7, 2)) and fits((None, None), (3, 2))
    assert not fits((4, 2), (4, 3)) and not fits((4,), (4, 1)) and not fits((4, 2), (4,))
