import numpy as np

from keras_mtl.pictures.contact_sheet import ContactSheet
from keras_mtl.pictures.drawing import saved


def test_maps_colour_the_pictures(tmp_path):
    from matplotlib.image import imread

    def sheet(maps):
        pictures = [np.full((4, 4, 1), 0.5), np.full((6, 4, 3), 0.5)]
        sheet = ContactSheet(pictures, maps, ["$a$", "b"])
        colors = imread(saved(sheet.draw, *sheet.size, tmp_path / "sheet.png"))
        return colors[..., 0] - colors[..., 2] > 0.3

    assert not sheet([None, None]).any()  # all grey
    orange = sheet([np.array([[0.0, 9.0]]), np.zeros((3, 2))])
    columns = np.flatnonzero(orange.any(axis=0))
    assert columns.size and columns.max() < orange.shape[1] / 2  # on the first picture only
