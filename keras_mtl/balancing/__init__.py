"""How the losses or gradients of several tasks become one update.

The default is none: the sum of the losses. In careful comparisons (Kurin et al., 2022; Xin et al.,
2022; Royer et al., 2023) the sum with tuned weights was as good as any balancer. Tune the weight of
a helper first, compare with pretraining on it, and use a balancer where its guarantee is wanted.

| balancer               | what it guarantees                                              | cost |
|------------------------|-----------------------------------------------------------------|------|
| `UncertaintyWeighting` | weighted losses of about 1, whatever their units                | 1    |
| `RandomWeighting`      | nothing: it is a control                                        | 1    |
| `UPGrad`               | no conflict with any task                                       | T    |
| `DualProj`             | the same, nearest to the mean gradient                          | T    |
| `CAGrad`               | the largest smallest gain near the mean gradient                | T    |
| `NashMTL`              | a gain of each task, whatever the scales of the losses          | T    |
| `FairGrad`             | a gain of each task, more or less equal                         | T    |
| `PCGrad`               | no conflict with either of two tasks                            | T    |
| `GradientGate`         | helpers never slow the main task down                           | T    |
| `Bloop`                | helpers do not act along the main task's mean gradient          | T    |

The cost is the number of backward passes through the trunk for T tasks. A balancer that needs one
pass is a `LossBalancer`, the others are each a `GradientBalancer`; subclass one of these for a rule
of your own, see there.

Example:
    >>> import keras_mtl
    >>> keras_mtl.balancing.PCGrad().combine([[1.0, 0.0], [-1.0, 1.0]])
    array([0.5, 1.5], dtype=float32)
"""

from keras_mtl.balancing.bloop import Bloop
from keras_mtl.balancing.cagrad import CAGrad
from keras_mtl.balancing.dualproj import DualProj
from keras_mtl.balancing.fairgrad import FairGrad
from keras_mtl.balancing.gradient_balancer import GradientBalancer, RunningMean
from keras_mtl.balancing.gradient_gate import GradientGate
from keras_mtl.balancing.loss_balancer import LossBalancer
from keras_mtl.balancing.nash_mtl import NashMTL
from keras_mtl.balancing.pcgrad import PCGrad
from keras_mtl.balancing.random_weighting import RandomWeighting
from keras_mtl.balancing.uncertainty_weighting import UncertaintyWeighting
from keras_mtl.balancing.upgrad import UPGrad

__all__ = [
    "Bloop",
    "CAGrad",
    "DualProj",
    "FairGrad",
    "GradientBalancer",
    "GradientGate",
    "LossBalancer",
    "NashMTL",
    "PCGrad",
    "RandomWeighting",
    "RunningMean",
    "UPGrad",
    "UncertaintyWeighting",
]
