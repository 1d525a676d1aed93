"""Which task trains at which step.

| schedule        | which task comes next                           | needs known lengths |
|-----------------|-------------------------------------------------|---------------------|
| `Balanced`      | all evenly spread, small tasks more often       | yes                 |
| `Interleaved`   | every batch of every task once an epoch         | yes                 |
| `RoundRobin`    | the tasks in turn, a block of steps each        | no                  |
| `Blocks`        | the tasks in turn, a number of steps for each   | no                  |
| `Proportional`  | drawn by the size of the data to a power        | unless `alpha=0`    |
| `Annealed`      | the same, with a power that falls               | yes                 |
| `Joint`         | all tasks at each step                          | no                  |
| a function      | as `f(step)` or `f(step, batches, seed)` says   | no                  |
| `join`          | one schedule after the other                    | as its parts        |

Without known lengths an epoch needs `steps_per_epoch`.

Example:
    >>> import keras_mtl
    >>> schedule = keras_mtl.schedules.Interleaved()
    >>> schedule.tasks(range(4), batches={"sex": 3, "hair": 1}, seed=0).tolist()
    [0, 0, 1, 0]
"""

from keras_mtl.schedules.annealed import Annealed
from keras_mtl.schedules.balanced import Balanced
from keras_mtl.schedules.blocks import Blocks
from keras_mtl.schedules.interleaved import Interleaved
from keras_mtl.schedules.joining import join
from keras_mtl.schedules.joint import Joint
from keras_mtl.schedules.proportional import Proportional
from keras_mtl.schedules.round_robin import RoundRobin
from keras_mtl.schedules.schedule import Schedule

__all__ = [
    "Annealed",
    "Balanced",
    "Blocks",
    "Interleaved",
    "Joint",
    "Proportional",
    "RoundRobin",
    "Schedule",
    "join",
]
