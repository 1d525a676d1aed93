"""A copy of a user's own class trains as that class does, or is refused by name."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from _helpers import draw
from _watching import as_numpy, unchanged
from keras_mtl import Head, MultiTaskModel, TransferModel, from_scratch, transfer
from keras_mtl.errors import CloneError, MissingLoss
from keras_mtl.surgery.own_training import own_steps, own_training

X, Y = draw(8, 4), draw(8, 1, seed=1)


class Weighted(keras.Model):
    """Its loss is a multiple of the mean squared error, whatever it is compiled with."""

    factor = 1.0

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return self.factor * ops.mean(ops.square(y - y_pred))


class WeightedSequence(keras.Sequential):
    factor = 1.0
    compute_loss = Weighted.compute_loss


def weighted(factor=3.0):
    inputs = keras.Input((4,))
    x = layers.Dense(3, "tanh", name="hidden")(inputs)
    model = Weighted(inputs, layers.Dense(1, name="last")(x), name="weighted")
    model.factor = factor
    model.compile("sgd", "mae")
    return model


def weighted_sequence():
    stack = [keras.Input((4,)), layers.Dense(3, "tanh"), layers.Dense(1)]
    model = WeightedSequence(stack, name="weighted")
    model.factor = 3.0
    model.compile("sgd", "mae")
    return model


def loss_of(model):
    return model.evaluate(X, Y, verbose=0)


def expected_loss(model, factor=3.0):
    """The loss by NumPy."""
    return factor * np.mean((Y - as_numpy(model(X))) ** 2)


@pytest.mark.slow
@pytest.mark.parametrize("build", [weighted, weighted_sequence])
def test_a_control_has_the_loss_of_the_class(build):
    source = build()
    assert loss_of(source) == pytest.approx(expected_loss(source), rel=1e-5)
    with unchanged(source):
        control = from_scratch(source, seed=1)
        control.fit(X, Y, verbose=0)
    assert type(control) is type(source)
    assert loss_of(control) == pytest.approx(expected_loss(control), rel=1e-5)


def by_hand(weights, rate=0.01, factor=3.0):
    """The weights after one step of gradient descent on the loss of `Weighted`, by NumPy."""
    kernel, bias, last, offset = weights
    hidden = np.tanh(X @ kernel + bias)
    errors = factor * 2 * (hidden @ last + offset - Y) / len(X)
    inner = errors @ last.T * (1 - hidden**2)
    gradients = [X.T @ inner, inner.sum(0), hidden.T @ errors, errors.sum(0)]
    return [weight - rate * gradient for weight, gradient in zip(weights, gradients, strict=True)]


def test_a_step_of_the_control_is_the_step_of_the_class():
    control = from_scratch(weighted(), seed=1)
    expected = by_hand(control.get_weights())
    control.fit(X, Y, batch_size=len(X), verbose=0)
    for weight, value in zip(control.get_weights(), expected, strict=True):
        np.testing.assert_allclose(weight, value, rtol=1e-4, atol=1e-6)


class Stepping(keras.Model):
    """Each other method of training, called while it trains."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.called = set()
        self.steps = keras.metrics.Sum(name="steps")

    @property
    def metrics(self):
        return [*super().metrics, self.steps]

    def train_step(self, *args, **kwargs):
        self.called.add("train_step")
        return super().train_step(*args, **kwargs)

    def test_step(self, *args, **kwargs):
        self.called.add("test_step")
        return super().test_step(*args, **kwargs)

    def compute_metrics(self, *args, **kwargs):
        self.called.add("compute_metrics")
        return super().compute_metrics(*args, **kwargs)

    def predict(self, x, **kwargs):
        return super().predict(x, **kwargs) + 100


@pytest.mark.slow
def test_steps_metrics_and_verbs_of_the_class_are_kept():
    inputs = keras.Input((4,))
    source = Stepping(inputs, layers.Dense(1)(inputs))
    source.compile("sgd", "mse")
    control = from_scratch(source)
    control.fit(X, Y, validation_data=(X, Y), verbose=0)
    assert control.called == {"train_step", "test_step", "compute_metrics"}
    assert source.called == set()
    assert control.steps is not source.steps
    np.testing.assert_allclose(control.predict(X, verbose=0), as_numpy(control(X)) + 100, rtol=1e-5)


class MakesLayers(Weighted):
    """Its constructor makes the layers."""

    def __init__(self, units, name=None):
        inputs = keras.Input((4,))
        x = layers.Dense(units, "tanh", name="hidden")(inputs)
        super().__init__(inputs, layers.Dense(1, name="last")(x), name=name)
        self.units = units
        self.factor = 3.0

    def get_config(self):
        return {"name": self.name, "units": self.units}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


