"""`keras-mtl demo`."""

import pytest


def test_a_file_in_its_place(message, tmp_path):
    (tmp_path / "demo").write_text("")
    code, said = message("demo", "-o", tmp_path / "demo")
    assert code == 2 and "is a file" in said


@pytest.mark.slow
def test_what_it_leaves_is_what_the_other_commands_take(facts, tmp_path):
    place = tmp_path / "demo"
    found = facts("demo", "-o", place, "--seeds", 1)
    assert found["complete"] and (place / "report.html").exists()
    probes = facts("probe", place / "parity.keras", "--data", place / "digits", "--labels", 200)
    assert probes["rows"] == 200 and probes["probes"]
    assert facts("demo", "-o", place, "--seeds", 1)["strategies"] == found["strategies"]
