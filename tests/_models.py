"""A zoo of awkward models, each a function that builds a fresh one, and data that fit it."""

import keras
import numpy as np
from keras import layers, ops

from _zoo import VARIED as VARIED
from _zoo import ZOO as ZOO
from _zoo import in_zoo
from _zoo import zoo as zoo

STEPS = 5  # what an input dimension of any size becomes
BATCH_SIZE = 2
WORDS = ("red", "green", "blue", "violet")


def random_batch(model, seed=0):
    """Data in the structure of the model's inputs: numbers, tokens from 0 to 6, or words."""
    generator = np.random.default_rng(seed)

    def values(tensor):
        shape = [BATCH_SIZE, *(size or STEPS for size in tensor.shape[1:])]
        if tensor.dtype == "string":
            return ops.convert_to_tensor(generator.choice(WORDS, size=shape))
        if "int" in tensor.dtype:
            return ops.convert_to_tensor(generator.integers(7, size=shape), dtype=tensor.dtype)
        return ops.convert_to_tensor(generator.normal(size=shape), dtype=tensor.dtype)

    return keras.tree.map_structure(values, inputs_of(model))


def randomised(model, seed=0):
    """The model after its weights and moving statistics were moved: nothing is an identity."""
    generator = np.random.default_rng(seed)
    for weight in model.weights:
        if weight.trainable or "moving_" in weight.path:
            shift = 0.2 * (len(weight.shape) == 1)
            value = keras.ops.convert_to_numpy(weight)
            scale = generator.uniform(0.5, 1.5, size=value.shape)
            weight.assign(value * scale + generator.uniform(-shift, shift, size=value.shape))
    return model


def inputs_of(model):
    """The inputs in the structure in which a model and its trunks take them."""
    inputs = model.inputs if isinstance(model, keras.Sequential) else model.input
    return inputs[0] if isinstance(inputs, list) and len(inputs) == 1 else inputs


# Layers that no Keras file knows: none of them is registered.


class Affine(keras.Layer):
    """A custom layer as it should be: weights in `build`, arguments in `get_config`."""

    def __init__(self, gain=2.0, **kwargs):
        super().__init__(**kwargs)
        self.gain = gain

    def build(self, input_shape):
        self.shift = self.add_weight(shape=(input_shape[-1],), initializer="random_normal")

    def call(self, x):
        return self.gain * x + self.shift

    def get_config(self):
        return {**super().get_config(), "gain": self.gain}


class QuietBlock(keras.Layer):
    """Its `call` takes no `training`, so `training=False` reaches its parts by the context only."""

    def __init__(self, units=6, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.dense = layers.Dense(units)
        self.norm = layers.BatchNormalization()
        self.dropout = layers.Dropout(0.5)

    def call(self, x):
        return self.dropout(self.norm(self.dense(x)))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


class Branches(keras.Layer):
    """Two outputs, one of which a model may leave unused."""

    def call(self, x):
        return ops.tanh(x), ops.sin(x)


class Tower(keras.Model):
    """A subclassed model: fine as a layer, though there is nothing to cut inside it."""

    def __init__(self, units=6, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.dense = layers.Dense(units)
        self.block = QuietBlock(units)

    def call(self, x):
        return self.block(self.dense(x))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def crooked(x):
    """An activation function that no Keras file knows."""
    return ops.sin(x) + x


# The zoo


@in_zoo
def convolutional():
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Conv2D(4, 3, use_bias=False, name="conv"),
            layers.BatchNormalization(name="norm"),
            layers.ReLU(name="relu"),
            layers.Dropout(0.5, name="dropout"),
            layers.MaxPooling2D(name="pool"),
            layers.Flatten(name="flatten"),
            layers.Dense(5, activation="softmax", name="dense"),
        ],
        name="convolutional",
    )


@in_zoo
def built_later():
    model = keras.Sequential([layers.Dense(6, name="dense"), layers.ReLU(name="relu")])
    model.build((None, 8))
    return model


@in_zoo
def residual():
    inputs = keras.Input((8,), name="inputs")
    x = layers.Dense(6, name="stem")(inputs)
    left = layers.Dense(6, activation="relu", name="left")(x)
    x = layers.Add(name="add")([x, left])
    return keras.Model(inputs, layers.Dense(3, name="logits")(x), name="residual")


@in_zoo
def shared_in_chain():
    inputs = keras.Input((8,), name="inputs")
    shared = layers.Dense(8, activation="tanh", name="shared")
    x = layers.BatchNormalization(name="between")(shared(inputs))
    return keras.Model(inputs, layers.Dense(3, name="last")(shared(x)), name="shared_in_chain")


@in_zoo
def siamese():
    tower = keras.Sequential(
        [
            keras.Input((8,)),
            layers.Dense(6, name="dense"),
            layers.BatchNormalization(name="norm"),
            layers.Dropout(0.3, name="dropout"),
        ],
        name="tower",
    )
    left, right = keras.Input((8,), name="left"), keras.Input((8,), name="right")
    x = ops.abs(tower(left) - tower(right))
    return keras.Model([left, right], layers.Dense(2, name="same")(x), name="siamese")


