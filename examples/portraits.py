"""Hair colour from portraits with few labels, with a network that has learnt sex from many.

    python examples/portraits.py                                # portraits that are drawn
    python examples/portraits.py --data celeb_a --data-dir DIR  # CelebA, by tensorflow-datasets

Trains a network on the sex, finds out at which depth and in which way it is best used for the hair
colour, trains both tasks in turn, and saves a report, a sheet of portraits with what is predicted
for them, and the model. Takes less than three minutes on two cores with portraits that are drawn.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
from pathlib import Path

import keras
import numpy as np
from drawn_portraits import HAIR, SEX, draw_portraits

import keras_mtl

LABELS = [20, 100, 400]
"""Numbers of labels of the hair colour to compare; all of what follows has the largest of them."""
MANY = 20_000
"""Number of labels of the sex, where there are more: of CelebA."""
WAYS = ["features+logistic", "frozen", "fine-tuned", "alternating", "from-scratch"]
SEEDS = 3
"""Number of runs of each way with each number of labels."""
SIZE = 40
"""Height and width of the portraits in pixels."""
OUTPUT = Path("portraits_output")


def drawn(people=4000, tested=800):
    """Draw portraits: all labelled by sex, a few of them by hair colour; and others to test on."""
    portraits, sex, hair = draw_portraits(people + tested, size=SIZE)
    return keras_mtl.datasets.from_arrays(
        {
            "portrait": portraits,
            "sex": [SEX[one] for one in sex],
            "hair": [HAIR[one] for one in hair],
        },
        inputs="portrait",
        tasks=["sex", "hair"],
        labels={"hair": max(LABELS)},
        split={"train": people / (people + tested), "test": tested / (people + tested)},
    )


def sex_network(data):
    """Train the auxiliary network, on a task with as many labels as there are portraits."""
    layers = keras.layers
    settings = {"strides": 2, "padding": "same", "activation": "relu"}
    network = keras.Sequential(
        [
            keras.Input((SIZE, SIZE, 3)),
            layers.Rescaling(1 / 255, name="scale"),
            layers.Conv2D(16, 3, name="conv1", **settings),
            layers.Conv2D(32, 3, name="conv2", **settings),
            layers.Conv2D(48, 3, name="conv3", **settings),
            layers.Flatten(name="flatten"),
            layers.Dropout(0.3, name="dropout"),
            layers.Dense(64, activation="relu", name="dense"),
            layers.Dense(2, activation="softmax", name="sex"),
        ],
        name="sex_network",
    )
    network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    network.fit(data, epochs=12, verbose=0)
    return network


def celeb_a(folder):
    """Load CelebA, which has to be prepared in a folder: its own training part and test part."""
    colors = [f"attributes/{color.title()}_Hair" for color in HAIR]
    return keras_mtl.datasets.load(
        "celeb_a",
        inputs="image",
        tasks={"sex": "attributes/Male", "hair": colors},
        classes={"sex": SEX, "hair": HAIR},
        labels={"sex": MANY, "hair": max(LABELS)},
        split={"train": "train", "test": "test"},
        size=(SIZE, SIZE),
        data_dir=folder,
    )


def compare(network, data, test, output):
    """Find the best way to use the network for the hair colour, by the number of labels."""
    comparison = keras_mtl.compare(
        network,
        data["hair"],
        test=test["hair"],
        auxiliary=data["sex"],
        strategies=WAYS,
        labels=LABELS,
        seeds=SEEDS,
    )
    print(f"\n{comparison}\n\n{comparison.verdict()}\n")
    print("Picture:", comparison.plot(output / "accuracy.png"))
    print("Page:", comparison.report(output / "report.html"))


def train_in_turn(network, data, test, cut):
    """Train both tasks in turn, on a trunk that begins with the weights of the network."""
    both = keras_mtl.MultiTaskModel.from_model(
        network, cut, task="sex", heads={"hair": data["hair"].head()}
    )
    both.fit(data, epochs=6, verbose=0)
    print(f"\n{both.evaluate(test, verbose=0)}\n")
    return both


def save_sheet(model, test, path, count=24):
    """Save portraits with what is predicted for them, and what they are where that is wrong."""
    portraits, labels = test.joint()
    labelled = np.flatnonzero((labels["sex"] >= 0) & (labels["hair"] >= 0))[:count]
    captions = [[] for _ in labelled]
    for task, known in labels.items():
        names = test[task].classes
        said = model.predict(portraits[labelled], task=task, verbose=0).argmax(axis=1)
        for caption, one, true in zip(captions, said, known[labelled], strict=True):
            caption.append(names[one] if one == true else f"{names[one]} ({names[true]})")
    return keras_mtl.plot_pictures(portraits[labelled], ["\n".join(c) for c in captions], path)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", choices=["drawn", "celeb_a"], default="drawn")
    parser.add_argument("--data-dir", help="the folder in which CelebA is prepared")
    options = parser.parse_args(arguments)
    if options.data == "drawn":
        print("These portraits are drawn by this program; none of them is a photograph.")
    else:
        print("These portraits are photographs: CelebA.")
    OUTPUT.mkdir(exist_ok=True)
    keras.utils.set_random_seed(0)
    parts = drawn() if options.data == "drawn" else celeb_a(options.data_dir)
    data, test = parts["train"], parts["test"]

    network = sex_network(data["sex"])
    score = network.evaluate(test["sex"], verbose=0, return_dict=True)["accuracy"]
    print(f"Sex, with {len(data['sex'])} labels: {score:.1%} of the test portraits are right.\n")
    probes = keras_mtl.probe_cuts(network, data["hair"], verbose=0)
    print(probes)
    compare(network, data, test, OUTPUT)
    both = train_in_turn(network, data, test, probes.best.layer)
    print("Sheet:", save_sheet(both, test, OUTPUT / "portraits.png"))
    print("Model:", keras_mtl.export(both, OUTPUT / "portraits_reader", overwrite=True))


if __name__ == "__main__":
    main()
