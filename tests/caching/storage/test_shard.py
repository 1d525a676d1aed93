import numpy as np

from keras_mtl.caching.storage.file_store import FileStore, FileWriter
from keras_mtl.caching.storage.shard import Shard, digest_column

DIGESTS = [bytes([index]) * 16 for index in (1, 3, 5)]


def test_a_shard_has_features_and_knows_of_which_inputs(tmp_path):
    writer = FileWriter(tmp_path)
    batches = [np.full((rows, 2), rows, "float32") for rows in (4, 4, 3)]
    for batch, digest in zip(batches, DIGESTS, strict=True):
        writer.append([batch, digest_column(digest)])
    writer.close()
    shard = Shard(FileStore.open(tmp_path))
    assert [array.tolist() for array in shard[2]] == [batches[2].tolist()]
    assert [len(column) for column in shard.rows()] == [11] and shard.nbytes == 11 * 2 * 4
    assert shard.is_of(DIGESTS)
    assert not shard.is_of(DIGESTS[::-1]) and not shard.is_of(DIGESTS[:2])
    assert all(shard.begins_with(DIGESTS[:count]) for count in range(4))
    assert not shard.begins_with(DIGESTS[1:]) and not shard.begins_with([*DIGESTS, DIGESTS[0]])
