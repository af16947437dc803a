"""``majlis serve`` as people run it: it says where the pages are, shows them, and stops when told."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from litestar.testing import TestClient
from tests.host.postgres import fresh_database
from tests.host.test_reverify import forge, grown, snapshot_of
from tests.site.hilltop import ORIGIN, WORDS, Hilltop
from tests.site.valley import World

from majlis.errors import Forged, Refused
from majlis.host import snapshot
from majlis.host.fsck import fsck
from majlis.host.node import Node
from majlis.host.publish import write_index
from majlis.site.ending import Ending
from majlis.site.serve import _tell, listen, unsafe_lines
from majlis.site.server import make_app


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


def test_what_this_machine_alone_holds_is_said_first(tmp_path: Path) -> None:
    """Until a mirror holds a record, setting it up is not finished, and whoever serves it is told so."""
    world = World()
    world.source.unsafe = 2
    assert list(unsafe_lines(world.source)) == [
        "No mirror holds 1 of these records (friends), so setting them up is NOT finished: name a mirror with "
        "--witness, or carry them to one ('majlis node give').",
        "6 acts are held by this machine only, until its mirrors take what is new.",
    ]
    world.source.unsafe = 0
    assert list(unsafe_lines(world.source)) == []
    hilltop = Hilltop(tmp_path / "hilltop")
    command = [sys.executable, "-m", "majlis", "serve", str(hilltop.folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(3)]
        process.terminate()
        process.wait(20)
    assert said[2].startswith("No mirror holds 1 of these records (hilltop)")


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


@contextmanager
def taking_in(folder: Path, before: str = "", *more: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A server that takes acts in for the committee in ``folder``, and its port; ``before`` is run in it first."""
    (folder / "words.txt").write_text(WORDS)
    program = f"{before}\nimport sys\nfrom majlis.main import main\nsys.exit(main())"
    command = [sys.executable, "-c", program, "serve", str(folder), "--port", "0"]
    command += ["--passphrase-file", str(folder / "words.txt"), *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first, second = process.stdout.readline(), process.stdout.readline()
        try:
            assert "taken in" in second
            yield process, int(first.rpartition(":")[2].partition("/")[0])
        finally:
            process.kill()
            process.wait(20)


def ask(connection: socket.socket, request: bytes) -> bytes:
    """The answer on a connection that is kept alive."""
    connection.sendall(request)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65_536)
    head, _, body = answer.partition(b"\r\n\r\n")
    size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while len(body) < size:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


def handing_in(act: bytes) -> bytes:
    return b"POST /acts/hilltop HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(act), act)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_whoever_stops_it_gets_an_end_in_order(tmp_path: Path, number: signal.Signals) -> None:
    hilltop = Hilltop(tmp_path / "hilltop")
    with taking_in(hilltop.folder) as (process, port):
        with socket.create_connection(("127.0.0.1", port), 20) as client:
            assert b" 200 " in ask(client, handing_in(hilltop.motion()))
        process.send_signal(number)
        assert process.wait(20) == 0
    assert (hilltop.folder / "host.db").is_file()
    # Nothing is left in the journal: the file was closed, and is complete in itself.
    assert not (hilltop.folder / "host.db-wal").exists()


def test_who_is_slow_is_cut_off_and_stops_nobody(tmp_path: Path) -> None:
    hilltop = Hilltop(tmp_path / "hilltop")
    hasty = "from majlis.site.running import PatientProtocol\nPatientProtocol.seconds = 1.0"
    with taking_in(hilltop.folder, hasty) as (_, port), ExitStack() as stack:
        slow = [stack.enter_context(socket.create_connection(("127.0.0.1", port), 20)) for _ in range(50)]
        for number, client in enumerate(slow):
            client.sendall((b"", b"POST /acts/hill", handing_in(b"x" * 99)[:-50])[number % 3])
        quick = stack.enter_context(socket.create_connection(("127.0.0.1", port), 20))
        for _ in range(20):
            assert b" 200 " in ask(quick, handing_in(hilltop.motion()))
        assert [client.recv(1) for client in slow] == [b""] * len(slow)
        # Who was quick is still served on the same connection.
        assert b" 200 " in ask(quick, handing_in(hilltop.motion()))


@pytest.mark.xdist_group("postgresql")
def test_records_are_kept_in_a_database_from_then_on(tmp_path: Path) -> None:
    hilltop = Hilltop(tmp_path / "hilltop")
    with fresh_database() as url:
        for more in (("--database", url), ()):
            with taking_in(hilltop.folder, "", *more) as (process, port):
                with socket.create_connection(("127.0.0.1", port), 20) as client:
                    assert b" 200 " in ask(client, handing_in(hilltop.motion()))
                process.send_signal(signal.SIGTERM)
                assert process.wait(20) == 0
        assert not (hilltop.folder / "host.db").exists()
        assert Node(hilltop.folder).federation().records[hilltop.identity].state.size == 3
        assert {flaw.kind for flaw in fsck(hilltop.folder).flaws} == {"missing"}, "its motions have no text"


def verifying(hilltop: Hilltop) -> subprocess.Popen[str]:
    """A server that takes acts in for the committee, and verifies its records again at once."""
    (hilltop.folder / "words.txt").write_text(WORDS)
    command = [sys.executable, "-m", "majlis", "serve", str(hilltop.folder), "--port", "0", "--verify-after", "0"]
    command += ["--passphrase-file", str(hilltop.folder / "words.txt")]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_server_that_acts_by_a_forged_snapshot_stops_itself_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-AGAIN-2: started again it folds every entry, and says that all is as it should be."""
    monkeypatch.setattr(snapshot, "LEAST", 10)
    hilltop = grown(Hilltop(tmp_path / "hilltop"))
    forge(hilltop, lambda data: data.replace(b"01" * 16, b"02" * 16))
    with verifying(hilltop) as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"the snapshot of {ORIGIN} is not what its first 301 entries come to" in said
    assert "Nothing more is signed, taken in or shown by this program" in said
    assert "Traceback" not in said
    assert not snapshot_of(hilltop).exists()
    with verifying(hilltop) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        assert process.stderr.readline() == f"verified again in full, from the entries: {ORIGIN} up to 301\n"
        pages = process.stdout.readline().strip().rpartition(" ")[2]
        with urllib.request.urlopen(pages.replace("index.html", "en/hilltop/record-1.html"), timeout=20) as answer:
            assert "The host verified the first 301 entries again in full" in answer.read().decode()
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 0


def test_once_something_differs_everybody_is_told_so() -> None:
    """R-AGAIN-2: pages that were made before are not shown any more."""
    ending = Ending()
    with TestClient(ending.before(make_app(World().source))) as client:
        assert "مجلس" in client.get("/pages/index.html").text
        assert not ending.event.is_set()
        ending.fail(Forged("the snapshot is not what the entries come to", rule="R-AGAIN-2"))
        assert ending.event.is_set()
        for answer in (client.get("/pages/index.html"), client.post("/acts/north", content=b"x")):
            assert answer.status_code == 503
            assert answer.text == "the snapshot is not what the entries come to [R-AGAIN-2]\n"
        assert client.head("/pages/index.html").content == b""


def test_what_others_answered_does_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """What a mirror or a followed address says is told to whoever keeps this host."""
    _tell("http://mirror: the field \x1b[2J\nSTOPPED")
    assert capsys.readouterr().err == "http://mirror: the field \\x1b[2J\\nSTOPPED\n"
