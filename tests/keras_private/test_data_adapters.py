"""What `fit_cached` relies on in Keras's data adapters; see keras_private/data_adapters.py."""

import itertools

import keras
import numpy as np
import pytest
import scipy.sparse

from keras_mtl.keras_private import data_adapters as adapters

X, Y = np.arange(20.0).reshape(10, 2), np.arange(10)
SEE = "see keras_private/data_adapters.py"


class Batches(keras.utils.PyDataset):
    begun = ended = 0

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return X[4 * index : 4 * index + 4], Y[4 * index : 4 * index + 4]

    def on_epoch_begin(self):
        self.begun += 1

    def on_epoch_end(self):
        self.ended += 1


def test_arrays_are_told_from_other_data():
    found = [adapters.are_arrays((value,)) for value in (X, None, [X, {"a": Y}], Batches(), [1, 2])]
    assert found == [True, True, True, False, False], f"Keras takes other data for arrays: {SEE}."


@pytest.mark.backend("tensorflow", reason="tf.data")
def test_datasets_are_told_from_other_data():
    import tensorflow as tf

    made = tf.data.Dataset.range(3)
    found = [adapters.is_tf_dataset(value) for value in (made, iter(made), X)]
    assert found == [True, False, False], f"Keras knows a `tf.data.Dataset` by other marks: {SEE}."


def test_sparse_arrays_are_told_from_dense_ones():
    found = [adapters.is_sparse_or_ragged(one) for one in (scipy.sparse.csr_matrix(X), X)]
    assert found == [True, False], f"Keras knows sparse arrays by other marks: {SEE}."


def test_validation_rows_are_the_last_ones():
    (x, none), (last, _) = adapters.split_off_validation((Y, None), 0.25)
    rows = [x.tolist(), last.tolist(), none]
    assert rows == [[0, 1, 2, 3, 4, 5, 6], [7, 8, 9], None], f"Keras splits otherwise: {SEE}."


def test_class_weights_of_a_stream():
    adapters.refuse_class_weight(Batches(), {0: 1.0})
    with pytest.raises(ValueError, match="class_weight"):
        adapters.refuse_class_weight((batch for batch in [(X, Y)]), {0: 1.0})


def test_batches_of_arrays_come_in_order_and_in_floatx():
    batches = list(adapters.array_batches({"a": X}, Y, None, batch_size=4))
    sizes = [len(y) for _, y in batches]
    assert sizes == [4, 4, 2], f"Keras makes other batches of arrays: {SEE}."
    first = batches[0][0]["a"]
    assert first.dtype == keras.config.floatx(), f"Keras converts arrays otherwise: {SEE}."
    np.testing.assert_array_equal(first, X[:4])


def test_batches_of_a_data_set_with_its_hooks():
    data = Batches()
    sizes = [len(y) for _, y in adapters.dataset_batches(data, 2)]
    assert (sizes, data.begun, data.ended) == ([4, 4], 1, 1), f"Keras reads it otherwise: {SEE}."


def test_an_epoch_is_read_from_what_is_drawn():
    class Twice(adapters.DrawnAdapter):
        def drawn(self):
            return iter([(X, Y), (X, Y)])

    count = len(list(Twice(Batches()).get_numpy_iterator()))
    assert count == 2, f"Keras no longer reads an epoch from `_get_iterator`: {SEE}."


def test_the_array_adapter_has_what_is_asked_of_it():
    made = adapters.ArrayDataAdapter(X, Y, batch_size=4, steps=None, class_weight=None)
    assert (made.num_batches, made.batch_size) == (3, 4), f"Keras's adapter is another: {SEE}."
    assert isinstance(made, adapters.DataAdapter)
    assert isinstance(adapters.PyDatasetAdapter(Batches()), adapters.DataAdapter)


@pytest.mark.slow
def test_a_loader_of_torch():
    data = pytest.importorskip("torch").utils.data
    assert adapters.is_torch_loader(data.DataLoader([1, 2])), "Keras no longer tells a DataLoader"
    assert not adapters.is_torch_loader([1, 2])


def test_fit_tells_evaluate_that_it_calls_it():
    class Model(keras.Sequential):
        def evaluate(self, *args, **kwargs):
            seen.append(adapters.is_validation_of_fit(kwargs))
            return super().evaluate(*args, **kwargs)

    seen = []
    model = Model([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    x, y = np.ones((2, 2)), np.ones((2, 1))
    model.fit(x, y, validation_data=(x, y), verbose=0)
    model.evaluate(x, y, verbose=0)
    assert seen == [True, False], "Keras's `fit` no longer marks its calls of `evaluate`"


def test_rows_are_shuffled_as_by_fit():
    keras.utils.set_random_seed(3)
    found = list(itertools.islice(adapters.row_orders(10), 2))
    keras.utils.set_random_seed(3)
    adapter = adapters.ArrayDataAdapter(np.arange(10), batch_size=4, shuffle=True)
    backend = keras.backend.backend()
    dataset = adapter.get_tf_dataset() if backend == "tensorflow" else None
    loader = adapter.get_torch_dataloader() if backend == "torch" else dataset
    for order in found:
        batches = adapter.get_jax_iterator() if loader is None else loader
        expected = [keras.ops.convert_to_numpy(keras.tree.flatten(one)[0]) for one in batches]
        same = np.array_equal(order, np.concatenate(expected))
        assert same, f"Keras shuffles rows in another way: {SEE}."
