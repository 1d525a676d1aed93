"""Milliseconds of a joint step with each balancer, against a step without, and against TorchJD.

Usage: `python benchmarks/balancing_steps.py [cnn | mlp] [2 | 4 | 8] [memory] [NAME ...]`.
The model is a small CNN (28 x 28, convolutions of 16 and 32, dense 64) or an MLP (784 - 64), with a
head of 10 classes for each task, batches of 64 rows with all labels, Adam, loss and accuracy of
each task tracked.
The peer needs `pip install torch torchjd==0.18 quadprog qpsolvers cvxpy ecos`; it is left out where
it is not installed.

The limit of a gradient balancer is (1 + 2T) / 3 of the time of a plain step: one forward pass and
T backward passes, each of which takes twice as long as the forward pass.
"""

import importlib.util
import os
import statistics
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# torch's idle threads would spin, and take the cores from TensorFlow in the same process.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
from alternating_steps import BATCH, arrays, trunk

import keras_mtl
from keras_mtl import balancing

PLAIN = "no balancer"
STEPS = 40
ROWS = STEPS * BATCH
RUNS = 7
BALANCERS = {
    "UncertaintyWeighting": balancing.UncertaintyWeighting,
    "RandomWeighting": balancing.RandomWeighting,
    "PCGrad": balancing.PCGrad,
    "UPGrad": balancing.UPGrad,
    "DualProj": balancing.DualProj,
    "CAGrad": balancing.CAGrad,
    "NashMTL": balancing.NashMTL,
    "FairGrad": balancing.FairGrad,
    "GradientGate": lambda: balancing.GradientGate(main="task_0"),
    "Bloop": lambda: balancing.Bloop(main="task_0"),
}
PEERS = {"PCGrad": "PCGrad", "UPGrad": "UPGrad", "DualProj": "DualProj", "NashMTL": "NashMTL"}


def names(tasks):
    return [f"task_{index}" for index in range(tasks)]


def labels(tasks):
    generator = np.random.default_rng(1)
    return {name: generator.integers(10, size=ROWS) for name in names(tasks)}


def ours(kind, tasks, balancer):
    """One epoch of joint steps."""
    model = keras_mtl.MultiTaskModel(trunk(kind), dict.fromkeys(names(tasks), 10))
    model.compile("adam", balancer=balancer)
    x, y = arrays(kind, ROWS)[0], labels(tasks)
    return lambda: model.fit(x, y, batch_size=BATCH, verbose=0)


def torchjd(kind, tasks, name):
    """The loop that the documentation of TorchJD shows, with loss and accuracy tracked."""
    import torch
    from torch import nn
    from torchjd.aggregation import DualProj, NashMTL, PCGrad, UPGrad
    from torchjd.autojac import jac_to_grad, mtl_backward

    torch.set_num_threads(os.cpu_count() or 1)
    makers = {
        "PCGrad": PCGrad,
        "UPGrad": UPGrad,
        "DualProj": DualProj,
        "NashMTL": lambda: NashMTL(n_tasks=tasks),
    }
    x = arrays(kind, ROWS)[0]
    if kind == "mlp":
        body = nn.Sequential(nn.Linear(784, 64), nn.ReLU())
    else:
        x = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
        body = nn.Sequential(
            *(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(16, 32, 3), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Flatten(), nn.Linear(800, 64), nn.ReLU()),
        )
    heads = [nn.Linear(64, 10) for _ in range(tasks)]
    optimizer = torch.optim.Adam([*body.parameters(), *(p for h in heads for p in h.parameters())])
    inputs = torch.tensor(x)
    targets = [torch.tensor(own) for own in labels(tasks).values()]
    loss_of, aggregator = nn.CrossEntropyLoss(), makers[name]()

    def run():
        order = torch.randperm(len(inputs)).reshape(STEPS, BATCH)
        totals, correct = torch.zeros(tasks), torch.zeros(tasks)
        for rows in order:
            features = body(inputs[rows])
            logits = [head(features) for head in heads]
            losses = [loss_of(one, y[rows]) for one, y in zip(logits, targets, strict=True)]
            mtl_backward(losses, features)
            jac_to_grad(body.parameters(), aggregator)
            optimizer.step()
            optimizer.zero_grad()
            for index, (one, y) in enumerate(zip(logits, targets, strict=True)):
                totals[index] += losses[index].detach()
                correct[index] += (one.argmax(1) == y[rows]).sum()
        return totals

    return run


def seconds(run):
    """Seconds on the clock, and of the processors, which other programs disturb less."""
    start = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - start[0], time.process_time() - start[1]


def compared(kind, tasks, chosen):
    """Time all in turn, several times; print medians and the medians of the ratios of a round."""
    makers = {name: make for name, make in BALANCERS.items() if not chosen or name in chosen}
    ways = {PLAIN: ours(kind, tasks, None)}
    ways |= {name: ours(kind, tasks, make()) for name, make in makers.items()}
    if importlib.util.find_spec("torchjd"):
        peers = [name for name in PEERS if name in makers]
        ways |= {f"TorchJD {name}": torchjd(kind, tasks, name) for name in peers}
    for run in ways.values():  # Traces and compiles.
        run()
    rounds = [{name: seconds(run) for name, run in ways.items()} for _ in range(RUNS)]
    print(f"== {kind}, {tasks} heads, load {os.getloadavg()[0]:.1f} of {os.cpu_count()} processors")
    print(f"   the limit of a gradient balancer is {(1 + 2 * tasks) / 3:.2f} of a plain step")

    def ratios(name, other):
        found = [[one[name][way] / one[other][way] for one in rounds] for way in range(2)]
        return "{:6.2f} ({:5.2f})".format(*map(statistics.median, found))

    print(f"{'':22s} {'clock':>9s} {'of a plain step':>16s} {'of TorchJD':>16s}  (of processors)")
    for name in ways:
        median = 1000 * statistics.median(one[name][0] for one in rounds) / STEPS
        peer = f"TorchJD {name}"
        beside = ratios(name, peer) if peer in ways else ""
        print(f"{name:22s} {median:6.2f} ms {ratios(name, PLAIN):>16s} {beside:>16s}", flush=True)


def memory(kind, tasks):
    """Print the most memory of a process with each of some ways, above that before training."""
    for name in ("", "UncertaintyWeighting", "UPGrad"):
        code = (
            "import resource, balancing_steps as b;"
            f"run = b.ours({kind!r}, {tasks}, {name!r} or None)"
            "; before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; run(); run()"
            "; print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)"
        )
        ended = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            cwd=os.path.dirname(os.path.abspath(__file__)),
        )
        print(f"{name or 'no balancer':28s} {float(ended.stdout.split()[-1]):7.0f} MiB")


def main(arguments):
    kinds = [one for one in arguments if one in ("cnn", "mlp")] or ["cnn", "mlp"]
    numbers = [int(one) for one in arguments if one.isdigit()] or [2, 4, 8]
    for kind in kinds:
        for tasks in numbers:
            if "memory" in arguments:
                memory(kind, tasks)
            else:
                compared(kind, tasks, [one for one in arguments if one in BALANCERS])


if __name__ == "__main__":
    main(sys.argv[1:])
