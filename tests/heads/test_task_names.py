import pytest

from keras_mtl.errors import TaskNotFound
from keras_mtl.heads.task_names import check_new_task, check_task


def test_a_task_that_does_not_exist_is_named_with_the_nearest():
    assert check_task("hair", ["hair", "sex"], where="The data") == "hair"
    with pytest.raises(TaskNotFound, match=r"The data names the task 'hiar'.*Did you mean 'hair'"):
        check_task("hiar", ["hair", "sex"], where="The data")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("hair colour", "also the name of a layer.*How about 'hair_colour'"),
        ("", "Received: ''"),
        (3, "Received: 3"),
        ("sex", "'sex'.* are taken"),
        ("loss", "are taken"),
        ("val_hair", "begin with `val_`"),
    ],
)
def test_names_that_a_task_cannot_have(name, message):
    check_new_task("hair", ["sex"])
    with pytest.raises(ValueError, match=message):
        check_new_task(name, ["sex"])
