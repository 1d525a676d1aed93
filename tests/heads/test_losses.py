import keras

from keras_mtl.heads.losses import is_loss

SPARSE = keras.losses.SparseCategoricalCrossentropy


def test_a_loss_is_an_object_of_a_class_or_its_function():
    for loss in (SPARSE(), SPARSE(from_logits=True), keras.losses.sparse_categorical_crossentropy):
        assert is_loss(loss, SPARSE) and not is_loss(loss, keras.losses.MeanSquaredError)
