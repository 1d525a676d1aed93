"""Text tables are aligned, whatever is in them."""

from keras_mtl.common.tables import text_table


def test_columns_are_aligned_numbers_to_the_right():
    table = text_table(["layer", "params"], [["conv", 1234567], ["a_long_name", None]])

    assert table.splitlines() == [
        "layer            params",
        "───────────────────────",
        "conv          1,234,567",
        "a_long_name           -",
    ]


def test_text_is_not_taken_for_markup():
    assert "[red]" in text_table(["name"], [["[red]"]])


def test_wide_rows_are_not_folded():
    assert len(text_table(["name"], [["x" * 300]], footer="end").splitlines()) == 4
