"""Blobs: prose and large things, kept by the SHA-256 of their bytes; a record holds only the hash."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from majlis.errors import Forged, Malformed, Missing
from majlis.host.disk import write_file

MAX_BLOB = 64 * 2**20


class Blobs:
    """A folder ``xx/<hash>``, where xx are the first two digits of the hash."""

    def __init__(self, folder: Path, *, shown: Mapping[str, bytes] | None = None) -> None:
        """``shown``: blobs by their hash that are read as if they lay there, and stored nowhere."""
        self.folder = folder
        self._shown = shown or {}

    def path(self, digest: str) -> Path:
        """Where the blob with this hash (64 hex digits) lies or would lie. Raises: Malformed."""
        if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
            raise Malformed(f"a blob is named by 64 hex digits, got {digest[:80]!r}")
        return self.folder / digest[:2] / digest

    def put(self, data: bytes) -> str:
        """The blob is stored durably; returns its hash. Storing it twice changes nothing, and mends a damaged one."""
        if len(data) > MAX_BLOB:
            raise Malformed(f"a blob has at most {MAX_BLOB} bytes, this one {len(data)}")
        digest = sha256(data).hexdigest()
        path = self.path(digest)
        if not path.is_file() or path.read_bytes() != data:
            write_file(path, data)
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes. Raises: Missing when they are not here, Forged when they are not those that the hash names."""
        path = self.path(digest)
        if digest in self._shown:
            return self._shown[digest]
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise Missing(f"the blob {digest[:16]} is not at hand; ask whoever has it", where=str(path)) from None
        if sha256(data).hexdigest() != digest:
            raise Forged("the bytes of this blob are not those that its name says", where=str(path))
        return data

    def names(self) -> Iterator[str]:
        """All hashes kept here, sorted."""
        if self.folder.is_dir():
            for path in sorted(self.folder.glob("??/*")):
                if len(path.name) == 64:
                    yield path.name