@in_zoo
def nested_twice():
    innermost = keras.Sequential(
        [
            keras.Input((8,)),
            layers.Dense(8, name="dense"),
            layers.BatchNormalization(name="norm"),
            layers.Activation("relu", name="relu"),
        ],
        name="innermost",
    )
    middle_inputs = keras.Input((8,))
    x = layers.Dropout(0.4, name="dropout")(innermost(middle_inputs))
    middle = keras.Model(middle_inputs, layers.Dense(6, name="dense")(x), name="middle")
    inputs = keras.Input((8,), name="inputs")
    x = middle(layers.Dense(8, name="stem")(inputs), training=False)
    return keras.Model(inputs, layers.Dense(3, name="logits")(x), name="nested_twice")


@in_zoo
def dict_backbone():
    image = keras.Input((8, 8, 3))
    fine = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu", name="fine")(image)
    coarse = layers.Conv2D(6, 3, strides=2, padding="same", name="coarse")(fine)
    backbone = keras.Model(image, {"fine": fine, "coarse": coarse}, name="backbone")
    inputs = keras.Input((8, 8, 3), name="inputs")
    levels = backbone(inputs)
    upsampled = layers.UpSampling2D(name="upsampled")(levels["coarse"])
    x = layers.Concatenate(name="fusion")([levels["fine"], upsampled])
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(inputs, layers.Dense(2, name="logits")(x), name="dict_backbone")


@in_zoo
def dicts():
    inputs = {"wide": keras.Input((8,), name="wide"), "deep": keras.Input((4,), name="deep")}
    deep = layers.Dense(6, activation="relu", name="deep_dense")(inputs["deep"])
    x = layers.Concatenate(name="both")([deep, inputs["wide"]])
    x = layers.Dense(6, name="trunk_dense")(x)
    outputs = {"sex": layers.Dense(2, name="sex")(x), "age": layers.Dense(1, name="age")(x)}
    return keras.Model(inputs, outputs, name="dicts")


@in_zoo
def masked_lstm():
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    x = layers.Embedding(7, 6, mask_zero=True, name="embedding")(tokens)
    x = layers.LSTM(5, return_sequences=True, dropout=0.2, name="steps")(x)
    x = layers.LSTM(4, name="summary")(x)
    return keras.Model(tokens, layers.Dense(2, name="logits")(x), name="masked_lstm")


@in_zoo
def encoder_decoder():
    source, target = keras.Input((None, 4), name="source"), keras.Input((None, 3), name="target")
    _, state = layers.SimpleRNN(5, return_state=True, name="encoder")(source)
    x = layers.SimpleRNN(5, name="decoder")(target, initial_state=state)
    return keras.Model([source, target], layers.Dense(2, name="logits")(x), name="encoder_decoder")


@in_zoo
def recurrent_wrappers():
    inputs = keras.Input((STEPS, 4, 4, 1), name="inputs")
    frame = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            layers.Flatten(),
            layers.Dense(6),
            layers.BatchNormalization(),
        ],
        name="frame",
    )
    x = layers.TimeDistributed(frame, name="frames")(inputs)
    x = layers.Bidirectional(layers.GRU(3), name="both_ways")(x)
    return keras.Model(inputs, layers.Dense(2, name="logits")(x), name="recurrent_wrappers")


@in_zoo
def attention():
    inputs = keras.Input((STEPS, 8), name="inputs")
    attention = layers.MultiHeadAttention(2, 4, dropout=0.2, name="attention")
    attended = attention(inputs, value=inputs, use_causal_mask=True)
    x = layers.LayerNormalization(name="norm")(inputs + attended)
    x = layers.GlobalAveragePooling1D(name="pool")(x)
    return keras.Model(inputs, layers.Dense(2, name="logits")(x), name="attention")


@in_zoo
def operations():
    inputs = keras.Input((6, 4), name="inputs")
    x = layers.Dense(8, name="dense")(inputs)[:, 1:, ::2]
    x = ops.concatenate([x, 2.0 - x], axis=-1)
    x = ops.reshape(ops.transpose(x, (0, 2, 1)), (-1, 40)) * 0.5
    x = layers.Dense(3, name="logits")(x)
    return keras.Model(inputs, ops.softmax(x), name="operations")


@in_zoo
def python_lambda():
    inputs = keras.Input((8,), name="inputs")
    x = layers.Dense(6, name="dense")(inputs)
    x = layers.Lambda(lambda x, power: ops.tanh(x) ** power, arguments={"power": 3}, name="cube")(x)
    return keras.Model(inputs, layers.Dense(2, name="logits")(x), name="python_lambda")


