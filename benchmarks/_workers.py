"""Processes on 127.0.0.1 that train together, and what they do there, from the tests."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1] / "tests"


def free_ports(count):
    """Return ports of this machine that no program listens on."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def environment(index=0, ports=()):
    """Return the variables of a worker, or of a process that is alone."""
    variables = {**os.environ, "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
    if ports:
        workers = [f"127.0.0.1:{port}" for port in ports]
        task = {"type": "worker", "index": index}
        variables["TF_CONFIG"] = json.dumps({"cluster": {"worker": workers}, "task": task})
    return variables


def started(script, count, arguments, **options):
    """Start a script in so many workers; one process is alone, without `TF_CONFIG`."""
    ports = free_ports(count) if count > 1 else ()
    call = [sys.executable, str(script), *map(str, arguments)]
    return [
        subprocess.Popen([*call, str(index)], env=environment(index, ports), text=True, **options)
        for index in range(count)
    ]


def strategy(devices=1):
    """Return the strategy of this process; call it before any operation of TensorFlow."""
    import tensorflow as tf

    if devices > 1:
        cpu = tf.config.list_physical_devices("CPU")[0]
        logical = [tf.config.LogicalDeviceConfiguration()] * devices
        tf.config.set_logical_device_configuration(cpu, logical)
        return tf.distribute.MirroredStrategy([f"CPU:{index}" for index in range(devices)])
    if "TF_CONFIG" in os.environ:
        return tf.distribute.MultiWorkerMirroredStrategy()
    return tf.distribute.get_strategy()


def training_calls(strategy):
    """Return the module of the tests with every public call that trains, made for a strategy."""
    sys.path.insert(0, str(TESTS))
    import _training_calls

    _training_calls.made_in = strategy.scope
    config = json.loads(os.environ.get("TF_CONFIG", "{}"))
    if config:
        _training_calls.worker = config["task"]["index"]
        _training_calls.workers = len(config["cluster"]["worker"])
    return _training_calls
