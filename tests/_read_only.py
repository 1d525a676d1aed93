"""Folders in which nothing can be written, whoever runs the tests."""

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534


@contextmanager
def read_only_folder(fill):
    """A folder that `fill` has written in and in which nothing can be written inside.

    Modes do not hold root back, so root becomes nobody inside. pytest's folders are its owner's
    only, hence a folder of our own.
    """
    outer = Path(tempfile.mkdtemp(prefix="read_only_"))
    folder = outer / "folder"
    folder.mkdir()
    try:
        fill(folder)
        outer.chmod(0o755)
        for path in folder.rglob("*"):
            path.chmod(0o555 if path.is_dir() else 0o444)
        folder.chmod(0o555)
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(NOBODY)
        try:
            yield folder
        finally:
            if is_root:
                os.seteuid(0)
    finally:
        for path in [folder, *folder.rglob("*")]:
            if path.is_dir():
                path.chmod(0o755)
        shutil.rmtree(outer)
