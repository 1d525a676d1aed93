"""The section of the network."""

from _report_data import made_up_data
from keras_mtl.report.sections.network import network


def test_each_part_is_in_the_picture_and_in_the_table():
    (block,) = network(made_up_data().network).blocks
    texts = [[cell.text for cell in row] for row in block.table.rows]
    assert [row[1] for row in texts] == ["conv", "<head>"]
    assert "kept, static" in texts[0] and "1,234" in texts[0]
    for svg in (block.wide, block.narrow):
        assert "kept, static" in svg and "new, trained" in svg and "&lt;head&gt;" in svg
    assert "1 layers new, trained" in block.words
