"""Moving the records of a data folder into a PostgreSQL database, from where they are kept afterwards.

Everything is copied and compared first; the folder says where its records lie last (R-NODE-6). Broken off at any
instant it is begun again, and goes on. The old file is kept aside as ``host.db.moved``, which nobody takes for records.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Final

from majlis.errors import Forged, Refused
from majlis.host.node import Node
from majlis.host.postgres import is_postgres, shown
from majlis.host.postgres_store import PostgresStore
from majlis.host.signer import SignerBook
from majlis.host.store import Record

__all__ = ["keep_in_database"]

_AT_ONCE: Final = 1024


def keep_in_database(node: Node, url: str) -> None:
    """The records of this folder lie in the database at ``url``, as the folder says from now on.

    Raises: Refused, when they lie in another database already, or others of the same name lie in this one, or somebody
    writes; Missing, when no database answers there.
    """
    if not is_postgres(url):
        raise Refused("the address of a database begins with postgresql://", where=shown(url))
    if node.database:
        if shown(node.database) != shown(url):
            raise Refused(
                f"the records of this folder lie in {shown(node.database)}; name that database",
                where=str(node.folder),
            )
        node.set_database(url)
        return
    with ExitStack() as stack:
        source = stack.enter_context(node.writing())
        signers = SignerBook.create_in(node.folder)
        stack.callback(signers.close)
        target = PostgresStore(url)
        stack.callback(target.close)
        for origin in source.origins():
            _copy(source.record(origin), target.create(origin))
        signers.copy_to(target.database)
        node.set_database(url)
    (node.folder / "host.db").replace(node.folder / "host.db.moved")


def _copy(source: Record, target: Record) -> None:
    size = target.size
    if size > source.size or target.root() != source.root(size):
        raise Refused("this database holds another record of that name; name an empty database", where=source.origin)
    for start in range(size, source.size, _AT_ONCE):
        target.append(source.entries(start, start + _AT_ONCE))
    if target.root() != source.root():
        raise Forged("what was copied is not what was read; check this machine's memory", where=source.origin)
