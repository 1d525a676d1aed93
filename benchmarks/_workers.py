"""Processes on 127.0.0.1 that train together, and what they do there, from the tests."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from _processes import free_ports

JAX_PROCESS = "JAX_PROCESS"
"""The variable with the address, the number of processes and the number of this one."""


def parsed(doc, options, of_workers):
    """Return the arguments of a script, whose help leaves out those that it gives its workers."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    for name, option in options.items():
        parser.add_argument(name, **option)
    for name, option in of_workers.items():
        parser.add_argument(name, help=argparse.SUPPRESS, **option)
    return parser.parse_args()


def environment(index=0, ports=()):
    """Return the variables of a worker, or of a process that is alone."""
    variables = {**os.environ, "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
    if on_jax():
        variables |= {"JAX_PLATFORMS": "cpu"}
        if ports:
            variables[JAX_PROCESS] = json.dumps([f"127.0.0.1:{ports[0]}", len(ports), index])
    elif ports:
        workers = [f"127.0.0.1:{port}" for port in ports]
        task = {"type": "worker", "index": index}
        variables["TF_CONFIG"] = json.dumps({"cluster": {"worker": workers}, "task": task})
    return variables


def on_jax():
    """Return whether Keras computes by JAX."""
    return os.environ.get("KERAS_BACKEND") == "jax"


def process():
    """Return the number of this worker, and of all that train together."""
    if JAX_PROCESS in os.environ:
        _, count, index = json.loads(os.environ[JAX_PROCESS])
        return index, count
    config = json.loads(os.environ.get("TF_CONFIG", "{}"))
    if config:
        return config["task"]["index"], len(config["cluster"]["worker"])
    return 0, 1


def distribution(devices=1):
    """Set the distribution of JAX over its processes, or over devices of this one, and return it.

    Call it before any operation of JAX.
    """
    flag = f"--xla_force_host_platform_device_count={devices}"
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {flag}"
    import jax

    if JAX_PROCESS in os.environ:
        jax.distributed.initialize(
            *json.loads(os.environ[JAX_PROCESS]), heartbeat_timeout_seconds=20
        )
    import keras

    if jax.device_count() > 1:
        keras.distribution.set_distribution(keras.distribution.DataParallel())
    return keras.distribution.distribution()


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


def training_calls(devices=1):
    """Return the module of the tests with every public call that trains, made for the workers.

    Args:
        devices: The number of devices of this process.
    """
    if on_jax():
        distribution(devices)
    import _training_calls

    if not on_jax():
        _training_calls.made_in = strategy(devices).scope
    _training_calls.worker, _training_calls.workers = process()
    return _training_calls
