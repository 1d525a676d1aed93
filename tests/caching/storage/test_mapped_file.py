import numpy as np

from keras_mtl.caching.storage.mapped_file import MappedFile, MappedRows

TABLE = np.arange(24, dtype="float32").reshape(6, 2, 2)


def test_arrays_and_rows_of_a_file_are_copies(tmp_path):
    path = tmp_path / "table.bin"
    path.write_bytes(TABLE.tobytes())
    file = MappedFile(path)
    part = file.read(TABLE[2].nbytes * 2, (2, 2, 2), "float32")
    np.testing.assert_array_equal(part, TABLE[2:4])
    rows = MappedRows(file, 6, (2, 2), "float32")
    assert len(rows) == 6
    chosen = rows[np.array([5, 0, 5])]
    np.testing.assert_array_equal(chosen, TABLE[[5, 0, 5]])
    chosen[:] = 0
    np.testing.assert_array_equal(rows[np.array([5])], TABLE[[5]])
