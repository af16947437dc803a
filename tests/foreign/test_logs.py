"""Logs that others write are read here, and ours by them: notes, checkpoints, tiles, proofs, cosignatures, witnesses.

Two peers, each skipped with a word where it is absent: a program of ours over Go packages of others (``go/main.go``),
built when ``go`` and its modules can be had; and the Python packages aics-tlog and aics-witness, in an environment of
their own whose interpreter MAJLIS_TLOG_PYTHON names. How to come by them: ``docs/interop.md``.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.host.stick import Body, key

from majlis.errors import Forged, Refused
from majlis.host.asking import RemoteWitness, gather
from majlis.host.clock import SystemClock
from majlis.host.http import Caller
from majlis.host.publish import publish_record
from majlis.host.reader import PublicFolder, check_record_folder
from majlis.host.witness import Witness
from majlis.record import (
    AddCheckpoint,
    CosignerKey,
    NoteKey,
    TlogProof,
    Tree,
    encode_base64,
    format_add_checkpoint,
    format_tlog_proof,
    leaf_hash,
    open_checkpoint,
    parse_checkpoint,
    parse_cosigner_key,
    parse_note,
    parse_note_key,
    parse_signature_line,
    prove_consistency,
    read_cosignatures,
    with_signatures,
)

HERE = Path(__file__).parent
SECONDS = 300
SIZE = 700
Peer = Callable[..., dict[str, Any]]


def _answer(command: list[str | Path], words: tuple[object, ...], given: bytes = b"") -> dict[str, Any]:
    ran = subprocess.run([*command, *map(str, words)], input=given, capture_output=True, timeout=SECONDS, check=False)
    lines = ran.stdout.decode().splitlines()
    assert lines, ran.stderr.decode()
    answer: dict[str, Any] = json.loads(lines[-1])
    assert answer["ok"] == (ran.returncode == 0)
    return answer


@pytest.fixture(scope="session")
def go_peer(tmp_path_factory: pytest.TempPathFactory) -> Peer:
    """The program in ``go/``, built now."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("no go here: the Go packages for logs cannot be asked")
    target = tmp_path_factory.mktemp("go") / "peer"
    environment = {**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "-buildvcs=false -mod=readonly"}
    try:
        built = subprocess.run(
            [go, "build", "-o", target, "."],
            cwd=HERE / "go",
            env=environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        pytest.skip("go did not get its modules in time")
    if built.returncode != 0:
        if "main.go" in built.stderr:
            pytest.fail(built.stderr)
        pytest.skip(f"go cannot build the peer here: {built.stderr.strip().splitlines()[-1]}")
    return lambda *words: _answer([target], words)


@pytest.fixture(scope="session")
def aics_peer() -> Callable[..., dict[str, Any]]:
    """The interpreter that has aics-tlog and aics-witness."""
    named = os.environ.get("MAJLIS_TLOG_PYTHON")
    if not named:
        pytest.skip("MAJLIS_TLOG_PYTHON names no interpreter with aics-tlog and aics-witness: see docs/interop.md")
    script = HERE / "aics_peer.py"
    return lambda *words, given=b"": _answer([named, script], words, given)


@pytest.fixture(scope="module")
def body() -> Body:
    return Body(acts=SIZE)


@pytest.fixture
def ours(tmp_path: Path, body: Body) -> Path:
    """Our record's folder, its checkpoint cosigned by two mirrors."""
    record = body.record()
    publish_record(tmp_path / "public", record, body.note(record, 0, 1))
    return tmp_path / "public" / body.base


def theirs(peer: Peer, folder: Path, *sizes: int) -> tuple[NoteKey, dict[int, bytes]]:
    """A log that the peer made, its key and its checkpoints."""
    made = peer("make", folder, "elsewhere.example/log", *sizes)
    notes = {int(size): note.encode() for size, note in made["checkpoints"].items()}
    return parse_note_key(made["vkey"]), notes


# --- Go


def test_go_reads_every_tile_entry_and_proof_of_our_record(go_peer: Peer, ours: Path, body: Body) -> None:
    answer = go_peer("read", ours, body.log.vkey, *(mirror.vkey for mirror in body.mirrors))
    assert answer["ok"], answer
    assert (answer["size"], answer["inclusion"]) == (SIZE, SIZE)
    assert answer["signed"] == [body.origin, *(mirror.name for mirror in body.mirrors)]
    tree = Tree(map(leaf_hash, body.entries))
    assert len(answer["roots"]) > 30
    assert answer["roots"] == {size: encode_base64(tree.root(int(size))) for size in answer["roots"]}


@pytest.mark.parametrize("altered", ["tile/0/000", "tile/entries/001", "checkpoint"])
def test_go_refuses_our_record_when_it_was_altered(go_peer: Peer, ours: Path, body: Body, altered: str) -> None:
    data = bytearray((ours / altered).read_bytes())
    data[len(data) // 2] ^= 1
    (ours / altered).write_bytes(bytes(data))
    assert not go_peer("read", ours, body.log.vkey, *(mirror.vkey for mirror in body.mirrors))["ok"]


@pytest.mark.parametrize("size", [1, 255, 256, 257, 700])
def test_we_read_every_tile_and_entry_of_a_log_made_in_go(go_peer: Peer, tmp_path: Path, size: int) -> None:
    log, notes = theirs(go_peer, tmp_path, size)
    files = check_record_folder(PublicFolder(tmp_path), "", logs=[log])
    assert files.entries == [f"foreign entry {n}".encode() for n in range(size)]
    assert files.note == notes[size]
    assert files.surplus == ()


def test_go_cosigns_our_checkpoint(go_peer: Peer, ours: Path, body: Body) -> None:
    answer = go_peer("cosign", ours / "checkpoint", body.log.vkey, "go.example/witness")
    cosigner = parse_cosigner_key(answer["vkey"])
    line = parse_signature_line(answer["line"].rstrip("\n"))
    note = with_signatures(parse_note((ours / "checkpoint").read_bytes()), [line])
    assert [one.cosigner for one in read_cosignatures(note, [cosigner])] == [cosigner]


def test_go_checks_our_proof_files(go_peer: Peer, tmp_path: Path, body: Body) -> None:
    record = body.record()
    for index in (0, 255, 256, 699):
        proof = TlogProof(index=index, hashes=record.prove_inclusion(index), checkpoint=body.note(record, 0))
        (tmp_path / "proof").write_bytes(format_tlog_proof(proof))
        (tmp_path / "entry").write_bytes(body.entries[index])
        answer = go_peer("proof", tmp_path / "proof", tmp_path / "entry", body.log.vkey)
        assert (answer["index"], answer["size"]) == (index, SIZE)
        (tmp_path / "entry").write_bytes(body.entries[index - 1])
        assert not go_peer("proof", tmp_path / "proof", tmp_path / "entry", body.log.vkey)["ok"]


def test_our_witness_cosigns_a_log_made_in_go(go_peer: Peer, tmp_path: Path) -> None:
    log, notes = theirs(go_peer, tmp_path / "log", 300, 700)
    _witness_both(tmp_path, log, notes)


# --- Python


def test_python_audits_our_record(aics_peer: Peer, ours: Path, body: Body) -> None:
    answer = aics_peer("read", ours, body.log.vkey, *(mirror.vkey for mirror in body.mirrors))
    assert answer["ok"], answer
    assert (answer["size"], answer["tiles"], answer["bundles"]) == (SIZE, 4, 3)
    assert (answer["inclusion"], answer["consistency"]) == (100, 8)


@pytest.mark.parametrize("altered", ["tile/0/000", "tile/1/000.p/2", "tile/entries/001", "checkpoint"])
def test_python_refuses_our_record_when_it_was_altered(aics_peer: Peer, ours: Path, body: Body, altered: str) -> None:
    data = bytearray((ours / altered).read_bytes())
    data[len(data) // 2] ^= 1
    (ours / altered).write_bytes(bytes(data))
    assert not aics_peer("read", ours, body.log.vkey, *(mirror.vkey for mirror in body.mirrors))["ok"]


@pytest.mark.parametrize("sizes", [(1,), (256,), (100, 257), (300, 700)])
def test_we_read_a_log_made_in_python_as_it_grew(aics_peer: Peer, tmp_path: Path, sizes: tuple[int, ...]) -> None:
    log, notes = theirs(aics_peer, tmp_path, *sizes)
    files = check_record_folder(PublicFolder(tmp_path), "", logs=[log])
    assert files.entries == [f"foreign entry {n}".encode() for n in range(sizes[-1])]
    assert files.note == notes[sizes[-1]]


def test_their_witness_cosigns_our_record_as_it_grows(aics_peer: Peer, tmp_path: Path, body: Body) -> None:
    """Each answer is the one that the specification asks for, and what it cosigns we count."""
    tree = Tree(map(leaf_hash, body.entries))

    def request(old: int, new: int, *, note: bytes | None = None, at: int | None = None) -> bytes:
        proof = prove_consistency(at or old, new, tree.read) if 0 < (at or old) < new else ()
        signed = parse_note(note or body.note(body.record(new)))
        return format_add_checkpoint(AddCheckpoint(old=old, proof=proof, note=signed))

    forked = body.note(body.record(600, body.parted(100, 600)))
    stranger = Body("stranger", seed=5, acts=3)
    meetings = [
        (request(0, 300), 200),
        (request(300, 300), 200),
        (request(300, 700), 200),
        (request(300, 700), 409),
        (request(700, 700, note=body.note(body.record(700, body.parted(9, 700)))), 422),
        (format_add_checkpoint(AddCheckpoint(old=0, proof=(), note=parse_note(forked))), 409),
        (request(700, 700, note=body.note(body.record(700), signer=key(99))), 403),
        (format_add_checkpoint(AddCheckpoint(old=0, proof=(), note=parse_note(stranger.note(stranger.record())))), 404),
        (b"old -1\n\n" + body.note(body.record(300)), 400),
    ]
    given = json.dumps([base64.b64encode(body_).decode() for body_, _ in meetings]).encode()
    answer = aics_peer("witness", tmp_path, "aics.example/witness", body.log.vkey, given=given)
    assert [status for status, _ in answer["answers"]] == [status for _, status in meetings]
    assert answer["answers"][3][1] == "700\n"
    cosigner = parse_cosigner_key(answer["vkey"])
    for (_, text), size in zip(answer["answers"], (300, 300, 700), strict=False):
        line = parse_signature_line(text.rstrip("\n"))
        note = with_signatures(parse_note(body.note(body.record(size))), [line])
        assert [one.cosigner for one in read_cosignatures(note, [cosigner])] == [cosigner]
    _same_answers(tmp_path, body, meetings)


def _same_answers(tmp_path: Path, body: Body, meetings: list[tuple[bytes, int]]) -> None:
    """Our witness gives the same answers to the same calls."""
    witness, _ = _our_witness(tmp_path, body.log)
    try:
        assert [witness.add_checkpoint(request)[0] for request, _ in meetings] == [status for _, status in meetings]
    finally:
        witness.close()


def test_their_feeder_gets_our_cosignature(aics_peer: Peer, tmp_path: Path) -> None:
    """Their client posts to our witness over HTTP on this machine, and accepts and merges what comes back."""
    log, notes = theirs(aics_peer, tmp_path / "log", 300, 700)
    witness, cosigner = _our_witness(tmp_path, log)
    try:
        with Served(witness) as url:
            answer = aics_peer("feed", url, cosigner.vkey, tmp_path / "log", log.vkey)
        assert answer["ok"], answer
        assert witness.last(log.name) == 700
        line = parse_signature_line(answer["line"].rstrip("\n"))
        assert read_cosignatures(with_signatures(parse_note(notes[700]), [line]), [cosigner])
    finally:
        witness.close()


def test_our_client_asks_their_served_witness(aics_peer: Peer, tmp_path: Path, body: Body) -> None:
    """Over HTTP on this machine, by what ``majlis tick --witness URL`` asks with: growth, heartbeat, a size learnt from
    a 409, and a history that it does not cosign."""
    program = Path(os.environ["MAJLIS_TLOG_PYTHON"]).with_name("aics-witness")
    if not program.is_file():
        pytest.skip(f"{program} is not installed")

    def run(*words: str) -> str:
        return subprocess.run(
            [program, *words], cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60
        ).stdout

    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
    cosigner = parse_cosigner_key(run("init", "--name", "aics.example/witness", "--listen", place).splitlines()[-1])
    run("add-log", "--origin", body.log.name, "--vkey", body.log.vkey)
    with subprocess.Popen([program, "serve"], cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
        try:
            caller = Caller(f"http://{place}", tries=8)
            witness, other = RemoteWitness(caller), RemoteWitness(caller)
            for asked, size in ((witness, 300), (witness, 300), (witness, 700), (other, 700)):
                note = parse_note(body.note(body.record(size)))
                signed, (told,) = gather(body.record(size), note, [asked], [cosigner])
                assert told.text == ""
                assert [one.cosigner for one in read_cosignatures(signed, [cosigner])] == [cosigner]
            with pytest.raises(Refused, match="R-SIGNER-3"):
                other.cosign(body.record(300), parse_note(body.note(body.record(300))))
            parted = body.record(700, body.parted(9, 700))
            with pytest.raises(Forged, match="R-WITNESS-5"):
                witness.cosign(parted, parse_note(body.note(parted)))
        finally:
            process.terminate()


# --- our witness


def _our_witness(tmp_path: Path, log: NoteKey) -> tuple[Witness, CosignerKey]:
    Witness.create_memory(tmp_path / "ours", "majlis.example/witness", key(60).public_key)
    witness = Witness(tmp_path / "ours", key(60), SystemClock())
    witness.trust(log)
    return witness, witness.cosigner


def _witness_both(tmp_path: Path, log: NoteKey, notes: dict[int, bytes]) -> None:
    """Our witness cosigns their checkpoint of 300, then of 700 with a proof from their tiles."""
    witness, cosigner = _our_witness(tmp_path, log)
    files = check_record_folder(PublicFolder(tmp_path / "log"), "", logs=[log])
    tree = Tree(map(leaf_hash, files.entries))
    for old, new in ((0, 300), (300, 700)):
        checkpoint, note = open_checkpoint(notes[new], log)
        assert checkpoint == parse_checkpoint(note.text)
        proof = prove_consistency(old, new, tree.read) if old else ()
        status, line = witness.add_checkpoint(format_add_checkpoint(AddCheckpoint(old=old, proof=proof, note=note)))
        assert status == 200, line
        assert read_cosignatures(with_signatures(note, [parse_signature_line(line.rstrip("\n"))]), [cosigner])
    witness.close()


class Served:
    """Our witness on a port of this machine, for as long as the test needs it."""

    def __init__(self, witness: Witness) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                status, text = witness.add_checkpoint(self.rfile.read(int(self.headers["Content-Length"])))
                data = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/x.tlog.size" if status == 409 else "text/plain")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                return

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
