import numpy as np

from keras_mtl.common.hashing import (
    Hash,
    checksum,
    form_of,
    hash_of_settings,
    hash_of_several,
    rows_of,
    values_of,
)


def test_a_hash_is_that_of_all_that_was_added():
    whole, parts = Hash("settings"), Hash()
    for part in ("set", b"tings"):
        parts.add(part)
    assert whole.hexdigest() == parts.hexdigest() == Hash(b"settings").hexdigest()
    assert len(Hash("settings", long=True).hexdigest()) == 64


def test_arrays_count_by_dtype_shape_and_values():
    array = np.arange(6.0).reshape(2, 3)
    others = [array.astype("float32"), array.reshape(3, 2), array + 1, array.astype(object)]
    hashes = []
    for one in (array, *others):
        total = Hash()
        total.add_array(one)
        hashes.append(total.hexdigest())
    assert len(set(hashes)) == len(hashes)
    assert form_of(array) == "float64(2, 3)"
    assert bytes(values_of(array.T)) == array.T.tobytes()


def test_parts_of_arrays_add_up():
    for array in (np.arange(4), np.array(["a", b"b", None, 3], dtype=object)):
        assert bytes(rows_of(array)) == bytes(rows_of(array[:1])) + bytes(rows_of(array[1:]))


def test_hashes_that_are_in_files():
    """Of backups and caches: another value would make them useless."""
    assert hash_of_settings(["sex", 3, None]) == "f3e79484860fd2efc6ec52584847d367"
    assert hash_of_several(["a", "b"]) == "acc9227cc02e5f5c13e74125bce89499"
    assert checksum(b"ab") == checksum(b"b", checksum(b"a")) == 2659403885