@pytest.mark.slow
def test_a_constructor_that_makes_the_layers_is_called_anew():
    source = MakesLayers(3)
    source.compile("sgd", "mae")
    with unchanged(source):
        first, second = from_scratch(source, seed=1), from_scratch(source, seed=1)
        first.fit(X, Y, epochs=2, verbose=0)
        second.fit(X, Y, epochs=2, verbose=0, shuffle=False)
    assert type(first) is MakesLayers
    assert loss_of(first) == pytest.approx(expected_loss(first), rel=1e-5)
    assert not np.isin(second.get_weights()[0], source.get_weights()[0]).any()


class Adapted(MakesLayers):
    def __init__(self, units, name=None):
        inputs = keras.Input((4,))
        x = layers.Normalization(name="adapted")(inputs)
        Weighted.__init__(self, inputs, layers.Dense(1, name="last")(x), name=name)
        self.units = units


def test_what_preprocessing_has_adapted_to_is_kept_there_too():
    source = Adapted(3)
    source.get_layer("adapted").adapt(X)
    control = from_scratch(source)
    np.testing.assert_array_equal(*(as_numpy(m.get_layer("adapted")(X)) for m in (source, control)))


class OwnLossTransfer(TransferModel):
    factor = 1.0
    compute_loss = Weighted.compute_loss


def test_a_subclass_of_a_transfer_model_is_kept():
    model = transfer(weighted(), 1, head=Head(1, "regression"))
    own = OwnLossTransfer(model.input, model.output)
    own.factor = 3.0
    own.compile("sgd", "mae")
    control = from_scratch(own)
    assert type(control) is OwnLossTransfer
    assert loss_of(control) == pytest.approx(expected_loss(control), rel=1e-5)


# What is stored on the model


def test_a_layer_of_the_graph_stored_on_the_model_is_its_copy():
    source = weighted()
    source.parts = {"hidden": [source.get_layer("hidden")]}
    source.name_of_part = "hidden"
    source.score = keras.metrics.Mean()
    control = from_scratch(source)
    assert control.parts["hidden"][0] is control.get_layer("hidden")
    assert control.name_of_part == "hidden"
    assert type(control.score) is keras.metrics.Mean and control.score is not source.score


def test_other_layers_and_variables_on_the_model_are_refused():
    for extra in (layers.Dense(2), keras.Variable(1.0), weighted()):
        source = weighted()
        source.extra = [extra]
        with pytest.raises(CloneError, match=r"own `compute_loss`; its attribute `extra` holds a"):
            from_scratch(source)


# What is refused


def test_a_method_replaced_on_the_object_is_refused():
    source = weighted()
    source.train_step = lambda *args: None
    with unchanged(source), pytest.raises(CloneError, match="`train_step` of `weighted` was repl"):
        from_scratch(source)


class Unknown(Weighted):
    """Its constructor makes the layers from what no config holds."""

    def __init__(self, layer):
        inputs = keras.Input((4,))
        super().__init__(inputs, layer(inputs), name="unknown")


def test_a_class_that_cannot_be_built_anew_is_named():
    source = Unknown(layers.Dense(1))
    message = "`unknown` is a `Unknown` with its own `compute_loss`; the control needs them"
    with unchanged(source), pytest.raises(CloneError, match=message):
        from_scratch(source)


class OwnCompile(Weighted):
    def compile(self, optimizer, factor):
        super().compile(optimizer)
        self.factor = factor


class ToldCompile(OwnCompile):
    def get_compile_config(self):
        return {"factor": self.factor}

    def compile_from_config(self, config):
        self.compile("sgd", **config)


def test_a_compile_of_the_class_is_called_by_its_config_or_named():
    inputs = keras.Input((4,))
    source = OwnCompile(inputs, layers.Dense(1)(inputs), name="own")
    source.compile("sgd", 3.0)
    with pytest.raises(CloneError, match=r"`own` is a `OwnCompile`.*`compile_from_config`"):
        from_scratch(source)
    source = ToldCompile(inputs, layers.Dense(1)(inputs))
    source.compile("sgd", 3.0)
    control = from_scratch(source)
    assert loss_of(control) == pytest.approx(expected_loss(control), rel=1e-5)


def test_several_tasks_need_the_loss_of_such_a_class():
    source = weighted()
    with unchanged(source), pytest.raises(MissingLoss, match=r"own `compute_loss`.*Pass `loss=`"):
        MultiTaskModel.from_model(source, 1, "sex", {"hair": 5})
    model = MultiTaskModel.from_model(source, 1, "sex", {"hair": 5}, loss="mae")
    expected = np.mean(np.abs(Y - as_numpy(source(X))))
    found = model.evaluate({"sex": (X, Y)}, verbose=0)["sex_loss"]
    assert found == pytest.approx(expected, rel=1e-5)


def test_what_is_the_users_own():
    assert own_training(keras.Sequential([keras.Input((2,))])) == []
    assert own_training(transfer(weighted(), 1, head=2)) == []
    assert own_training(MultiTaskModel(transfer(weighted(), 1), {"hair": 2})) == []
    assert own_steps(weighted()) == own_training(weighted()) == ["compute_loss"]
