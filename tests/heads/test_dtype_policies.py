import keras
import pytest

from keras_mtl.heads.dtype_policies import without_quantization


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("float32", "float32"),
        ("mixed_float16", "mixed_float16"),
        ("int8_from_float32", "float32"),
        ("int4_from_mixed_bfloat16", "mixed_bfloat16"),
        ("float8_from_bfloat16", "bfloat16"),
    ],
)
def test_the_same_dtypes_without_quantization(policy, expected):
    given = keras.dtype_policies.get(policy)
    found = without_quantization(given)
    assert found.name == expected
    assert (found.compute_dtype, found.variable_dtype) == (
        given.compute_dtype,
        given.variable_dtype,
    )
