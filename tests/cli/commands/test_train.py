"""`keras-mtl train`."""

import shutil

import pytest

from keras_mtl.cli.model_files import read_model


@pytest.fixture
def fresh(facts, tmp_path):
    facts("transfer", "sex.keras", "--cut", 1, "--head", 2, "-o", tmp_path / "hair.keras")
    return tmp_path / "hair.keras"


@pytest.mark.slow
def test_the_head_alone(facts, fresh, tmp_path):
    """Trained on names of classes, which the head gets, and judged on rows left out."""
    before = fresh.read_bytes()
    new = tmp_path / "trained.keras"
    given = ("--data", "people.csv", "--task", "hair", "--strategy", "frozen", "--test", 0.25)
    found = facts("train", fresh, *given, "-o", new)
    assert (found["strategy"], found["rows"], found["test_rows"]) == ("frozen", 30, 10)
    assert found["test"]["accuracy"] > 0.8
    model = read_model(new, compiled=True)
    assert model.head.classes == ("black", "brown") and fresh.read_bytes() == before
    predicted = facts("predict", new, "people.csv")
    assert {one["class"] for one in predicted} == {"black", "brown"}
    assert all(0.5 <= one["probability"] <= 1 for one in predicted)


@pytest.mark.slow
def test_fine_tuning_replaces_the_file_and_its_backup_goes(facts, fresh, tmp_path):
    before = fresh.read_bytes()
    found = facts("train", fresh, "--data", "people.npz", "--epochs", 2)
    assert found["strategy"] == "fine-tune" and fresh.read_bytes() != before
    assert [one.name for one in tmp_path.iterdir()] == ["hair.keras"]


def test_labels_that_do_not_fit_the_head(message, fresh):
    code, said = message("train", fresh, "--data", "people.npz", "--task", "age")
    assert code == 3 and "classification with 2 outputs" in said and "regression with 1" in said


def test_models_that_have_no_head(message, folder, tmp_path):
    shutil.copy(folder / "sex.keras", tmp_path / "sex.keras")
    code, said = message("train", tmp_path / "sex.keras", "--data", "people.npz")
    assert code == 4 and "keras-mtl transfer" in said
