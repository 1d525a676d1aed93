"""The limit of two tasks in turn: their arithmetic in TensorFlow's own operations, and no more."""

import keras
import numpy as np
import tensorflow as tf

STEPS_PER_CALL = 32


def bare_loop(trunk, x, y, batch):
    """One compiled loop as TensorFlow runs it fastest, with its fused Adam; tracks the losses."""
    heads = [keras.Sequential([keras.Input((64,)), keras.layers.Dense(10)]) for _ in range(2)]
    inputs, labels = tf.constant(x), tf.constant(y)
    losses = tf.Variable(tf.zeros(2))
    variables = [v.value for model in (trunk, *heads) for v in model.trainable_variables]
    slots = {
        id(v): (tf.Variable(tf.zeros_like(v)), tf.Variable(tf.zeros_like(v))) for v in variables
    }

    def take(task, rows):
        own = [v.value for v in (*trunk.trainable_variables, *heads[task].trainable_variables)]
        target = tf.gather(labels, rows)
        with tf.GradientTape() as tape:
            logits = heads[task](trunk(tf.gather(inputs, rows)))
            each = tf.nn.sparse_softmax_cross_entropy_with_logits(target, logits)
            loss = tf.reduce_mean(each)
        for variable, gradient in zip(own, tape.gradient(loss, own), strict=True):
            moments = [slot.handle for slot in slots[id(variable)]]
            # The bias of the moments is not corrected, as if many steps had been taken before.
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=moments[0],
                v=moments[1],
                beta1_power=0.0,
                beta2_power=0.0,
                lr=1e-3,
                beta1=0.9,
                beta2=0.999,
                epsilon=1e-7,
                grad=gradient,
            )
        losses.scatter_add(tf.IndexedSlices(loss, task))
        return tf.constant(0)

    @tf.function(autograph=False)
    def block(rows):
        def body(step):
            tf.switch_case(step % 2, [lambda task=task: take(task, rows[step]) for task in (0, 1)])
            return [step + 1]

        tf.while_loop(lambda step: step < tf.shape(rows)[0], body, [0], parallel_iterations=1)

    def run():
        order = np.random.permutation(len(x)).reshape(-1, batch)
        for first in range(0, len(order), STEPS_PER_CALL):
            block(tf.constant(order[first : first + STEPS_PER_CALL]))
        return losses.numpy()

    return run
