"""From what a review complains about to its rating: which way, for how many labels?

Draws short reviews of a hotel, so that nothing is downloaded. Trains a network with a mask (reviews
differ in length) on the complaints of 3,400 reviews, and compares the ways to use it for ratings,
by number of labels. Takes less than a minute on two cores.
"""

import os
import re

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from pathlib import Path

import keras
import numpy as np

import keras_mtl

OUTPUT = Path("text_output")
REVIEWS = 4000
LENGTH = 14
WORDS = """
room: room bed bathroom shower balcony suite mattress pillow carpet curtain
food: breakfast dinner coffee buffet soup bread restaurant lunch fruit egg
staff: staff porter waiter cleaner receptionist manager concierge barman host chef
price: price bill rate fee deposit invoice charge tariff cost tip
praise: good great lovely fine superb pleasant charming perfect splendid nice excellent neat
blame: bad awful poor dreadful terrible shabby horrible ghastly nasty dismal lousy sad
plain: usual ordinary expected average standard typical familiar common
filler: so really quite simply always honestly
"""
GROUPS = {name: words.split() for name, words in re.findall(r"(\w+): (.+)", WORDS)}
THINGS = ["room", "food", "staff", "price"]


def draw_reviews(reviews=REVIEWS, seed=0):
    """Draw texts, their rating, and what they complain about: one thing, or nothing."""
    draw = np.random.default_rng(seed)
    drawn = [_review(draw) for _ in range(reviews)]
    return tuple(np.array(column, object) for column in zip(*drawn, strict=True))


def _review(draw):
    named = draw.permutation(THINGS)[: draw.integers(2, 4)]
    blamed = draw.choice([*named, "nothing"])
    words, points = [], 0
    for thing in named:
        opinion = "blame" if thing == blamed else draw.choice(["praise", "praise", "plain"])
        points += {"blame": -1, "plain": 0, "praise": 1}[opinion]
        words += ["filler"] * draw.integers(2) + ["the", thing, "was", opinion]
    rating = "low" if points < 1 else "middle" if points == 1 else "high"
    return " ".join(draw.choice(GROUPS.get(word, [word])) for word in words), rating, blamed


def complaint_network(words):
    """Return a network for numbers of words; 0 stands for no word, and is masked."""
    return keras.Sequential(
        [
            keras.Input((LENGTH,), dtype="int32"),
            keras.layers.Embedding(words, 32, mask_zero=True, name="words"),
            keras.layers.SimpleRNN(32, return_sequences=True, unroll=True, name="reading"),
            keras.layers.GlobalAveragePooling1D(name="average"),
            keras.layers.Dense(32, "relu", name="dense"),
            keras.layers.Dense(5, "softmax", name="complaint"),
        ],
        name="complaint_network",
    )


def main():
    OUTPUT.mkdir(exist_ok=True)
    texts, rating, complaint = draw_reviews()
    print(f"{texts[0]!r}: {rating[0]}, complains about {complaint[0]}\n")

    numbers = keras.layers.TextVectorization(output_sequence_length=LENGTH)
    numbers.adapt(texts)
    data = keras_mtl.datasets.from_arrays(
        {"words": np.asarray(numbers(texts), "int32"), "rating": rating, "complaint": complaint},
        inputs="words",
        tasks=["rating", "complaint"],
        split={"train": 0.85, "test": 0.15},
    )
    train, test = data["train"], data["test"]
    print(keras_mtl.datasets.describe(data), "\n")

    keras.utils.set_random_seed(0)
    network = complaint_network(numbers.vocabulary_size())
    network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    network.fit(*train["complaint"], epochs=10, batch_size=64, verbose=0)
    print("Complaint:", network.evaluate(*test["complaint"], verbose=0, return_dict=True), "\n")
    print(keras_mtl.cut_points(network), "\n")

    comparison = keras_mtl.compare(
        network, train["rating"], test=test["rating"], labels=[50, 400], seeds=3, verbose=0
    )
    print(f"{comparison}\n\n{comparison.verdict()}\n")
    print(f"Saved {comparison.report(OUTPUT / 'report.html')}")


if __name__ == "__main__":
    main()
