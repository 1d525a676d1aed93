"""A user's own layer, registered, in a file of its own so that another process can import it."""

import keras
from keras import layers


@keras.saving.register_keras_serializable("tests")
class RegisteredBlock(keras.Layer):
    """It holds BatchNormalization and Dropout, and does not tell them whether it trains."""

    def __init__(self, units=6, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.dense = layers.Dense(units, name="dense")
        self.norm = layers.BatchNormalization(name="norm")
        self.dropout = layers.Dropout(0.5, name="dropout")

    def build(self, input_shape):
        self.dense.build(input_shape)
        self.norm.build((*input_shape[:-1], self.units))

    def call(self, x):
        return self.dropout(self.norm(self.dense(x)))

    def get_config(self):
        return {**super().get_config(), "units": self.units}