@in_zoo
def normalization():
    adapted = layers.Normalization(name="adapted")
    adapted.adapt(np.random.default_rng(1).normal(3, 2, size=(50, 8)))
    given = layers.Normalization(mean=0.5, variance=2.0, name="given")
    stack = [keras.Input((8,)), adapted, given, layers.Dense(3, name="logits")]
    return keras.Sequential(stack, name="normalization")


@in_zoo(backends=["tensorflow"], reason="other backends have no string tensors")
def strings():
    text = keras.Input((1,), dtype="string", name="text")
    colour = keras.Input((1,), dtype="string", name="colour")
    tokenise = layers.TextVectorization(output_sequence_length=3, name="tokenise")
    tokenise.adapt(["red green", "blue blue red"])
    look_up = layers.StringLookup(name="look_up")
    look_up.adapt(list(WORDS))
    words = layers.Embedding(7, 4, name="words")(tokenise(text))
    pooled = layers.GlobalAveragePooling1D(name="pool")(words)
    index = layers.Flatten(name="flat")(layers.Embedding(7, 4, name="colours")(look_up(colour)))
    x = layers.Concatenate(name="both")([pooled, index])
    return keras.Model([text, colour], layers.Dense(2, name="logits")(x), name="strings")


@in_zoo
def custom_layers():
    inputs = keras.Input((8,), name="inputs")
    x = layers.Dense(6, activation=crooked, name="crooked")(inputs)
    x = Affine(gain=3.0, name="affine")(x)
    x = QuietBlock(name="quiet")(x)
    return keras.Model(inputs, Tower(name="tower")(x), name="custom_layers")


@in_zoo
def one_of_two_outputs():
    inputs = keras.Input((8,), name="inputs")
    _, used = Branches(name="branches")(layers.Dense(6, name="dense")(inputs))
    return keras.Model(inputs, layers.Dense(2, name="logits")(used), name="one_of_two_outputs")


@in_zoo
def spectral_normalization():
    inputs = keras.Input((8, 8, 3), name="inputs")
    x = layers.SpectralNormalization(layers.Conv2D(4, 3), name="spectral")(inputs)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(inputs, layers.Dense(2, name="logits")(x), name="spectral_normalization")


@in_zoo
def augmentation():
    stack = [
        keras.Input((8, 8, 3)),
        layers.RandomFlip(name="flip"),
        layers.RandomTranslation(0.2, 0.2, seed=3, name="translation"),
        layers.GaussianNoise(0.5, name="noise"),
        layers.Conv2D(4, 3, activity_regularizer="l2", name="conv"),
        layers.SpatialDropout2D(0.5, name="dropout"),
        layers.Flatten(name="flatten"),
        layers.Dense(2, name="logits"),
    ]
    return keras.Sequential(stack, name="augmentation")


@in_zoo
def mixed_precision():
    inputs = keras.Input((8,), name="inputs")
    x = layers.Dense(6, dtype="mixed_float16", name="half")(inputs)
    x = layers.BatchNormalization(dtype="mixed_float16", name="norm")(x)
    return keras.Model(inputs, layers.Dense(2, dtype="float32", name="logits")(x))


@in_zoo
def lists_of_one():
    inputs = keras.Input((8,), name="inputs")
    x = layers.Dense(6, name="dense")(inputs)
    return keras.Model([inputs], [layers.Dense(2, name="logits")(x)], name="lists_of_one")


@in_zoo
def fixed_batch():
    inputs = keras.Input(batch_shape=(BATCH_SIZE, 8), name="inputs")
    x = layers.Dense(6, name="dense")(inputs)
    x = ops.reshape(x, (BATCH_SIZE, 3, 2))
    return keras.Model(inputs, layers.Flatten(name="flatten")(x), name="fixed_batch")


@in_zoo
def unused_input():
    used, unused = keras.Input((8,), name="used"), keras.Input((3,), name="unused")
    x = layers.Dense(6, name="dense")(used)
    return keras.Model([used, unused], layers.Dense(2, name="logits")(x), name="unused_input")


@in_zoo
def part_of_another():
    whole = convolutional()
    return keras.Model(whole.get_layer("norm").output, whole.outputs[0], name="part_of_another")


@in_zoo
def nested_by_name():
    """A nested model called on a dict where it has a list, on integers, and on one masked input."""
    pixels, words = keras.Input((6,), name="pixels"), keras.Input((STEPS, 4), name="words")
    # An operation takes its input as it is, where a layer would convert it.
    both = [layers.Dense(3, name="seen")(pixels * 0.1), layers.LSTM(3, name="read")(words)]
    x = layers.Dense(5, name="joined")(layers.Concatenate(name="both")(both))
    nested = keras.Model([pixels, words], x, name="nested")
    tokens = keras.Input((STEPS,), dtype="int32", name="tokens")
    image = keras.Input((6,), dtype="uint8", name="image")
    embedded = layers.Embedding(7, 4, mask_zero=True, name="embedding")(tokens)
    x = nested({"words": embedded, "pixels": image})
    return keras.Model([tokens, image], layers.Dense(2, name="logits")(x), name="nested_by_name")
