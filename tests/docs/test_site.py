"""The documentation site: built without a warning, and opened in a browser."""

import os
import shutil
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from _processes import PATIENCE
from docs.pages import DOCS, ROOT

pytestmark = pytest.mark.slow
WIDTHS = {"desktop": (1280, 900), "phone": (360, 740)}


class Quiet(SimpleHTTPRequestHandler):
    """A server of files that logs nothing."""

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built from a copy: what a build leaves is not left in the repository."""
    pytest.importorskip("zensical", reason='pip install ".[docs]"')
    copy = tmp_path_factory.mktemp("repository")
    shutil.copy(ROOT / "zensical.toml", copy)
    for folder in ("docs", "keras_mtl"):
        unneeded = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, copy / folder, ignore=unneeded)
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "griffe:" not in done.stdout + done.stderr, done.stdout
    return copy / "site"


@pytest.fixture(scope="module")
def address(site):
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=site)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def chromium():
    sync_api = pytest.importorskip("playwright.sync_api")
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.skip("no Chromium; set CHROMIUM to its path")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def test_every_page_is_built(site):
    for page in DOCS:
        assert (site / page.relative_to(ROOT / "docs")).with_suffix(".html").exists()


def test_docstrings_are_shown_as_code_and_lists(site):
    page = (site / "api" / "transfer.html").read_text(encoding="utf-8")
    assert "&gt;&gt;&gt;" in page and "Parameters:" in page and "::: " not in page


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_in_a_browser(site, address, chromium, width):
    """No error, nothing from a network, and nothing wider than the window."""
    size = dict(zip(("width", "height"), WIDTHS[width], strict=True))
    page = chromium.new_page(viewport=size, color_scheme="dark" if width == "phone" else "light")
    wrong = []
    page.on("console", lambda said: said.type == "error" and wrong.append(said.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("response", lambda answer: answer.status >= 400 and wrong.append(answer.url))
    page.on("request", lambda one: one.url.startswith("http") and requested.append(one.url))
    requested = []
    for file in sorted(Path(site).glob("**/*.html")):
        name = str(file.relative_to(site))
        page.goto(address + name, wait_until="load", timeout=PATIENCE)
        scroll = "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
        assert page.evaluate(scroll) <= 0, name
        broken = "[...document.images].filter(one => !one.naturalWidth).map(one => one.src)"
        assert page.evaluate(broken) == [], name
        assert wrong == [], name
    assert all(url.startswith(address) for url in requested)
    page.close()
