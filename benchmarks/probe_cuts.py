"""`probe_cuts` over all legal cuts of MobileNetV2 (96 px, 1,024 images) against one warm forward
pass (target: 3, tracing included), and against one frozen `fit` of 10 epochs for each depth
(target: 100 times faster; six depths are timed and scaled)."""

import keras
import numpy as np
from _paired import compare, timed

from keras_mtl import cut_points, probe_cuts, transfer

IMAGES, CLASSES, EPOCHS = 1024, 10, 10
DEPTHS_TIMED = 6


def frozen_fit(model, layer, x, y):
    reader = transfer(model, layer, freeze=True, head=CLASSES, verify=False)
    reader.fit(x, y, epochs=EPOCHS, batch_size=32, verbose=0)


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    model = keras.applications.MobileNetV2((96, 96, 3), weights=None)
    generator = np.random.default_rng(0)
    x = generator.normal(size=(IMAGES, 96, 96, 3)).astype("float32")
    y = generator.integers(CLASSES, size=IMAGES)
    points = cut_points(model)
    compare(
        f"probe_cuts over {len(points)} depths",
        lambda: probe_cuts(model, x, y, verbose=0),
        "one warm predict",
        lambda: model.predict(x, batch_size=32, verbose=0),
        runs=3,
    )
    print()
    chosen = points[:: -(-len(points) // DEPTHS_TIMED)]
    fits = [timed(lambda layer=point.layer: frozen_fit(model, layer, x, y)) for point in chosen]
    probing = timed(lambda: probe_cuts(model, x, y, verbose=0))
    whole = sum(fits) / len(fits) * len(points)
    print(
        f"frozen fit of {EPOCHS} epochs, mean of {len(fits)} depths: {sum(fits) / len(fits):.2f} s"
    )
    print(f"scaled to {len(points)} depths: {whole:.0f} s; probe_cuts: {probing:.2f} s")
    print(f"ratio: {whole / probing:.0f}")
