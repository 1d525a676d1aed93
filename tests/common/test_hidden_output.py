"""What native code prints is hidden, and only meanwhile."""

import os
import warnings

import pytest

from keras_mtl.common.hidden_output import hidden_output


def test_output_and_warnings_are_hidden_until_an_error_comes(capfd):
    with pytest.raises(ValueError, match="told"), hidden_output():
        os.write(1, b"native")
        os.write(2, b"native")
        warnings.warn("hidden", stacklevel=1)
        raise ValueError("told")
    print("after")
    assert capfd.readouterr() == ("after\n", "")
