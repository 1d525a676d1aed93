"""JSON files in which no bit can change unnoticed."""

import json
import math

import pytest

from keras_mtl.common.checked_json import read_checked_json, write_checked_json

STATE = {"score": 0.5, "worst": -math.inf, "status": "COMPLETED", "list": [1, None], "é": {"a": 1}}


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "state.json"
    write_checked_json(path, {**STATE, 1: (2, 3)})
    assert read_checked_json(path) == {**STATE, "1": [2, 3]}
    assert json.loads(path.read_text())["score"] == 0.5  # as any reader of JSON sees it


def test_a_file_of_an_earlier_version_has_no_checksum(tmp_path):
    path = tmp_path / "state.json"
    path.write_text(json.dumps(STATE))
    assert read_checked_json(path) == STATE


def test_no_flip_of_a_bit_changes_a_value_in_silence(tmp_path):
    path = tmp_path / "state.json"
    write_checked_json(path, STATE)
    content = path.read_bytes()
    places = range(0, 8 * len(content), 3)  # each of the eight bits in turn
    noticed = 0
    for place in places:
        flipped = bytearray(content)
        flipped[place // 8] ^= 1 << place % 8
        path.write_bytes(flipped)
        try:
            state = read_checked_json(path)
        except ValueError as error:
            assert "damaged" in str(error)
            noticed += 1
        else:  # White space, or the key of the checksum, which its reader does not know then.
            assert state == STATE or set(state) - set(STATE)
    assert noticed > 0.9 * len(places)


@pytest.mark.parametrize("content", ["null", "[]", "3", '"text"', "", "[" * 100_000, '{"a": 1'])
def test_what_is_no_object_is_damaged(content, tmp_path):
    path = tmp_path / "state.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"state\.json` is damaged"):
        read_checked_json(path)


def test_nan_is_equal_to_itself_in_a_checksum(tmp_path):
    path = tmp_path / "state.json"
    write_checked_json(path, {"score": math.nan})
    assert math.isnan(read_checked_json(path)["score"])
