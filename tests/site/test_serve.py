"""``majlis serve`` as people run it: it says where the pages are, shows them, and stops when told."""

from __future__ import annotations

import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from majlis.errors import Refused
from majlis.host.publish import write_index
from majlis.site.serve import listen


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A public folder with no record in it yet."""
    write_index(tmp_path, [], ["simulated-clock"])
    return tmp_path


@pytest.fixture
def served(folder: Path) -> Iterator[str]:
    """The address of the first page of a running server."""
    command = [sys.executable, "-m", "majlis", "serve", str(folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first, second = process.stdout.readline(), process.stdout.readline()
        assert "Read-only" in second
        yield first.strip().rpartition(" ")[2]
        process.terminate()
        process.wait(20)


def test_the_address_that_is_printed_shows_the_pages(served: str) -> None:
    assert served.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(served, timeout=20) as answer:
        assert "مجلس" in answer.read().decode()
    home = served.replace("index.html", "en/index.html")
    with urllib.request.urlopen(home, timeout=20) as answer:
        assert "0 bodies" in answer.read().decode()
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["Server"] is None


def test_a_taken_port_is_said_in_words(folder: Path) -> None:
    with closing(listen("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        command = [sys.executable, "-m", "majlis", "serve", str(folder), "--port", str(port)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode != 0
    assert "choose another with --port" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_what_is_no_folder_is_said_in_words(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "majlis", "serve", str(tmp_path / "nowhere")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode in (2, 3)
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 99_999), ("192.0.2.1", 0), ("not an address", 0)])
def test_an_impossible_address_is_refused(host: str, port: int) -> None:
    with pytest.raises(Refused, match="cannot listen"):
        listen(host, port)


def test_both_families_of_addresses_are_listened_on() -> None:
    with closing(listen("127.0.0.1", 0)) as four:
        assert four.family == socket.AF_INET
    if socket.has_ipv6:
        try:
            with closing(listen("::1", 0)) as six:
                assert six.family == socket.AF_INET6
        except Refused:
            pytest.skip("this machine has no IPv6 loopback")
