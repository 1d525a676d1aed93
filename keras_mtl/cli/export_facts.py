"""What is printed of an exported model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_mtl.common.tables import text_table

if TYPE_CHECKING:
    from keras_mtl.serving.manifest import Manifest


def facts_of_export(path: Path, manifest: Manifest) -> dict[str, Any]:
    """Return an export as values for machines."""
    return {
        "path": path,
        "format": manifest.format,
        "bytes": size_of(path),
        "tasks": list(manifest.tasks),
        "inputs": list(manifest.inputs),
        "outputs": list(manifest.outputs),
        "signatures": dict(manifest.signatures),
        "quantize": manifest.quantize,
        "model": dict(manifest.model),
        "sample": dict(manifest.sample),
        "parity": list(manifest.parity),
        "versions": dict(manifest.versions),
    }


def text_of_export(path: Path, manifest: Manifest) -> str:
    """Return an export as people read it."""
    differences = {one.name: one.max_difference for one in manifest.parity}
    rows: list[tuple[object, ...]] = []
    for given in manifest.inputs:
        rows.append(("input", given.name, _shape(given.shape), given.dtype, None, None))
    for made in manifest.outputs:
        far = f"{differences[made.name]:.1e}" if made.name in differences else None
        classes = _classes(made.classes)
        rows.append(("output", made.name, _shape(made.shape), made.dtype, classes, far))
    header = ("", "name", "shape", "dtype", "classes", "difference")
    lines = [
        f"`{path}`: {manifest.format}, {size_of(path) / 1e6:,.2f} MB",
        text_table(header, rows),
        f"Difference: largest, to the model, on {manifest.sample.get('rows', 'some')} rows.",
    ]
    if manifest.signatures:
        lines.append(f"Signatures: {', '.join(manifest.signatures)}")
    return "\n".join(lines)


def size_of(path: Path) -> int:
    """Return the bytes of all files in a folder."""
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file())


def _shape(shape: tuple[int | None, ...]) -> str:
    return f"({', '.join('any' if size is None else str(size) for size in shape)})"


def _classes(classes: tuple[Any, ...] | None) -> str | None:
    if classes is None:
        return None
    shown = [str(one) for one in classes[:4]]
    return ", ".join([*shown, *([f"... ({len(classes)})"] if len(classes) > len(shown) else [])])
