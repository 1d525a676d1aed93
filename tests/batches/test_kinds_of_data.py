"""Every kind of data in every verb gives what NumPy arrays give."""

import keras
import numpy as np
import pandas
import pytest
from keras_tuner.errors import FatalValueError

from _searches import Eager
from _zoo import first_ones
from keras_mtl import (
    CutTuner,
    FeatureExtractor,
    Head,
    MultiTaskModel,
    fit_cached,
    probe_cuts,
    transfer,
)
from keras_mtl.batches.arrays import ArraySource
from keras_mtl.batches.generators import GeneratorSource
from keras_mtl.batches.loaders import LoaderSource
from keras_mtl.batches.model_data import as_model_input
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.batches.pydatasets import PyDatasetSource
from keras_mtl.batches.recognise import recognise
from keras_mtl.batches.tf_datasets import TfDatasetSource
from keras_mtl.errors import InvalidFeatures, InvalidLabels, InvalidTaskData

ROWS, SIZE = 9, 3
X = np.random.default_rng(0).normal(size=(ROWS, 3)).astype("float32")
Y = np.arange(ROWS) % 3
WORDS = ["red", "blue", "grün"] * 3
ON_TENSORFLOW = pytest.mark.backend("tensorflow", reason="other backends have no string tensors")
STARTS = range(0, ROWS, SIZE)


class Batches(keras.utils.PyDataset):
    def __init__(self, x, y):
        super().__init__()
        self.x, self.y = x, y

    def __len__(self):
        return len(STARTS)

    def __getitem__(self, index):
        rows = slice(SIZE * index, SIZE * index + SIZE)
        return self.x[rows], self.y[rows]


class Loader:
    """As torch's and grain's: iterated again and again, here of unknown length."""

    def __init__(self, x, y):
        self.batches = Batches(x, y)

    def __iter__(self):
        return (self.batches[index] for index in range(len(STARTS)))


def tf_dataset(x, y):
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices((x, y)).batch(SIZE)


def torch_loader(x, y):
    import torch

    pairs = torch.utils.data.TensorDataset(torch.tensor(x), torch.tensor(y))
    return torch.utils.data.DataLoader(pairs, batch_size=SIZE)


def generator(x, y):
    return (batch for batch in Loader(x, y))


ARRAYS = {
    "numpy": lambda x: x,
    "wide numpy": lambda x: x.astype("float64"),
    "tensor": keras.ops.array,
    "list": lambda x: x.tolist(),
    "list of rows": list,
    "list of one": lambda x: [x],
    "frame": pandas.DataFrame,
    "nullable frame": lambda x: pandas.DataFrame(x).convert_dtypes(),
    "objects": lambda x: x.astype(object),
}
STREAMS = {
    "tf.data": (tf_dataset, TfDatasetSource),
    "pydataset": (Batches, PyDatasetSource),
    "loader": (Loader, LoaderSource),
    "list of batches": (lambda x, y: list(Loader(x, y)), LoaderSource),
    "generator": (generator, GeneratorSource),
}
if keras.backend.backend() == "torch":  # importing torch takes seconds
    STREAMS["torch"] = (torch_loader, LoaderSource)
elif keras.backend.backend() == "jax":
    del STREAMS["tf.data"]


def network(shape=(3,), *first, dtype=None):
    keras.utils.set_random_seed(0)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(shape, dtype=dtype, name="first"),
            *first,
            layers.Dense(4, "tanh"),
            layers.Dense(2),
        ]
    )


@pytest.mark.parametrize("kind", ARRAYS)
def test_arrays_are_recognised(kind):
    source = recognise(ARRAYS[kind](X), Y)
    assert isinstance(source, ArraySource)


@pytest.mark.parametrize("kind", STREAMS)
def test_streams_are_recognised(kind):
    make, expected = STREAMS[kind]
    source = recognise(make(X, Y))
    assert type(source) is expected
    assert not source.is_endless
    batches = [keras.utils.unpack_x_y_sample_weight(batch) for batch in source.batches(2)]
    assert [np.shape(y) for _, y, _ in batches] == [(SIZE,), (SIZE,)]
    if kind != "list of batches":  # With labels beside it a list holds arrays.
        with pytest.raises(ValueError, match=r"`y` goes with arrays.*leave `y` out"):
            recognise(make(X, Y), Y)


# Kinds of data x verbs


