"""What callbacks remember is saved and given back."""

import json

import keras
import numpy as np

from keras_mtl.training.resume.callback_memory import CallbackMemory


class Remembers(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.count, self.same, self.sums = 0, "same", {}
        self.function = len


def test_changed_attributes_of_every_kind_come_back():
    half = keras.ops.convert_to_numpy(keras.ops.cast([1.5, 2.5], "bfloat16"))
    first = [Remembers(), Remembers()]
    memory = CallbackMemory(first)
    first[0].count = 3
    first[1].sums = {"a": [np.arange(6.0).reshape(2, 3), (1, None)], 2: np.float32(0.5), "h": half}
    first[1].function = max  # Cannot be saved: a callback that is made anew has its own.
    notes, arrays = memory.notes()

    again = [Remembers(), Remembers()]
    CallbackMemory(again).give_back(json.loads(json.dumps(notes)), arrays)

    assert "same" not in notes["Remembers 0"] and again[0].count == 3 and again[1].count == 0
    sums = again[1].sums
    np.testing.assert_array_equal(sums["a"][0], np.arange(6.0).reshape(2, 3))
    assert sums["a"][1] == (1, None) and sums[2] == np.float32(0.5)
    assert sums["h"].dtype == half.dtype and sums["h"].tobytes() == half.tobytes()
    assert again[1].function is len


def test_what_was_given_back_is_noted_again():
    callback = Remembers()
    memory = CallbackMemory([callback])
    memory.give_back({"Remembers 0": {"count": ["Remembers 0 count", 0]}}, {})
    assert memory.notes()[0]["Remembers 0"]["count"] == ["Remembers 0 count", 0]
