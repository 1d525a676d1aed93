"""A manifest made by hand, and the files that it is of."""

from keras_mtl.serving.manifest import ExportedInput, ExportedOutput, Manifest, Parity


def made(folder):
    """Write an export whose only other file is no model."""
    (folder / "model.onnx").write_bytes(b"abc")
    manifest = Manifest(
        format="onnx",
        inputs=(ExportedInput("image", "image", (None, 8, 8, 1), "float32"),),
        outputs=(ExportedOutput("hair", (None, 2), "float32", classes=("black", "brown")),),
        structure="single",
        tasks=("hair",),
        sample={"kind": "drawn", "rows": 4},
        parity=(Parity("hair", 1e-7, 1.0, 1e-4),),
    )
    manifest.write(folder)
    return manifest
