"""Features in shards, of the model and the rows of `_fitting`."""

import functools

import keras
import numpy as np

from _fitting import inputs, labels, trained
from _watching import as_numpy
from keras_mtl.caching.compute_features import compute_features
from keras_mtl.caching.feature_pass import FeaturePass
from keras_mtl.caching.fit_cached import fit_cached
from keras_mtl.caching.model_parts import StaticPart
from keras_mtl.caching.static_split import split_model
from keras_mtl.caching.storage.shard_set import ShardSet
from keras_mtl.caching.storage.sharded_store import ShardedStore
from keras_mtl.heads.head import Head
from keras_mtl.transferring import transfer

x, y = inputs(), labels()
SIZE = 6  # seven batches, the last one of four rows


def model(**head):
    """By default a head that is solved for."""
    keras.utils.set_random_seed(7)
    made = transfer(trained(), 1, True, Head(3, **head), verify=False)
    made.run_eagerly = True
    return made


@functools.cache
def solvable():
    """One model for many trainings: what is solved for does not depend on what was there."""
    return model()


def compute(folder, shard=None, data=x, made=None, **options):
    options = {"batch_size": SIZE, "verbose": 0} | options
    return compute_features(made or solvable(), data, folder, shard, **options)


def stored(result, batch_size=SIZE):
    """All features of a complete result, in the order of the data."""
    shards = ShardSet.read(result.path)
    store = ShardedStore([shards.store(i, None) for i in range(result.num_shards)], batch_size)
    return np.concatenate([store[index][0] for index in range(len(store))])


def directly(rows):
    made = solvable()
    return as_numpy(StaticPart(made, split_model(made))(rows)["features"])


def learnt(folder, data=x, targets=y, made=None, **options):
    """The weights of the head after a training."""
    made = made or solvable()
    fit_cached(made, data, targets, cache=folder, verbose=0, **options)
    return as_numpy(made.trainable_weights[0])


def other_model():
    made = model()
    made.trunk.get_layer("first").bias.assign(np.ones(5))
    return made


def watched_passes(monkeypatch):
    """The names of what the frozen layers run over from now on."""
    seen, run = [], FeaturePass.run

    def watched(self, batches, keep, *, what, **options):
        seen.append(what)
        run(self, batches, keep, what=what, **options)

    monkeypatch.setattr(FeaturePass, "run", watched)
    return seen
