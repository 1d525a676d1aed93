from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from keras_mtl.common.writable_text import writable


@given(st.text(st.characters(exclude_categories=())))
def test_every_text_can_be_written_and_ordinary_ones_stay(text):
    clean = writable(text)
    element = ElementTree.Element("p")
    element.text = clean.replace("\r", "")
    assert ElementTree.fromstring(ElementTree.tostring(element)).text in (element.text, None)
    assert len(clean) == len(text)
    assert all(now == before or now in "�?" for now, before in zip(clean, text, strict=True))


def test_other_scripts_stay():
    assert writable("数字 <é> 🙂\n\t") == "数字 <é> 🙂\n\t"
