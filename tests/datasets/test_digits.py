import numpy as np
import pytest

from keras_mtl.datasets.digits import digits


def images_of(data, task):
    return {image.tobytes() for image in data[task][0]}


@pytest.mark.parametrize("split, size", [("train", 1257), ("test", 540)])
def test_shapes_and_types(split, size):
    for x, y in digits(split=split).values():
        assert (x.shape, x.dtype) == ((size, 8, 8, 1), "float32")
        assert (y.shape, y.dtype) == ((size,), "int32")
        assert (x.min(), x.max()) == (0, 1)


def test_tasks_label_the_same_images():
    data = digits()
    assert list(data) == ["parity", "digit"]
    assert np.array_equal(data["parity"][0], data["digit"][0])
    assert np.array_equal(data["parity"][1], data["digit"][1] % 2)
    assert sorted(set(data["digit"][1].tolist())) == list(range(10))


def test_one_task_may_be_named_alone():
    assert list(digits("digit")) == list(digits(["digit"])) == ["digit"]


def test_a_budget_is_for_its_task_only():
    data = digits(labels={"digit": 50})
    assert np.bincount(data["digit"][1]).tolist() == [5] * 10
    assert len(data["parity"][1]) == 1257


def test_budgets_keep_images_and_labels_together():
    everything = dict(zip(map(bytes, digits()["digit"][0]), digits()["digit"][1], strict=True))
    x, y = digits(labels={"digit": 100})["digit"]
    assert [everything[bytes(image)] for image in x] == y.tolist()


def test_budgets_are_nested_for_a_seed_and_differ_between_seeds():
    small, large = (digits(labels={"digit": n}, seed=3)["digit"] for n in (20, 100))
    assert np.array_equal(small[0], large[0][:20])
    assert np.array_equal(small[1], large[1][:20])
    assert images_of(digits(labels={"digit": 20}, seed=4), "digit") != images_of(
        digits(labels={"digit": 20}, seed=3), "digit"
    )


def test_the_test_part_is_apart_and_always_the_same():
    test = digits(split="test")
    assert images_of(digits(), "digit") & images_of(test, "digit") == set()
    other = digits(split="test", labels={"digit": 20}, seed=5)
    assert np.array_equal(other["digit"][0], test["digit"][0])
    assert np.array_equal(other["parity"][1], test["parity"][1])


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"tasks": ["digits"]}, r"\('parity', 'digit'\).* 'digits'\. Did you mean 'digit'\?"),
        ({"labels": {"paritty": 9}}, r"'paritty'\. Did you mean 'parity'\?"),
        ({"tasks": ["parity"], "labels": {"digit": 50}}, r"\['parity'\]\. Received: 'digit'"),
        ({"labels": {"digit": 9}}, r"`labels\['digit'\]` must be between 10.* and 1257.* 9"),
        ({"labels": {"digit": 1258}}, r"Received: 1258"),
        (
            {"split": "validation"},
            r"`split` is one of .*'test'\)\. Received: 'validation'",
        ),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        digits(**arguments)


def test_budgets_are_a_dict():
    with pytest.raises(TypeError, match=r"dict of budgets by task.* Received: 50"):
        digits(labels=50)
