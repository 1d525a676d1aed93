"""TensorFlow functions whose variables are constants."""

from __future__ import annotations

from typing import Any


def frozen(function: Any) -> Any:
    """Return a function with constants for TensorFlow's variables, and without calls of others.

    Args:
        function: A concrete function. Tensors that it has captured become constants too.
    """
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    # Converters know loops as such; lowered, they would be jumps.
    return convert_variables_to_constants_v2(
        function, lower_control_flow=False, aggressive_inlining=True
    )
