"""What a page is made of."""

import math

from keras_mtl.probing.probe_table import Probe, Probes
from keras_mtl.report.blocks import Cell, Table, heights_for, number_cell, picture, records_table
from keras_mtl.report.numbers import NONE


def test_records_become_a_table_of_the_same_cells():
    probes = Probes("m", "accuracy", [Probe(1, "conv", 1, (None, 6), 1234, 0.75, None)])
    table = records_table(probes, "Probes")

    assert list(table.header) == list(probes.header) and table.note == probes.footer
    texts = [cell.text for cell in table.rows[0]]
    assert "conv" in texts and "1,234" in texts and NONE in texts
    assert [cell.value for cell in table.rows[0] if cell.text == "1,234"] == [1234]


def test_a_column_holds_numbers_if_any_cell_does():
    table = Table(
        "t", ["a", "b"], [[Cell("x"), number_cell(math.nan)], [Cell("y"), number_cell(2)]]
    )
    assert table.columns == [("a", False), ("b", True)]
    assert number_cell(math.nan).text == NONE and number_cell(2.0, "two").text == "two"


def test_a_picture_is_drawn_in_two_widths():
    sizes = []
    table = Table("t", ["a"], [])
    found = picture(
        lambda figure: sizes.append(figure.get_size_inches().tolist()),
        "p",
        heights=(100, 50),
        words="w",
        caption="c",
        table=table,
    )
    assert sizes == [[10.0, 100 / 72], [328 / 72, 50 / 72]]
    assert 'viewBox="0 0 720 100"' in found.wide and 'viewBox="0 0 328 50"' in found.narrow


def test_pictures_of_many_lines_are_higher():
    assert heights_for(5, 430, 360) == (430, 360)
    wide, narrow = heights_for(30, 430, 360)
    assert wide == narrow > 30 * 18
