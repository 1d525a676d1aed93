"""Blocks of steps on TensorFlow: one compiled loop that switches between the tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_mtl.batches.task_batches import TaskData
from keras_mtl.training.distribution.replicas import average_statistics, gathers_gradients
from keras_mtl.training.state import TrainingState
from keras_mtl.training.steps.step import Batches, Step, whole_step
from keras_mtl.training.steps.step_blocks import Block, BlockResult, Runner, StepByStep
from keras_mtl.training.steps.task_gradients import TaskGradients
from keras_mtl.training.steps.tf_checks import refused_labels, scope_of, wrong_length
from keras_mtl.training.steps.tf_feeds import Feed, Layout, feed_of, tensors
from keras_mtl.training.steps.tf_step import measured_gradients as gradients_of_tensors
from keras_mtl.training.steps.tf_step import score, train

MOST_KINDS = 16
"""Most kinds of steps in one loop.

Each branch of `tf.switch_case` captures the variables of all tasks, so tracing takes longer than in
proportion to their number. With more kinds, a function for each starts sooner, traced when used.
"""


def make_runner(
    state: TrainingState, steps: Sequence[Step], data: Mapping[str, TaskData]
) -> Runner:
    """Return what runs the steps of training."""
    model = state.model
    if not model.run_eagerly and len(steps) <= MOST_KINDS:
        feeds = {name: feed_of(one, state) for name, one in data.items()}
        if all(feeds.values()):
            return Loop(state, steps, {name: feed for name, feed in feeds.items() if feed})
    return OneByOne(state, steps, data)


class Loop(Runner):
    """Runs a block in a `tf.function`, without Python between the steps.

    Args:
        state: What training keeps of the model.
        steps: The kinds of steps.
        feeds: Where batches come from, by the names of the data sets.
    """

    def __init__(
        self, state: TrainingState, steps: Sequence[Step], feeds: Mapping[str, Feed]
    ) -> None:
        self._state = state
        self._feeds = dict(feeds)
        whole_step(state, feeds).build({name: feed.sample() for name, feed in feeds.items()})
        self.use(steps)

    def use(self, steps: Sequence[Step]) -> None:
        """Run these kinds of steps from now on."""
        self._steps = list(steps)
        self._gathers: bool | None = None
        layouts = {name: feed.layout for name, feed in self._feeds.items()}
        signature = [tf.TensorSpec([None], tf.int32), [one.signature for one in layouts.values()]]
        loop = partial(_loop, self._state, list(steps), layouts)
        keys = {name: layout.key for name, layout in layouts.items()}
        key = f"loop {[step.key for step in steps]} {keys} {signature}"
        jit = _jit(self._state)
        self._compiled = self._state.compiled_function(
            key, lambda: tf.function(loop, signature, autograph=False, jit_compile=jit)
        )

    def open(self, positions: Mapping[str, range]) -> None:
        """Prepare the batches at these positions, by the names of the data sets."""
        for name, feed in self._feeds.items():
            feed.open(positions[name])

    def close(self) -> None:
        """Release the iterators."""
        for feed in self._feeds.values():
            feed.close()

    def run(self, block: Block) -> BlockResult:
        """Run the steps of a block."""
        with self._state.scope():
            if self._gathers is None:
                self._gathers = gathers_gradients(self._compiled)
            if len(block.kinds) < 2 or not self._gathers:
                return self._run(block)
            taken = 0
            for single in block.single_steps([step.feeds for step in self._steps]):
                result = self._run(single)
                taken += result.taken
                if not result.finite:
                    break
            return result._replace(taken=taken)

    def _run(self, block: Block) -> BlockResult:
        arguments = [feed.arguments(block.positions[name]) for name, feed in self._feeds.items()]
        kinds = tf.constant(np.asarray(block.kinds, np.int32))
        try:
            taken, finite, results = self._compiled(kinds, arguments)
        except tf.errors.OpError as error:
            found = refused_labels(error) or wrong_length(error, list(self._feeds))
            if found is None:
                raise
            raise found from None  # The traceback of TensorFlow names operations of the graph.
        return BlockResult(int(taken), bool(finite), results)


def _loop(
    state: TrainingState,
    steps: list[Step],
    layouts: dict[str, Layout],
    kinds: Any,
    arguments: Any,
) -> Any:
    """Run a block as a graph; return the fields of a `BlockResult`."""
    names = list(layouts)

    def body(taken: Any, used: Any, finite: Any) -> Any:
        del finite  # True, or the loop would have ended.
        branches = [partial(_read_and_train, step, layouts, arguments, used) for step in steps]
        if len(branches) == 1:
            now_finite, now_used = branches[0]()
        else:
            now_finite, now_used = tf.switch_case(kinds[taken], branches)
        return taken + 1, now_used, now_finite

    taken, _, finite = tf.while_loop(
        lambda taken, used, finite: (taken < tf.size(kinds)) & finite,
        body,
        (tf.constant(0), tf.zeros([len(names)], tf.int32), tf.constant(True)),
        parallel_iterations=1,  # The steps change variables that the next ones read.
    )
    # In the compiled function as well: each call from Python would cost as much as a small step.
    average_statistics(_changing(steps))
    return taken, finite, state.results()


def _read_and_train(
    step: Step, layouts: dict[str, Layout], arguments: Any, used: Any
) -> tuple[Any, Any]:
    """Take one step of a block.

    Args:
        step: The step.
        layouts: How the arguments hold batches, by the names of the data sets.
        arguments: What the compiled loop was called with, in the same order.
        used: How many batches of each data set the steps before have used, in the same order.

    Returns:
        Whether the loss was finite, and the new `used`.
    """
    names = list(layouts)
    where = {name: names.index(name) for name in step.feeds}
    batches = {}
    for name, index in where.items():
        with tf.name_scope(scope_of(index)):
            batches[name] = layouts[name].batch(arguments[index], used[index])
    more = np.isin(np.arange(len(names)), list(where.values()))
    # TensorFlow runs independent operations in any order. Labels must be checked before the step
    # draws random numbers, so that a refused batch changes no seed.
    read = [batch.y for batch in batches.values()]
    with tf.control_dependencies(keras.tree.flatten(read)):
        return train(step, batches), used + tf.constant(more, tf.int32)


def make_scorer(step: Step) -> Callable[[Batches], None]:
    """Return a function that adds a batch to the metrics, in inference mode."""
    state = step.state

    def make() -> Callable[[Batches], None]:
        run = partial(score, step)
        return run if state.model.run_eagerly else _by_ranks(run)

    compiled = state.compiled_function(f"score {step.key}", make)

    def scorer(batches: Batches) -> None:
        with state.scope():
            step.build(batches)
            compiled(tensors(batches))

    return scorer


def measured_gradients(step: Step, batches: Batches) -> TaskGradients:
    """Return the losses and gradients of the tasks, in inference mode.

    On several devices the first one measures.
    """
    step.build(batches)
    return gradients_of_tensors(step, tensors(batches))


class OneByOne(StepByStep):
    """Runs a compiled function for each kind of step, called with its batches."""

    def use(self, steps: Sequence[Step]) -> None:
        """Run these kinds of steps from now on."""
        super().use(steps)
        compiled = self.state.compiled_function
        self._functions = [compiled(f"step {step.key}", partial(_one, step)) for step in steps]

    def take(self, kind: int, batches: Batches) -> bool:
        """Take one step."""
        with self.state.scope():
            return bool(self._functions[kind](tensors(batches)))

    def results(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the values of all metrics, compiled, as many tasks have many of them."""
        if self.state.model.run_eagerly:
            return super().results()
        compiled = self.state.compiled_function(
            "results", lambda: tf.function(self.state.results, autograph=False)
        )
        with self.state.scope():
            results: Mapping[str, Mapping[str, Any]] = compiled()
        return results


