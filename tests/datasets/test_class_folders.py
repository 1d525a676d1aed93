import pytest

from keras_mtl.datasets.class_folders import classes_of_folders
from keras_mtl.errors import InvalidTaskData

NAMES = ["cat/1.png", "cat/old/2.png", "dog/1.png", "dog/3.png"]


def test_the_first_folder_is_the_class(tmp_path):
    read = classes_of_folders(tmp_path, NAMES, None, "error")
    assert read.names == NAMES and read.labels.classes == ("cat", "dog")
    assert read.labels.values.tolist() == [0, 0, 1, 1] and read.labels.present.all()
    given = classes_of_folders(tmp_path, NAMES, ["dog", "owl", "cat"], "error")
    assert given.labels.values.tolist() == [2, 2, 0, 0] and given.notes == ()


def test_one_class_is_none(tmp_path):
    for names in (NAMES[:2], ["1.png"]):
        with pytest.raises(InvalidTaskData, match="two or more classes"):
            classes_of_folders(tmp_path, names, None, "error")
