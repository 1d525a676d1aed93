"""Every public call that trains or scores, on tiny models, to be compared between processes."""

from contextlib import nullcontext
from functools import partial

import keras
import numpy as np

import keras_mtl
from _helpers import draw
from keras_mtl import Head, MultiTaskModel, balancing, schedules

WIDTH, CLASSES = 4, 3
SHAPED = {"batch_size": {"sex": 4, "hair": 3}}
FITTED = {"epochs": 2, "seed": 1, "verbose": 0}


def rows(count, seed=0):
    return draw(count, WIDTH, seed=seed)


def by_task(missing=True):
    """11 and 7 rows, weights for the one, some labels of the other missing."""
    hair = np.arange(7) % CLASSES
    if missing:
        hair[[1, 5]] = -1
    weights = np.linspace(0.5, 2, 11, dtype="float32")
    return {"sex": (rows(11), np.arange(11) % 2, weights), "hair": (rows(7, 1), hair)}


def divisible():
    """Rows whose batches of 6 divide by 2 and by 3."""
    return {"sex": (rows(24), np.arange(24) % 2), "hair": (rows(12, 1), np.arange(12) % 3)}


def joint(count=22):
    """Rows with labels of two tasks, of which some batches have none of one task."""
    hair = np.where(np.arange(count) < count // 2, -1, np.arange(count) % CLASSES)
    age = draw(count, 1, seed=3)
    age[::3] = np.nan
    return rows(count, 2), {"age": age, "hair": hair}


def streamed(data, size):
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(data).batch(size)


def network(*layers):
    return keras.Sequential([keras.Input((WIDTH,)), keras.layers.Dense(6, "tanh"), *layers])


made_in = nullcontext
"""Returns the scope of the strategy that models are made for."""


worker, workers = 0, 1
"""The number of this process, and of those that train together."""


def several(heads=None, layer=None, optimizer=lambda: keras.optimizers.Adam(0.01), **compiled):
    keras.utils.set_random_seed(0)
    with made_in():
        layers = [] if layer is None else [layer()]
        model = MultiTaskModel(network(*layers), heads or {"sex": 2, "hair": CLASSES})
        model.compile(optimizer(), **compiled)
    return model


def transferred(freeze=True, head=CLASSES):
    keras.utils.set_random_seed(0)
    with made_in():
        trained = network(keras.layers.Dense(5, "tanh"), keras.layers.Dense(2))
        model = keras_mtl.transfer(trained, cut=1, freeze=freeze, head=head)
        model.compile(keras.optimizers.SGD(0.1, momentum=0.9), model.loss, metrics=["accuracy"])
    return model


def found(model, history=None, scores=None, outputs=None):
    """What a call leaves: weights, logs, scores and predictions, as arrays by name."""
    values = {f"weight {i}": np.asarray(v.value) for i, v in enumerate(model.weights)}
    logs = {} if history is None else {k: np.array(v) for k, v in history.history.items()}
    values |= {f"log {name}": value for name, value in logs.items() if value.dtype.kind == "f"}
    values |= {f"score {k}": np.array(v, float) for k, v in (scores or {}).items()}
    if outputs is not None:
        outputs = outputs if isinstance(outputs, dict) else {"": outputs}
        values |= {f"output {name}": value for name, value in outputs.items()}
    return values


def sgd():
    return keras.optimizers.SGD(0.1)


def normalization(**options):
    return keras.layers.BatchNormalization(momentum=0.5, **options)


def in_turn():
    model, data = several(), by_task()
    history = model.fit(
        data,
        schedule=schedules.RoundRobin(),
        class_weight={"hair": {0: 3.0}},
        validation_data=by_task(),
        **SHAPED,
        **FITTED,
    )
    scores = model.evaluate(data, batch_size=3, verbose=0)
    return found(model, history, scores, model.predict(rows(11), batch_size=4, verbose=0))


def interleaved_streams():
    model = several(optimizer=lambda: keras.optimizers.SGD(0.5, global_clipnorm=0.1))
    data = by_task()
    sets = {"sex": streamed(data["sex"], 4), "hair": streamed(data["hair"], 3)}
    history = model.fit(sets, schedule=schedules.Interleaved(), validation_data=sets, **FITTED)
    scores = model.evaluate(sets, verbose=0)
    return found(model, history, scores, model.predict(streamed((rows(7),), 4), verbose=0))


def joint_arrays(stream=False, **compiled):
    model = several({"age": Head(1, "regression"), "hair": CLASSES}, **compiled)
    x, y = joint()
    given = (streamed((x, y), 5),) if stream else (x, y)
    more = {} if stream else {"batch_size": 5, "class_weight": {"hair": {1: 2.0}}}
    more["shuffle"] = False
    history = model.fit(*given, schedule=schedules.Joint(), **more, **FITTED)
    return found(model, history, model.evaluate(*given, verbose=0))


def joint_streams():
    return joint_arrays(stream=True)


def own_batches():
    """Batches that are shared out before: all rows but a few are those of the first worker."""
    import tensorflow as tf

    x, (age, hair) = joint(21)[0], joint(21)[1].values()

    def batches():
        for start in range(0, 21, 6):
            rows = np.arange(start, min(start + 6, 21))
            cuts = np.arange(len(rows) - workers + 1, len(rows))
            own = np.split(rows, cuts)[worker]
            yield x[own], {"age": age[own], "hair": hair[own]}

    def spec(array):
        return tf.TensorSpec([None, *array.shape[1:]], array.dtype)

    signature = (spec(x), {"age": spec(age), "hair": spec(hair)})
    data = tf.data.Dataset.from_generator(batches, output_signature=signature)
    data = data.apply(tf.data.experimental.assert_cardinality(4))
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    data = data.with_options(options)
    model = several({"age": Head(1, "regression"), "hair": CLASSES})
    history = model.fit(data, schedule=schedules.Joint(), **FITTED)
    return found(model, history, model.evaluate(data, verbose=0))


def data_sets():
    """Rows that each worker reads by their numbers: those of its devices only."""
    x, y = joint()
    given = {"x": x, "hair": np.where(y["hair"] < 0, 1, y["hair"]), "sex": np.arange(len(x)) % 2}
    data = keras_mtl.datasets.from_arrays(given, tasks=["sex", "hair"])
    model = several()
    scores = model.evaluate(data, verbose=0)  # Before anything else has built the metrics.
    history = model.fit(data, batch_size=5, validation_data=data, **FITTED)
    outputs = model.predict(data["hair"], task="hair", verbose=0)
    model = transferred(freeze=False)
    history = model.fit(data["hair"], batch_size=5, epochs=1, verbose=0, seed=1)
    return found(model, history, scores, outputs)


def joint_balanced():
    return joint_arrays(balancer=balancing.UPGrad())


def statistics():
    """Layers whose values a device computes from its rows."""
    model = several(layer=normalization, optimizer=sgd)
    history = model.fit(by_task(), validation_data=by_task(), **SHAPED, **FITTED)
    return found(model, history, model.evaluate(by_task(), verbose=0))


def synchronized():
    """Statistics over the rows of all devices, of batches that divide."""
    model = several(layer=partial(normalization, synchronized=True), optimizer=sgd)
    history = model.fit(divisible(), batch_size=6, **FITTED)
    return found(model, history)


def one_task():
    model = transferred(freeze=False)
    x, y = rows(23), np.arange(23) % CLASSES
    given = {"batch_size": 5, "epochs": 2, "verbose": 0}
    history = model.fit(x, y, validation_split=0.3, class_weight={0: 2.0}, **given)
    scores = model.evaluate(x, y, batch_size=4, verbose=0, return_dict=True)
    return found(model, history, scores, model.predict(x, batch_size=5, verbose=0))


def one_task_streams():
    model = transferred(freeze=False)
    data = streamed((rows(23), np.arange(23) % CLASSES), 5)
    history = model.fit(data, validation_data=data, epochs=2, verbose=0)
    scores = model.evaluate(data, verbose=0, return_dict=True)
    return found(model, history, scores, model.predict(data, verbose=0))


def fine_tuned():
    model = transferred()
    x, y = rows(23), np.arange(23) % CLASSES
    options = {"epochs": 2, "batch_size": 6, "seed": 1, "verbose": 0}
    history = keras_mtl.fine_tune(model, x, y, validation_data=(x, y), **options)
    return found(model, history)


def fine_tuned_streams():
    model = transferred()
    data = streamed((rows(23), np.arange(23) % CLASSES), 5)
    phases = [keras_mtl.Phase("head", epochs=1), keras_mtl.Phase("all", epochs=1)]
    return found(model, keras_mtl.fine_tune(model, data, phases=phases, seed=1, verbose=0))


def cached():
    model = transferred()
    x, y = rows(23), np.arange(23) % CLASSES
    given = {"epochs": 2, "batch_size": 5, "verbose": 0, "class_weight": {0: 2.0}}
    return found(model, keras_mtl.fit_cached(model, x, y, validation_split=0.3, **given))


def cached_streams():
    model = transferred()
    data = streamed((rows(23), np.arange(23) % CLASSES), 5)
    given = {"epochs": 2, "verbose": 0, "class_weight": {0: 2.0}}
    return found(model, keras_mtl.fit_cached(model, data, **given))


def solved():
    model = transferred()
    x, y = rows(23), np.arange(23) % CLASSES
    return found(model, keras_mtl.fit_cached(model, x, y, verbose=0))


CALLS = {
    one.__name__: one
    for one in (
        in_turn,
        interleaved_streams,
        joint_arrays,
        joint_streams,
        joint_balanced,
        own_batches,
        data_sets,
        synchronized,
        one_task,
        one_task_streams,
        fine_tuned,
        fine_tuned_streams,
        cached,
        cached_streams,
        solved,
    )
}
"""Calls whose result does not depend on the number of devices."""
OF_DEVICES = {one.__name__: one for one in (statistics,)}
"""Calls whose result depends on the number of devices."""
