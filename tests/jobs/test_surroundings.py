from dataclasses import replace

import keras
import pytest

from keras_mtl.errors import WorkerDiffers
from keras_mtl.jobs.surroundings import Surroundings


def test_a_worker_takes_over_the_settings_of_the_sender():
    before = Surroundings.here()
    keras.config.set_dtype_policy("mixed_bfloat16")
    keras.config.set_image_data_format("channels_first")
    sent = replace(Surroundings.here(), epsilon=1e-5, floatx="float64")
    try:
        before.take_over()
        assert Surroundings.here() == before
        sent.take_over()
        assert Surroundings.here() == sent
        assert keras.config.dtype_policy().compute_dtype == "bfloat16"
    finally:
        before.take_over()


@pytest.mark.parametrize(
    ("other", "message"),
    [({"backend": "paper"}, "backend of Keras is .*it is paper"), ({"keras": "2.1"}, "version")],
)
def test_another_backend_or_version_is_refused(other, message):
    with pytest.raises(WorkerDiffers, match=message):
        replace(Surroundings.here(), **other).take_over()
