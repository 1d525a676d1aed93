"""The section that says how to repeat it."""

from _report_data import made_up_data
from keras_mtl.report.sections.repeat import repeat


def test_call_settings_seeds_and_versions_are_there():
    code, facts = repeat(made_up_data()).blocks
    assert code.text == 'keras_mtl.compare(trained, x, y, cut="auto")'
    found = {fact.term: fact.text for fact in facts.facts}
    assert found["numbers of labels"] == "20, 100, 500" and found["seeds"] == "0, 1, 2, 7"
    assert (found["cut"], found["keras"]) == ("auto", "3.15.0")
    assert len(repeat(made_up_data(call="")).blocks) == 1
