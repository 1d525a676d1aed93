import json

import pytest

from keras_mtl import balancing
from keras_mtl.balancing import CAGrad, GradientGate, PCGrad, UncertaintyWeighting
from keras_mtl.balancing.lookup import CLASSES, as_balancer, balancer_config, balancer_from_config


def test_names_in_any_spelling():
    for name in ("PCGrad", "pcgrad", "pc_grad"):
        assert as_balancer(name) == PCGrad()
    assert as_balancer("uncertainty_weighting") == UncertaintyWeighting()
    assert as_balancer(None) is None
    gate = GradientGate("hair")
    assert as_balancer(gate) is gate


def test_all_public_balancers_have_names():
    public = {getattr(balancing, name) for name in balancing.__all__}
    contracts = {balancing.LossBalancer, balancing.GradientBalancer, balancing.RunningMean}
    assert public - contracts == set(CLASSES)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("ungrad", ValueError, "There is no balancer 'ungrad'.* Did you mean 'UPGrad'?"),
        ("cagrat", ValueError, "Did you mean 'CAGrad'?"),
        ("sum", ValueError, "the balancers are"),
        ("bloop", ValueError, r"needs the name of the main task: .*Bloop\(main="),
        (PCGrad, TypeError, r"pass `PCGrad\(...\)`"),
        (3, TypeError, "its name or None. Received: 3"),
    ],
)
def test_what_is_no_balancer(given, error, message):
    with pytest.raises(error, match=message):
        as_balancer(given)


@pytest.mark.parametrize("balancer", [CAGrad(0.3), GradientGate("hair"), PCGrad(7)], ids=str)
def test_saved_and_read_again(balancer):
    config = json.loads(json.dumps(balancer_config(balancer)))
    assert balancer_from_config(config) == balancer


def test_nothing_saved():
    assert balancer_config(None) is None
    assert balancer_from_config(None) is None
