"""A manifest written by hand."""

from keras_mtl.serving.manifest import ExportedInput, ExportedOutput, Manifest


def manifest(**changed):
    arguments = {
        "format": "onnx",
        "inputs": (ExportedInput("x", "x", (None, 3), "float32"),),
        "outputs": (
            ExportedOutput(
                "hair", (None, 2), "float32", "classification", "argmax", 0.5, ("a", "b")
            ),
        ),
        "structure": "dict",
        "tasks": ("hair",),
        "signatures": {"serving_default": ("hair",)},
    }
    return Manifest(**{**arguments, **changed})
