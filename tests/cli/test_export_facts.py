"""What is printed of an exported model."""

import json
from dataclasses import replace

from _made_export import made
from keras_mtl.cli.export_facts import facts_of_export, size_of, text_of_export
from keras_mtl.cli.output import plain


def test_facts_and_text(tmp_path):
    manifest = made(tmp_path)
    facts = json.loads(json.dumps(plain(facts_of_export(tmp_path, manifest))))
    assert facts["bytes"] == size_of(tmp_path) > 3 and facts["tasks"] == ["hair"]
    assert facts["parity"][0]["max_difference"] == 1e-7
    many = replace(manifest.outputs[0], classes=tuple(range(9)))
    text = text_of_export(tmp_path, replace(manifest, outputs=(many,), parity=()))
    assert "0, 1, 2, 3, ... (9)" in text and "on 4 rows" in text