@pytest.fixture(scope="module", autouse=True)
def eagerly():
    """What is looked at is the data; tracing would take most of the time."""
    if keras.backend.backend() != "tensorflow":
        yield
        return
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


class Models:
    """The models of all verbs, made once: each verb begins with the same weights.

    SGD has no state, so nothing else is left from the data before.
    """

    def __init__(self, source):
        self.source = source
        keras.utils.set_random_seed(0)
        self.static = transfer(source, 1, head=Head(3), verify=False)
        self.static.compile("sgd", self.static.loss, run_eagerly=True)
        self.tasks = MultiTaskModel(transfer(source, 1, verify=False), {"hair": Head(3)})
        self.tasks.compile("sgd", run_eagerly=True)
        self.extractor = FeatureExtractor(source)
        self.weights = {id(model): model.get_weights() for model in (self.static, self.tasks)}

    def fresh(self, model):
        model.set_weights(self.weights[id(model)])
        return model


IN_ORDER = {"batch_size": SIZE, "shuffle": False, "verbose": 0}
SCORED = {"batch_size": SIZE, "verbose": 0}


def fit_static(models, *data, **options):
    options = {"epochs": 1} | IN_ORDER | options
    return fit_cached(models.fresh(models.static), *data, **options).history["loss"]


def fit_transferred(models, x, y):
    model = models.fresh(models.static)
    loss = model.fit(x, y, batch_size=ROWS, verbose=0).history["loss"]
    scores = model.evaluate(x, y, batch_size=ROWS, verbose=0)
    return [*loss, *scores, *model.predict(x, batch_size=ROWS, verbose=0).ravel()]


def fit_tasks(models, *data):
    model = models.fresh(models.tasks)
    given = {"hair": data if len(data) > 1 else data[0]}
    losses = model.fit(given, **IN_ORDER).history["loss"]
    return [*losses, model.evaluate(given, **SCORED)["hair"]["loss"]]


def predict_tasks(models, x, _):
    model = models.fresh(models.tasks)
    return model.predict(x, batch_size=ROWS, verbose=0)["hair"]


def probe(models, *data):
    return [probe.fit for probe in probe_cuts(models.source, *data, verbose=0)]


def extract(models, x, *_):
    return models.extractor.transform(x).tolist()


VERBS = (fit_static, fit_tasks, probe, extract)
ON_ARRAYS = (*VERBS, fit_transferred, predict_tasks)
"""Of streams, these two take what Keras takes, as Keras does."""


def check(verb, models, expected, *data, **options):
    found = verb(models, *data, **options)
    np.testing.assert_allclose(found, expected[verb], rtol=1e-4, atol=1e-6, err_msg=str(verb))


@pytest.fixture(scope="module")
def numeric():
    return Models(network())


@pytest.fixture(scope="module")
def expected(numeric):
    """What each verb gives for NumPy arrays."""
    return {verb: verb(numeric, X, Y) for verb in ON_ARRAYS}


@pytest.mark.parametrize("kind", first_ones(ARRAYS, 1))
def test_arrays_in_every_verb(kind, numeric, expected):
    for verb in ON_ARRAYS:
        check(verb, numeric, expected, ARRAYS[kind](X), Y)


@pytest.mark.parametrize("kind", STREAMS)
def test_streams_in_every_verb(kind, numeric, expected):
    make, source = STREAMS[kind]
    steps = {"steps_per_epoch": len(STARTS)}
    for verb in VERBS:
        if verb is fit_tasks and kind in ("generator", "loader"):
            continue  # The schedule needs to know how many batches there are.
        options = steps if verb is fit_static and source is GeneratorSource else {}
        check(verb, numeric, expected, make(X, Y), **options)


def test_a_stream_that_fits_no_verb(numeric):
    endless, empty, samples = Batches(X, Y), iter([]), zip(X, Y, strict=True)
    endless.__class__ = type("Endless", (Batches,), {"num_batches": None})
    for data, message in [
        (endless, "no end"),
        (empty, "no batches"),
        (samples, "sample by sample"),
    ]:
        with pytest.raises(InvalidFeatures, match=message):
            numeric.extractor.transform(data)
    for verb in (fit_static, probe):
        with pytest.raises(InvalidFeatures, match=r"add `\.batch\(32\)`"):
            verb(numeric, list(zip(X, Y, strict=True)))
        with pytest.raises(InvalidLabels, match="as_supervised=True"):
            verb(
                numeric,
                (batch for batch in [{"image": X, "label": Y}]),
                **({"steps_per_epoch": 1} if verb is fit_static else {}),
            )


