import pytest
import requests

from keras_mtl.datasets.downloads import Download, fetch
from keras_mtl.errors import DatasetUnavailable

URL = "https://drive.google.com/uc?id=1"


@pytest.fixture
def download(tmp_path):
    files = {URL: ("pictures.zip", 1500)}
    return Download("celeb_a/2.1.0", files, tmp_path / "celeb_a/2.1.0", tmp_path / "downloads")


def unreachable(*args, **kwargs):
    raise requests.ConnectionError


def test_without_a_network_the_files_and_their_folder_are_named(download, monkeypatch):
    monkeypatch.setattr(requests, "head", unreachable)
    with pytest.raises(DatasetUnavailable) as raised:
        fetch(download, pytest.fail, allowed=True)
    message = str(raised.value)
    assert "drive.google.com cannot be reached" in message and "quota" in message
    assert f"{URL}  ->  {download.manual / 'pictures.zip'}  (1,500 bytes)" in message


def test_files_that_the_user_has_fetched_need_no_network(download, monkeypatch):
    monkeypatch.setattr(requests, "head", unreachable)
    download.manual.mkdir(parents=True)
    (download.manual / "pictures.zip").touch()
    prepared = []
    fetch(download, lambda: prepared.append(True), allowed=True)
    assert prepared == [True]


def test_a_failed_checksum_says_what_to_fetch_by_hand(download, monkeypatch):
    def prepare():
        raise AssertionError("Artifact has the wrong checksum")

    monkeypatch.setattr(requests, "head", lambda *args, **kwargs: requests.Response())
    with pytest.raises(DatasetUnavailable, match=r"(?s)wrong checksum.*pictures\.zip") as raised:
        fetch(download, prepare, allowed=True)
    assert isinstance(raised.value, OSError)


def test_nothing_is_fetched_that_must_not_be(download):
    with pytest.raises(DatasetUnavailable, match="Pass `download=True`"):
        fetch(download, pytest.fail, allowed=False)
