"""`keras-mtl demo`; `examples/command_line.sh` runs it, and uses what it leaves."""


def test_a_file_in_its_place(message, tmp_path):
    (tmp_path / "demo").write_text("")
    code, said = message("demo", "-o", tmp_path / "demo")
    assert code == 2 and "is a file" in said