def _one(step: Step) -> Callable[[Batches], Any]:
    # A `partial` of a function of this file: TensorFlow takes all functions that one `def` inside a
    # function makes for the same one, and would warn that it is traced too often.
    take = partial(_take, step)
    if step.state.model.run_eagerly:
        return take
    return _by_ranks(take, jit_compile=_jit(step.state))


def _take(step: Step, batches: Batches) -> Any:
    finite = train(step, batches)
    average_statistics(_changing([step]))
    return finite


def _by_ranks(function: Callable[[Batches], Any], **options: Any) -> Callable[[Batches], Any]:
    """Return a function that is compiled once for each combination of ranks.

    With `reduce_retracing` a single `tf.function` is traced with shapes of unknown rank when labels
    with one dimension follow labels with two, and Keras's losses cannot read such shapes.
    """
    compiled: dict[Any, Callable[[Batches], Any]] = {}

    def call(batches: Batches) -> Any:
        flat = keras.tree.flatten(batches)
        ranks = tuple(None if values is None else len(values.shape) for values in flat)
        if ranks not in compiled:
            compiled[ranks] = tf.function(
                function, autograph=False, reduce_retracing=True, **options
            )
        return compiled[ranks](batches)

    return call


def _changing(steps: Sequence[Step]) -> list[keras.Variable]:
    return [variable for step in steps for variable in step.changing_variables]


def _jit(state: TrainingState) -> bool:
    return bool(state.model.jit_compile)
