"""Two targets of one table: income with many labels helps to tell savings with few.

Draws a table of 6,000 people with ages, jobs and towns, so that nothing is downloaded, and writes
it as a CSV file. Trains a network on income, then on both targets in turn, and compares the ways to
use the network for savings, by number of labels. Takes less than a minute on two cores.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from pathlib import Path

import keras
import numpy as np
import pandas as pd

import keras_mtl

OUTPUT = Path("tabular_output")
PEOPLE = 6000
LABELS = 200


def draw_people(people=PEOPLE, seed=0):
    """Draw a table; jobs and towns have pay and prices that only many rows can tell."""
    draw = np.random.default_rng(seed)
    job, town = draw.integers(40, size=people), draw.integers(60, size=people)
    age = draw.integers(18, 68, size=people)
    education = draw.integers(8, 19, size=people)
    hours = np.clip(draw.normal(38, 9, size=people), 5, 70).round()
    pay = draw.normal(size=40)[job] + draw.normal(size=60)[town] + 0.15 * (education - 13)
    wealth = pay * hours / 38 + 0.6 * np.sqrt(age - 17) - 2.5
    savings = wealth - 0.3 * draw.normal(size=people)
    table = pd.DataFrame(
        {
            "age": age,
            "education": education,
            "hours": hours,
            "job": [f"job {one}" for one in job],
            "town": [f"town {one}" for one in town],
            "income": np.where(wealth + 0.5 * draw.normal(size=people) > 0, ">50K", "<=50K"),
            "savings": pd.cut(savings, [-np.inf, -1, 1, np.inf], labels=["low", "middle", "high"]),
        }
    )
    table.loc[draw.random(people) < 0.05, "savings"] = None  # People who did not say.
    return table


def trunk_for(data):
    """Return the first layers of a network for the columns of the table."""
    inputs, features = keras_mtl.datasets.tabular_inputs(data)
    x = keras.layers.Dense(64, "relu", name="first")(features)
    return keras.Model(inputs, keras.layers.Dense(32, "relu", name="second")(x), name="trunk")


def main():
    OUTPUT.mkdir(exist_ok=True)
    draw_people().to_csv(OUTPUT / "people.csv", index=False)

    # The table: 20% of the people are for testing, whatever the target.
    data = keras_mtl.datasets.from_frame(
        OUTPUT / "people.csv",
        inputs=["age", "education", "hours", "job", "town"],
        tasks=["income", "savings"],
        split={"train": 0.8, "test": 0.2},
        encode=True,  # Texts as whole numbers, which every backend takes.
    )
    train, test = data["train"], data["test"]
    few = train.budget({"savings": LABELS})
    print(keras_mtl.datasets.describe({"train": few, "test": test}), "\n")

    # Both targets in turn, with 200 labels for savings.
    keras.utils.set_random_seed(0)
    model = keras_mtl.MultiTaskModel(trunk_for(train), few.heads())
    model.fit(few, epochs=4, verbose=0)
    print(model.evaluate(test, verbose=0), "\n")

    # What a network that was trained on income is worth for savings.
    trunk = trunk_for(train)
    output = keras.layers.Dense(2, "softmax", name="income")(trunk.output)
    network = keras.Model(trunk.input, output, name="income_network")
    network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    network.fit(*train["income"], epochs=6, verbose=0)
    comparison = keras_mtl.compare(
        network, train["savings"], test=test["savings"], labels=[30, LABELS], seeds=3, verbose=0
    )
    print(f"{comparison}\n\n{comparison.verdict()}\n")
    print(f"Saved {comparison.report(OUTPUT / 'report.html')}")

    # Two people whom nobody asked.
    new = {"age": [30, 64], "education": [16, 9], "hours": [50, 20]}
    new |= {"job": ["job 3", "job 7"], "town": ["town 5", "a new town"]}
    inputs = keras_mtl.datasets.frame_to_inputs(train, new)
    savings = keras_mtl.predict_classes(model, inputs, task="savings", verbose=0)
    print("Savings:", savings.tolist())


if __name__ == "__main__":
    main()
