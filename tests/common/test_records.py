"""Records are a list, a table in text and HTML, and a frame."""

import sys
from dataclasses import dataclass

import pytest

from keras_mtl.common.records import Records
from keras_mtl.errors import MissingExtra


@dataclass(frozen=True)
class Layer:
    name: str
    units: int | None


class Layers(Records[Layer]):
    index_column = "name"

    def __init__(self, model, records):
        super().__init__(records)
        self.model = model

    @property
    def title(self):
        return f"Layers of <{self.model}>"

    @property
    def header(self):
        return ("name", "units")

    @property
    def footer(self):
        return f"{len(self)} layers"

    def cells(self, record):
        return (record.name, record.units)


RECORDS = [Layer("conv", 1234), Layer("relu & co", None)]


def test_they_are_a_list():
    layers = Layers("net", RECORDS)
    assert len(layers) == 2 and layers[-1] is RECORDS[1] and list(layers) == RECORDS
    part = layers[1:]
    assert isinstance(part, Layers) and list(part) == RECORDS[1:] and part.model == "net"
    assert list(layers) == RECORDS


def test_they_print_as_a_table():
    assert repr(Layers("net", RECORDS)).splitlines() == [
        "Layers of <net>",
        "name        units",
        "─────────────────",
        "conv        1,234",
        "relu & co       -",
        "2 layers",
    ]
    assert repr(Layers("net", [])) == "Layers of <net>: none"


def test_notebooks_show_html():
    html = Layers("net", RECORDS)._repr_html_()
    assert "Layers of &lt;net&gt;" in html and "relu &amp; co" in html and "2 layers" in html
    assert html.count("<tr>") == 3
    assert '<td style="text-align: right">1,234</td>' in html
    assert "none" in Layers("net", [])._repr_html_()


def test_they_become_a_frame(monkeypatch):
    frame = Layers("net", RECORDS).to_frame()
    assert frame.loc["conv", "units"] == 1234
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtra, match="frames"):
        Layers("net", RECORDS).to_frame()
