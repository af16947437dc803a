"""A ballot box from elsewhere is kept whole or not at all, and lies on the disk once (R-MIRROR-7)."""

from __future__ import annotations

import shutil
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from majlis.errors import Refused
from majlis.host import fetched_box, gathering
from majlis.host.disk import LEAST_FREE
from majlis.host.federation import Federation
from majlis.host.fetched_box import keep_box
from majlis.host.http import Caller
from majlis.host.layout import box_path
from majlis.host.node import Node

BOX = b"what the record says nothing of"


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    path = tmp_path / "stick" / "box.bel"
    path.parent.mkdir()
    path.write_bytes(BOX)
    return path


def full(*_: object) -> None:
    """Nothing may be copied, or what is copied ends halfway."""
    raise OSError(28, "no space left on device")


def test_a_copy_that_does_not_fit_is_not_begun(theirs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-MIRROR-7: what stays free stays free behind the copy too."""
    ours = tmp_path / "boxes" / "box.bel"
    free = LEAST_FREE + len(BOX) - 1
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    with pytest.raises(Refused, match="R-MIRROR-7"):
        keep_box(theirs, ours, dict, tmp_path / "evidence")
    assert not list(ours.parent.iterdir())
    free += 1
    assert keep_box(theirs, ours, dict, tmp_path / "evidence")
    assert (ours.read_bytes(), theirs.read_bytes()) == (BOX, BOX)
    assert [path.name for path in ours.parent.iterdir()] == ["box.bel"]


def test_of_a_copy_that_ends_halfway_nothing_stays(
    theirs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = tmp_path / "boxes" / "box.bel"

    def half(_: Path, target: Path) -> None:
        target.write_bytes(BOX[:5])
        full()

    monkeypatch.setattr(fetched_box.shutil, "copyfile", half)
    with pytest.raises(OSError, match="no space"):
        keep_box(theirs, ours, dict, tmp_path / "evidence")
    assert not list(ours.parent.iterdir())


def test_what_was_loaded_is_not_copied_once_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-MIRROR-7: else a box of half of what is free would fill the disk."""
    node = Node.create(tmp_path / "data", keeper="amal")
    uuid = "A" * 14
    monkeypatch.setattr(fetched_box.shutil, "copyfile", full)
    monkeypatch.setattr(gathering, "check_box", lambda *_: None)

    class Line(Caller):
        def save(self, path: str, target: Path, limit: int) -> None:
            assert path == box_path(uuid)
            target.write_bytes(BOX)

    caller, federation = Line("http://mirror.example"), Federation()
    assert gathering._fetch_box(node, caller, federation, uuid, {}, None, nullcontext(), is_whole=True)
    target = node.boxes.path(uuid)
    assert target.read_bytes() == BOX
    assert list(target.parent.iterdir()) == [target]
