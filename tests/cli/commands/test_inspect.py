"""`keras-mtl inspect`: what an export takes and gives, and whether its files are whole."""

from _made_export import made


def test_what_the_manifest_says(run, facts, tmp_path):
    made(tmp_path)
    told = facts("inspect", tmp_path)
    assert told["format"] == "onnx" and told["outputs"][0]["classes"] == ["black", "brown"]
    shown = run("inspect", tmp_path).stdout
    assert "black, brown" in shown and "(any, 8, 8, 1)" in shown and "1.0e-07" in shown


def test_files_that_are_not_those_that_were_written(message, tmp_path):
    made(tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"abd")
    code, said = message("inspect", tmp_path)
    assert code == 4 and "model.onnx" in said
    code, said = message("inspect", tmp_path / "absent")
    assert code == 4 and "There is no folder" in said