# Data sets of another form


def slices(*data):
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(data if len(data) > 1 else data[0])


def zipped(*data):
    import tensorflow as tf

    return tf.data.Dataset.zip(*data)


UNBATCHED = r"sample by sample: add `\.batch\(32\)`"
OTHER_FORMS = {
    "samples": (lambda: slices(X, Y), UNBATCHED),
    "numbers": (lambda: slices(X[:, 0], Y), UNBATCHED),
    "dicts": (lambda: slices({"image": X, "label": Y}).batch(SIZE), r"as_supervised=True.*\.map"),
    "tasks": (lambda: zipped(tf_dataset(X, Y), tf_dataset(X, Y)), "a dict of data sets"),
    "dict of tasks": (lambda: zipped({"sex": tf_dataset(X, Y)}), "a dict of data sets"),
}
ON_STREAMS = {
    "fit": lambda models, data: models.static.fit(data, verbose=0),
    "validation": lambda models, data: models.static.fit(X, Y, validation_data=data, verbose=0),
    "evaluate": lambda models, data: models.static.evaluate(data, verbose=0),
    "predict": lambda models, data: models.static.predict(data, verbose=0),
    "fit_cached": lambda models, data: fit_static(models, data),
    "validation of fit_cached": lambda models, data: fit_static(models, X, Y, validation_data=data),
    "fit tasks": lambda models, data: models.tasks.fit({"hair": data}, verbose=0),
    "validation of tasks": lambda models, data: models.tasks.fit(
        {"hair": (X, Y)}, validation_data={"hair": data}, verbose=0
    ),
    "evaluate tasks": lambda models, data: models.tasks.evaluate({"hair": data}, verbose=0),
    "predict tasks": lambda models, data: models.tasks.predict(data, verbose=0),
    "probe": lambda models, data: probe(models, data),
    "fit extractor": lambda models, data: models.extractor.fit(data),
    "extract": lambda models, data: models.extractor.transform(data),
}


@pytest.mark.backend("tensorflow", reason="a `tf.data.Dataset` is what is of the wrong form")
@pytest.mark.parametrize("form", OTHER_FORMS)
def test_a_data_set_of_another_form_is_refused_with_what_to_do(form, numeric):
    make, advice = OTHER_FORMS[form]
    for verb, run in ON_STREAMS.items():
        with pytest.raises((InvalidFeatures, InvalidLabels, InvalidTaskData), match=advice):
            run(numeric, make())
            pytest.fail(f"{verb} took {form}")


@ON_TENSORFLOW
def test_single_samples_of_one_number_are_refused():
    """Their shape `(1,)` is that of a batch of one row; their labels tell them apart."""
    models = Models(network((1,)))
    for verb, run in ON_STREAMS.items():
        if "validation" not in verb:
            with pytest.raises(InvalidLabels, match=UNBATCHED):
                run(models, slices(X[:, :1], Y))
                pytest.fail(f"{verb} took single samples")


@ON_TENSORFLOW
def test_dicts_with_the_name_of_the_input_lack_labels(numeric):
    data = slices({"first": X, "label": Y}).batch(SIZE)
    for verb in ("fit", "validation", "evaluate", "fit_cached", "fit tasks", "probe"):
        with pytest.raises((InvalidLabels, InvalidTaskData), match="as_supervised=True"):
            ON_STREAMS[verb](numeric, data)


# Text


TEXTS = {
    "unicode": np.array,
    "column of objects": lambda words: np.array(words, dtype=object)[:, None],
    "objects": lambda words: np.array(words, dtype=object),
    "bytes": lambda words: np.array([word.encode() for word in words]),
    "list": list,
    "series": pandas.Series,
    "category": lambda words: pandas.Series(words, dtype="category"),
    "string dtype": lambda words: pandas.Series(words, dtype="string"),
    "frame": lambda words: pandas.DataFrame({"text": words}),
    "tensor": lambda words: keras.ops.convert_to_tensor(words, dtype="string"),
}


def reader_of_words():
    keras.utils.set_random_seed(0)
    lookup = keras.layers.StringLookup(vocabulary=WORDS[:3])
    layers = [lookup, keras.layers.Embedding(4, 3), keras.layers.Flatten()]
    return network((1,), *layers, dtype="string")


