"""A checksum at the end of a file finds damage anywhere in it."""

import zipfile

import pytest

from keras_mtl.common import checksums
from keras_mtl.common.checksums import MARK, add_checksum, check_checksum


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "file.zip"
    with path.open("w+b") as file:
        with zipfile.ZipFile(file, "w") as archive:
            for name in "ab":
                archive.writestr(name, f"the content of {name}")
        add_checksum(file)
    return path


def check(path):
    with path.open("rb") as file:
        check_checksum(file)
        return file.read()


@pytest.mark.parametrize("at_once", [1, 7, 1 << 20])
def test_a_whole_file_passes_and_is_read_as_before(path, monkeypatch, at_once):
    monkeypatch.setattr(checksums, "AT_ONCE", at_once)
    assert check(path) == path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        assert archive.read("b") == b"the content of b"


def test_every_changed_byte_is_found(path):
    whole = path.read_bytes()
    for place in range(len(whole)):
        if len(whole) - 18 <= place < len(whole) - 8:
            continue  # Without its mark the checksum is not known for one, and all else is whole.
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 8]) + whole[place + 1 :])
        with pytest.raises(ValueError, match="checksum is wrong"):
            check(path)


@pytest.mark.parametrize("content", [b"", b"short", b"a file of an earlier version"])
def test_a_file_without_a_checksum_passes(path, content):
    path.write_bytes(content)
    assert check(path) == content
    assert len(MARK) + 8 == 18
