"""TensorFlow's warning about functions of Keras that are traced often."""

import logging
import subprocess
import sys

import pytest

from keras_mtl.keras_private.retracing import expected_to_trace

TRACED = "5 out of the last 5 calls to <function {} at 0x7f> triggered tf.function retracing."
OURS = TRACED.format("TensorFlowTrainer.make_predict_function.<locals>.one_step_on_data")


@pytest.fixture
def logged(caplog):
    caplog.set_level(logging.WARNING, "tensorflow")
    logging.getLogger("tensorflow").propagate = True
    return caplog


def test_only_this_warning_is_silenced_and_only_inside(logged):
    logger = logging.getLogger("tensorflow")
    others = [TRACED.format("callback"), "TensorFlowTrainer. is slow"]
    with expected_to_trace(), expected_to_trace():
        for message in (OURS, *others):
            logger.warning(message)
    assert logged.messages == others
    logger.warning(OURS)
    assert logged.messages == [*others, OURS]


PREDICT = """
import keras, numpy
for _ in range(6):
    model = keras.Sequential([keras.layers.Dense(1)])
    model.predict(numpy.ones((1, 1)), verbose=0)
"""


# In a process of its own: TensorFlow warns of a function twice, whichever test runs it.
@pytest.mark.slow
@pytest.mark.backend("tensorflow", reason="only TensorFlow warns")
def test_the_functions_of_keras_have_the_name_that_is_silenced():
    run = [sys.executable, "-c", PREDICT]
    printed = subprocess.run(run, check=True, capture_output=True, text=True).stderr
    warned = [line for line in printed.splitlines() if "retracing" in line]
    assert warned and all("TensorFlowTrainer." in line for line in warned)
