import keras
import pytest

from _fitting import CLASSES, EAGER, inputs, labels, trained
from _zoo import first_ones
from keras_mtl.caching import default_training
from keras_mtl.caching.fit_cached import fit_cached
from keras_mtl.heads.head import Head
from keras_mtl.transferring import transfer

X, Y = inputs(), labels()


class Rates(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.seen = []

    def on_epoch_begin(self, epoch, logs=None):
        self.seen.append(float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)))


@pytest.fixture(autouse=True)
def few_epochs(monkeypatch):
    monkeypatch.setattr(default_training, "EPOCHS", 4)
    monkeypatch.setattr(default_training, "STEPS", 4)


def rates(model, **options):
    watching = Rates()
    fit_cached(model, X, Y, callbacks=[watching], verbose=0, **options)
    return watching.seen, float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))


def made(freeze=True):
    model = transfer(trained(), 1, freeze, Head(CLASSES, hidden=[4]), verify=False)
    model.run_eagerly = EAGER
    return model


def test_epochs_make_up_enough_steps(monkeypatch):
    assert [default_training.default_epochs(batches) for batches in (1, 4, 100)] == [4, 4, 4]
    monkeypatch.setattr(default_training, "STEPS", 600)
    assert [default_training.default_epochs(batches) for batches in (1, 7, 200)] == [600, 88, 4]


@pytest.mark.slow
@pytest.mark.parametrize("callbacks", [[], [keras.callbacks.Callback()]], ids=["none", "one"])
def test_short_epochs_are_not_all_validated(callbacks, monkeypatch):
    monkeypatch.setattr(default_training, "STEPS", 30)
    options = {"callbacks": callbacks} if callbacks else {}
    history = fit_cached(made(), X, Y, validation_data=(X, Y), verbose=0, **options)
    epochs = len(history.history["loss"])
    assert epochs > 4 and epochs % 4 == 0
    assert len(history.history["val_loss"]) == (epochs if callbacks else 4)
    assert history.history["val_loss"][-1] == pytest.approx(
        history.model.evaluate(X, Y, verbose=0, return_dict=True)["loss"], rel=1e-5
    )


def test_the_rate_of_a_new_head_falls_and_is_put_back():
    seen, after = rates(made())
    assert seen[0] == pytest.approx(1e-2)
    assert seen == sorted(seen, reverse=True) and seen[-1] < 2e-3
    assert after == pytest.approx(1e-3)


CASES = ["an optimizer", "a rate", "epochs", "layers of the trunk"]


@pytest.mark.parametrize("case", first_ones(CASES, 1))
def test_what_the_caller_chose_stays(case):
    model = made("first" if case == "layers of the trunk" else True)
    options = {"epochs": 2} if case == "epochs" else {}
    expected = 1e-3
    if case == "an optimizer":
        model.compile(keras.optimizers.Adam(1e-3), loss=model.loss, run_eagerly=EAGER)
    if case == "a rate":
        expected = 1e-4
        model.optimizer.learning_rate = 1e-4
    seen, after = rates(model, **options)
    assert [*seen, after] == [pytest.approx(expected)] * (len(seen) + 1)


def test_few_steps_with_a_new_head_are_warned_of(capsys):
    model = made()
    with pytest.warns(UserWarning, match="this run has 4 steps, .* leave out `epochs`"):
        fit_cached(model, X, Y, epochs=2, verbose=2)
    fit_cached(model, X, Y, epochs=2, verbose=2)  # trained before: an error if it warned
    fit_cached(made(), X, Y, epochs=2, verbose=0)
    assert "loss" in capsys.readouterr().out
