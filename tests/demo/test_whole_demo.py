"""The demonstration as people start it, in a process of its own; what it leaves behind is looked at from outside."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from majlis.host.keyring import Keyring, Passphrase
from majlis.host.layout import SUMS
from majlis.host.publish import write_sums

PLACES = b"""id,name,population,lat,lon,group
spring,Upper Spring,21000,35.90,36.60,Valley
mill,Old Mill,12000,35.50,36.60,Valley
olive,Olive Hill,10000,35.10,36.60,Valley
"""


def majlis(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "majlis", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)


class Played:
    """A demonstration that was played: its folder, and what it said."""

    def __init__(self, folder: Path, *arguments: object) -> None:
        self.folder = folder
        self.done = majlis("demo", *arguments, "--out", "out", folder=folder)
        self.out = folder / "out"
        self.public = self.out / "public"

    def passphrase(self) -> str:
        found = re.search(r"passphrase: ([a-z ]+)", self.done.stdout)
        assert found, self.done.stdout
        return found[1].strip()


def check(played: Played) -> None:
    """Everything that the issue asks of what a demonstration leaves behind."""
    done, out, public = played.done, played.out, played.public
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout.count("caught:") == 7
    assert "NOT CAUGHT" not in done.stdout
    assert "simulated clock" in done.stdout
    assert {path.name for path in out.iterdir()} == {"public", "private", "trust.txt", "DEMONSTRATION"}

    verified = majlis("verify", public, "--trust", out / "trust.txt", "--json", folder=played.folder)
    said = json.loads(verified.stdout)
    assert (verified.returncode, said["verdict"], said["findings"]) == (0, "sound", [])
    assert [void["kind"] for void in said["void"]] == ["vote.cast"]
    assert majlis("verify", public, folder=played.folder).returncode == 5

    index = next(int(n) for n in re.findall(r"trace \S+ assembly ([0-9]+)", done.stdout))
    traced = majlis("trace", public, "assembly", index, folder=played.folder)
    assert traced.returncode == 0
    assert "census.publish" in traced.stdout

    boxes = sorted((public / "boxes").glob("*.bel"))
    assert len(boxes) == said["checked"]["boxes"] >= 3
    alone = majlis("box", "verify", boxes[0], folder=played.folder)
    assert alone.returncode == 0
    before = (public / SUMS).read_bytes()
    write_sums(public)
    assert (public / SUMS).read_bytes() == before


def writings(secret: bytes) -> Iterator[bytes]:
    """A secret as it might slip into a file."""
    yield secret
    yield secret[::-1]
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    yield base64.b64encode(secret).rstrip(b"=")[:-1]
    yield base64.urlsafe_b64encode(secret).rstrip(b"=")[:-1]
    for order in ("big", "little"):
        yield str(int.from_bytes(secret, order)).encode()  # type: ignore[arg-type]


def check_no_secret_is_public(played: Played) -> None:
    """The keyring opens with the passphrase that was said, and nothing in it occurs anywhere in the public folder."""
    keyring = Keyring(played.out / "private" / "keyring.json", Passphrase(played.passphrase()))
    entries = keyring.entries()
    kinds = {entry.kind for entry in entries}
    assert {"log", "person", "credential", "witness"} <= kinds
    needles = {writing for entry in entries for writing in writings(bytes(entry.secret.reveal()))}
    public = b"\n".join(path.read_bytes() for path in sorted(played.public.rglob("*")) if path.is_file())
    assert len(public) > 100_000
    leaked = [needle for needle in needles if needle in public]
    assert not leaked
    # The search itself works: public halves are found where they belong.
    assert any(entry.public.encode() in public for entry in entries if entry.kind == "person")
    assert not list(played.public.rglob("*keyring*"))
    assert not [path for path in played.public.rglob("*") if path.suffix in (".db", ".lock")]


def check_no_member_is_named(played: Played) -> None:
    """Ordinary members have no public key, secret or tag anywhere but in their own keyring entry."""
    keyring = Keyring(played.out / "private" / "keyring.json", Passphrase(played.passphrase()))
    members = [entry for entry in keyring.entries() if entry.kind == "credential"]
    public = b"\n".join(path.read_bytes() for path in sorted(played.public.rglob("*")) if path.is_file())
    assert members
    assert not [entry.name for entry in members if entry.public.encode() in public]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Three districts of the tests' own census."""
    folder = tmp_path_factory.mktemp("demo")
    (folder / "places.csv").write_bytes(PLACES)
    return Played(folder, "--places", "places.csv", "--group", "Valley", "--members", "30")


def test_a_small_demonstration_leaves_what_it_says(small: Played) -> None:
    check(small)


def test_no_secret_of_it_is_public(small: Played) -> None:
    check_no_secret_is_public(small)


def test_no_ordinary_member_of_it_can_be_found(small: Played) -> None:
    check_no_member_is_named(small)


@pytest.mark.slow
def test_the_demonstration_on_the_real_census(tmp_path: Path, project_root: Path) -> None:
    """Idlib's districts, as ``majlis demo --members 30`` plays them."""
    census = project_root / "examples" / "syria" / "places.csv"
    if not census.is_file():
        pytest.skip("the example census is not in this tree")
    played = Played(tmp_path, "--places", census, "--members", "30")
    check(played)
    check_no_secret_is_public(played)
    check_no_member_is_named(played)
    assert len(list((played.public / "boxes").glob("*.bel"))) > 8
