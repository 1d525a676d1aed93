import pytest

from _comparisons import Failing, Majority, Means
from keras_mtl.comparing.strategies.known_strategies import STRATEGIES
from keras_mtl.comparing.strategy_arguments import check_strategies


def names(strategies, has_auxiliary=False):
    chosen = check_strategies(strategies, lambda arrays: arrays[0], has_auxiliary=has_auxiliary)
    return [one.name for one in chosen]


def test_what_is_asked_for():
    assert set(names("all", has_auxiliary=True)) - set(names("all")) == {"alternating", "joint"}
    assert names("all", has_auxiliary=True) == list(STRATEGIES.names)
    assert names("frozen") == ["frozen"]
    assert names(["frozen", Majority(), Failing()]) == ["frozen", "Majority", "Failing"]
    assert names({"a": Majority(), "b": Majority()}) == ["a", "b"]
    assert names(Means("mine")) == ["mine"]


class Estimator:
    def fit(self, x, y):
        pass

    def predict(self, x):
        pass


@pytest.mark.parametrize(
    ("strategies", "error", "message"),
    [
        ("fine_tuned", ValueError, "Did you mean 'fine-tuned'"),
        ([], ValueError, "is empty"),
        ([Majority(), Majority()], ValueError, r"\['Majority'\] twice.*give a dict"),
        ({1: Majority()}, ValueError, "names of `strategies` are texts"),
        (["joint"], ValueError, r"give `auxiliary=\(x, y\)`"),
        (3, TypeError, "A strategy is a name, or an object"),
        (Estimator(), TypeError, r"`Estimator.fit` must take `\(model, cut, x, y, seed\)`"),
    ],
)
def test_what_is_refused(strategies, error, message):
    with pytest.raises(error, match=message):
        names(strategies)