@pytest.fixture(scope="module")
def of_words():
    return Models(reader_of_words())


@pytest.fixture(scope="module")
def expected_of_words(of_words):
    """What each verb gives for string tensors."""
    words = TEXTS["tensor"](WORDS)
    return {verb: verb(of_words, words, Y) for verb in ON_ARRAYS}


@pytest.mark.slow
@ON_TENSORFLOW
@pytest.mark.parametrize("kind", TEXTS)
def test_text_in_every_verb(kind, of_words, expected_of_words):
    words = TEXTS[kind](WORDS)
    for verb in ON_ARRAYS:
        check(verb, of_words, expected_of_words, words, Y)
    given = as_model_input(ModelInputs.of(of_words.source), words)
    np.testing.assert_array_equal(
        of_words.source.predict(given, verbose=0),
        of_words.source(TEXTS["tensor"](WORDS)[:, None]),
    )


@pytest.mark.slow
@ON_TENSORFLOW
def test_text_of_every_kind_is_found_again_in_a_cache(of_words, expected_of_words, tmp_path):
    for make in TEXTS.values():
        check(fit_static, of_words, expected_of_words, make(WORDS), Y, cache=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2  # Rows and columns: `(n,)` and `(n, 1)`.


@ON_TENSORFLOW
@pytest.mark.parametrize("kind", ["objects", "series", "frame", "category"])
def test_a_missing_word_is_named(kind, of_words):
    words = TEXTS[kind]([*WORDS[:-1], None])
    for verb in ON_ARRAYS:
        with pytest.raises(InvalidFeatures, match="row 8 is missing"):
            verb(of_words, words, Y)


@pytest.mark.slow
@ON_TENSORFLOW
@pytest.mark.parametrize("kind", TEXTS)
def test_text_in_a_search(kind, tmp_path):
    words = TEXTS[kind](WORDS)
    hypermodel = Eager(reader_of_words(), Head(3), cuts=[1])
    options = {"frozen_trials": 1, "tuned_trials": 0, "epochs": 1, "directory": tmp_path}
    tuner = CutTuner(hypermodel, **options)
    tuner.search(words, Y, validation_data=(words, Y), verbose=0)
    assert [trial.score is not None for trial in tuner.results()] == [True]
    with pytest.raises(FatalValueError, match="row 8 is missing"):
        tuner.search(TEXTS["series"]([*WORDS[:-1], None]), Y, validation_data=(words, Y))


def table():
    keras.utils.set_random_seed(0)
    age, colour = keras.Input((1,), name="age"), keras.Input((1,), dtype="string", name="colour")
    looked_up = keras.layers.StringLookup(vocabulary=WORDS[:3], output_mode="one_hot")(colour)
    both = keras.layers.Concatenate()([age, looked_up])
    hidden = keras.layers.Dense(4, "tanh")(both)
    return keras.Model([age, colour], keras.layers.Dense(2)(hidden))


@pytest.mark.slow
@ON_TENSORFLOW
def test_a_data_frame_for_named_inputs_in_every_verb():
    ages = np.arange(ROWS)
    frame = pandas.DataFrame({"colour": WORDS, "age": ages, "other": Y})
    frame["age"] = frame["age"].astype("Int64")
    arrays = [ages.astype("float32")[:, None], TEXTS["tensor"](WORDS)[:, None]]
    models, lacking, gap = Models(table()), frame[["age"]], frame.copy()
    gap.loc[3, "age"] = None
    for verb in ON_ARRAYS:
        check(verb, models, {verb: verb(models, arrays, Y)}, frame, Y)
        with pytest.raises(InvalidFeatures, match=r"Received: \['age'\].*'colour' is missing"):
            verb(models, lacking, Y)
        with pytest.raises(InvalidFeatures, match=r"age.*row 3 is missing"):
            verb(models, gap, Y)


@ON_TENSORFLOW
def test_a_data_frame_of_labels_by_task():
    model = MultiTaskModel(transfer(network(), 1, verify=False), {"hair": Head(3), "sex": Head(2)})
    model.compile("adam", run_eagerly=True)
    labels = pandas.DataFrame({"sex": Y % 2, "hair": Y})
    for tasks in (["sex", "hair"], ["sex"]):
        keras.utils.set_random_seed(0)
        by_frame = model.evaluate(X, labels[tasks], verbose=0)
        assert by_frame == model.evaluate(X, dict(labels[tasks].items()), verbose=0)
