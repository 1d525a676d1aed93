"""`transfer`, its proof on a batch included, against the usual `clone_model` + `set_weights`
(target: 2)."""

import keras
from _paired import compare

from keras_mtl import transfer


def usual_copy(model):
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())


if __name__ == "__main__":
    for name in ("MobileNetV2", "ResNet50", "EfficientNetB0"):
        model = getattr(keras.applications, name)(weights=None)
        compare(
            f"transfer({name}, cut=1)",
            lambda model=model: transfer(model, cut=1),
            "clone_model + set_weights",
            lambda model=model: usual_copy(model),
        )
        print()
