"""Blocks of steps on TensorFlow: one compiled loop that switches between the tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_mtl.batches.base import TaskData
from keras_mtl.training.steps.blocks import Block, Outcome, Runner, StepByStep
from keras_mtl.training.steps.forward import Batches, Step, whole_step
from keras_mtl.training.steps.tf_checks import refused_labels, scope_of, wrong_length
from keras_mtl.training.steps.tf_feeds import Feed, Layout, feed_of, tensors
from keras_mtl.training.steps.tf_step import add_to_metrics, synchronise, train

MOST_KINDS = 16
"""A loop is traced with the variables of all tasks in each branch: with more kinds of steps, a
function for each, traced when it is first used, starts sooner."""


def make_runner(model: Any, steps: Sequence[Step], data: Mapping[str, TaskData]) -> Runner:
    """What takes the steps in training."""
    if not model.run_eagerly and len(steps) <= MOST_KINDS:
        feeds = {name: feed_of(one, jit=_jit(model)) for name, one in data.items()}
        if all(feeds.values()):
            return Loop(model, steps, {name: feed for name, feed in feeds.items() if feed})
    return OneByOne(model, steps, data)


class Loop(Runner):
    """Runs a block in a `tf.function`, without Python between the steps.

    Args:
        model: The multi-task model, compiled.
        steps: The kinds of steps.
        feeds: Where batches come from, by the names of the data.
    """

    def __init__(self, model: Any, steps: Sequence[Step], feeds: Mapping[str, Feed]) -> None:
        self._model = model
        self._feeds = dict(feeds)
        whole_step(model, feeds).build({name: feed.sample() for name, feed in feeds.items()})
        self.use(steps)

    def use(self, steps: Sequence[Step]) -> None:
        """Take these kinds of steps from now on."""
        model = self._model
        layouts = {name: feed.layout for name, feed in self._feeds.items()}
        signature = [tf.TensorSpec([None], tf.int32), [one.signature for one in layouts.values()]]
        loop = partial(_loop, model, list(steps), layouts)
        parts = {name: layout.parts for name, layout in layouts.items()}
        key = f"loop {[step.key for step in steps]} {parts} {signature}"
        self._compiled = model.compiled_function(
            key, lambda: tf.function(loop, signature, autograph=False, jit_compile=_jit(model))
        )

    def open(self, positions: Mapping[str, range]) -> None:
        """Get ready for the batches at these positions, by the names of the data."""
        for name, feed in self._feeds.items():
            feed.open(positions[name])

    def close(self) -> None:
        """Let go of the iterators."""
        for feed in self._feeds.values():
            feed.close()

    def run(self, block: Block) -> Outcome:
        """Take the steps of a block."""
        arguments = [feed.arguments(block.positions[name]) for name, feed in self._feeds.items()]
        with self._model.training_scope():
            kinds = tf.constant(np.asarray(block.kinds, np.int32))
            try:
                taken, finite, results = self._compiled(kinds, arguments)
            except tf.errors.OpError as error:
                found = refused_labels(error) or wrong_length(error, list(self._feeds))
                if found is None:
                    raise
                raise found from None
        return Outcome(int(taken), bool(finite), results)


def _loop(
    model: Any, steps: list[Step], layouts: dict[str, Layout], kinds: Any, arguments: Any
) -> Any:
    """The block as a graph: steps taken, whether their losses were finite, results."""
    names = list(layouts)

    def take(step: Step, used: Any) -> Any:
        where = {name: names.index(name) for name in step.feeds}
        batches = {}
        for name, index in where.items():
            with tf.name_scope(scope_of(index)):
                batches[name] = layouts[name].batch(arguments[index], used[index])
        more = np.isin(np.arange(len(names)), list(where.values()))
        # A batch that is refused must be so before the step draws random numbers, or the like.
        read = [batch.y for batch in batches.values()]
        with tf.control_dependencies(keras.tree.flatten(read)):
            return train(step, batches), used + tf.constant(more, tf.int32)

    def body(taken: Any, used: Any, finite: Any) -> Any:
        del finite
        branches: list[Callable[[], Any]] = [partial(take, step, used) for step in steps]
        if len(branches) == 1:
            now_finite, now_used = branches[0]()
        else:
            now_finite, now_used = tf.switch_case(kinds[taken], branches)
        return taken + 1, now_used, now_finite

    taken, _, finite = tf.while_loop(
        lambda taken, used, finite: (taken < tf.size(kinds)) & finite,
        body,
        (tf.constant(0), tf.zeros([len(names)], tf.int32), tf.constant(True)),
        parallel_iterations=1,
    )
    _synchronise(steps)
    return taken, finite, model.training_results()


def make_scorer(model: Any, step: Step) -> Callable[[Batches], None]:
    """A function that adds a batch to the metrics, in inference mode."""

    def make() -> Callable[[Batches], None]:
        run = partial(add_to_metrics, step)
        return run if model.run_eagerly else _by_ranks(run)

    compiled = model.compiled_function(f"score {step.key}", make)

    def scorer(batches: Batches) -> None:
        step.build(batches)
        with model.training_scope():
            compiled(tensors(batches))

    return scorer


class OneByOne(StepByStep):
    """A compiled function for each kind of step, called with its batches."""

    def use(self, steps: Sequence[Step]) -> None:
        """Take these kinds of steps from now on."""
        super().use(steps)
        model = self.model
        self._functions = [
            model.compiled_function(f"step {step.key}", partial(_one, step)) for step in steps
        ]

    def take(self, kind: int, batches: Batches) -> bool:
        """Take one step."""
        with self.model.training_scope():
            return bool(self._functions[kind](tensors(batches)))

    def results(self) -> Mapping[str, Mapping[str, Any]]:
        """The values of all metrics, which are many where there are many tasks."""
        if self.model.run_eagerly:
            return super().results()
        compiled = self.model.compiled_function(
            "results", lambda: tf.function(self.model.training_results, autograph=False)
        )
        with self.model.training_scope():
            results: Mapping[str, Mapping[str, Any]] = compiled()
        return results


def _one(step: Step) -> Callable[[Batches], Any]:
    # TensorFlow counts how often a function is traced, and warns: nested ones it takes for one.
    take = partial(_take, step)
    if step.model.run_eagerly:
        return take
    return _by_ranks(take, jit_compile=_jit(step.model))


def _take(step: Step, batches: Batches) -> Any:
    finite = train(step, batches)
    _synchronise([step])
    return finite


def _by_ranks(function: Callable[[Batches], Any], **options: Any) -> Callable[[Batches], Any]:
    """The function compiled, for other numbers of dimensions anew.

    One for all would be traced with shapes of unknown rank when labels with one dimension follow
    labels with two, which Keras's losses cannot read.
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


def _synchronise(steps: Sequence[Step]) -> None:
    variables = {id(v): v for step in steps for v in step.changing_variables}
    synchronise(list(variables.values()))


def _jit(model: Any) -> bool:
    return bool(model.jit_compile)
