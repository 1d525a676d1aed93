"""`python -m keras_mtl`."""

import sys

import pytest

from keras_mtl.__main__ import run


def test_an_interruption_while_it_starts(monkeypatch, capsys):
    class Interrupting:
        def find_spec(self, name, *others):
            if name == "keras_mtl.cli.app":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "keras_mtl.cli.app", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Interrupting(), *sys.meta_path])
    with pytest.raises(SystemExit) as caught:
        run()
    assert caught.value.code == 130
    assert capsys.readouterr().err == "Error: Interrupted: nothing written.\n"
