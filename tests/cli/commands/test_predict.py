"""`keras-mtl predict`."""

import pytest


def test_the_numbers_of_a_model_without_classes(run, facts):
    found = facts("predict", "portrait.keras", "pictures/black/0.png", "pictures/brown/1.png")
    assert [one["file"] for one in found] == ["pictures/black/0.png", "pictures/brown/1.png"]
    assert sum(found[0]["output"]) == pytest.approx(1)
    shown = run("predict", "portrait.keras", "pictures/black/0.png").stdout
    assert "pictures/black/0.png" in shown and "class" not in shown


def test_files_that_are_no_pictures(message):
    code, said = message("predict", "portrait.keras", "pictures/black/0.png", "people.npz.png")
    assert code == 3 and "does not exist" in said
    code, said = message("predict", "portrait.keras", "pictures/black/0.png", "sex.keras")
    assert code == 3 and "1 of 2 files cannot be decoded" in said
    code, said = message("predict", "portrait.keras", "pictures/black/0.png", "--task", "age")
    assert code == 2 and "sex" in said
