"""`keras-mtl export`, and what `inspect` and `predict` say of it."""

import pytest

pytestmark = pytest.mark.backend("tensorflow", reason="it writes a SavedModel in this process")


@pytest.mark.slow
def test_an_export_and_what_is_said_of_it(facts, message, tmp_path):
    new, served = tmp_path / "hair.keras", tmp_path / "served"
    facts("transfer", "portrait.keras", "--cut", 1, "--head", "black,brown", "-o", new)
    for number in (1, 2):
        found = facts("export", new, served, "--version", "next", "--sample", "pictures")
        assert found["path"] == str(served / str(number)) and found["sample"]["rows"] == 8
    assert found["parity"][0]["max_difference"] < 1e-5
    assert facts("inspect", served) == found
    pictures = ["pictures/black/0.png", "pictures/brown/1.png"]
    of_file, of_export = facts("predict", new, *pictures), facts("predict", served, *pictures)
    for one, other in zip(of_file, of_export, strict=True):
        assert one["class"] == other["class"]
        assert one["probability"] == pytest.approx(other["probability"], abs=1e-5)
    code, said = message("cuts", served)
    assert code == 4 and "an exported model" in said


def test_wrong_usage(run, message, tmp_path):
    code, said = message("export", "sex.keras", tmp_path / "new", "--version", "newest")
    assert code == 2 and "a whole number or `next`" in said
    (tmp_path / "there").mkdir()
    code, said = message("export", "sex.keras", tmp_path / "there")
    assert code == 2 and "there" in said
    assert run("export", "sex.keras", tmp_path / "new", "--format", "h5").exit_code == 2
