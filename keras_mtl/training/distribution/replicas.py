"""What the replicas of a `tf.distribute` strategy share: gradients and moving statistics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import keras
import tensorflow as tf

from keras_mtl.training.task_optimizer import TaskOptimizer


def num_replicas() -> int:
    """Return the number of replicas of the current strategy; 1 without a strategy."""
    return int(tf.distribute.get_strategy().num_replicas_in_sync)


def sum_of_replicas(value: Any) -> Any:
    """Return the sum of a value of each replica; in the context of a replica."""
    if num_replicas() == 1:
        return value
    context = tf.distribute.get_replica_context()
    return context.all_reduce(tf.distribute.ReduceOp.SUM, value)


def sums_over_replicas(values: list[Any]) -> Sequence[Any]:
    """Return the sums of values over the replicas, by one message; in the context of a replica."""
    if num_replicas() == 1:
        return values
    context = tf.distribute.get_replica_context()
    sums: Sequence[Any] = context.all_reduce(tf.distribute.ReduceOp.SUM, values)
    return sums


def summed(
    optimizer: TaskOptimizer | None, gradients: Sequence[Any], replicas: int
) -> Sequence[Any]:
    """Return the gradients as the optimizer is to see them; in the context of a replica.

    Keras clips the gradients of each replica, and sums them when it applies them. The norm of a
    part of a gradient is not the norm of the gradient, so `TaskOptimizer` clips sums instead. Keras
    sums them a second time, so it divides them by the number of replicas after clipping.

    Args:
        optimizer: Our optimizer; None for an optimizer of Keras, which clips in each replica.
        gradients: The gradients of this replica.
        replicas: The number of replicas.
    """
    if optimizer is None:
        return gradients
    sums = replicas > 1 and optimizer.needs_sums
    optimizer.replicas = replicas if sums else 1
    if not sums:
        return gradients
    return sums_over_replicas(list(gradients))


def gathers_gradients(compiled: Any) -> bool:
    """Return whether a `tf.function` sums sparse gradients, as of an `Embedding`, over replicas.

    Their rows are gathered, and TensorFlow refuses ("Shape mismatch in the collective") another
    number of rows in a later round of a compiled loop, such as for a smaller last batch.

    Args:
        compiled: A function with an `input_signature`, in the scope of the strategy.
    """
    if num_replicas() == 1:
        return False
    functions = compiled.get_concrete_function().graph.as_graph_def().library.function
    return any(node.op == "CollectiveGatherV2" for one in functions for node in one.node_def)


def average_statistics(variables: Iterable[keras.Variable]) -> None:
    """Give all replicas, those of other workers too, the mean of what each has computed.

    Moving statistics are linear in the statistics of the batches, so to average them once a block
    gives what averaging at each step would.

    Args:
        variables: Variables that differ between the replicas; the same one may come twice.
    """
    strategy = tf.distribute.get_strategy()
    if strategy.num_replicas_in_sync == 1:
        return
    for variable in {id(variable): variable for variable in variables}.values():
        if "float" in variable.dtype:  # Not seeds, which count the same calls on each replica.
            values = strategy.run(lambda variable=variable: tf.identity(variable.value))
            mean = strategy.reduce(tf.distribute.ReduceOp.MEAN, values, None)
            for copy in strategy.experimental_local_results(variable.value):
                copy.assign(mean)


def true_everywhere(flags: Any) -> Any:
    """Return whether a boolean is true on all replicas, the same answer on all workers.

    Args:
        flags: The boolean of each replica, as `Strategy.run` returns it.
    """
    strategy = tf.distribute.get_strategy()
    here = strategy.experimental_local_results(flags)
    if len(here) == strategy.num_replicas_in_sync:
        return tf.reduce_all(tf.stack(here))
    # Were each worker to decide by its own replicas, one could wait for another for ever.
    numbers = strategy.run(lambda flag: tf.cast(flag, tf.int32), args=(flags,))
    total = strategy.reduce(tf.distribute.ReduceOp.SUM, numbers, None)
    return tf.equal(total, strategy.num_replicas_in_sync)
