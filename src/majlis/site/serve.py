"""``majlis serve``: the pages of a folder live, with a door for signed acts and ballots where a host stands behind."""

from __future__ import annotations

import argparse
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from majlis.errors import Fault, Missing, Refused, plain
from majlis.host import nightly
from majlis.host.asking import RemoteWitness
from majlis.host.gatherer import Gatherer
from majlis.host.host import Host as KeptHost
from majlis.host.http import Caller
from majlis.host.keyring import Keyring, Passphrase
from majlis.host.moving import keep_in_database
from majlis.host.nightly import Nightly
from majlis.host.node import Node
from majlis.host.pulling import Puller
from majlis.host.ticking import Ticker
from majlis.host.witnessing import WitnessDoor, open_door
from majlis.site.ending import Ending
from majlis.site.folder import FolderSource
from majlis.site.live import DataHost, DataSource
from majlis.site.source import Host, Source
from majlis.site.witness_door import WithWitness

EPILOG = """examples:
  majlis serve majlis-demo/public
  majlis serve hilltop --passphrase-file amal.txt --witness http://mirror.example:8000
  majlis serve friends --passphrase-file basim.txt --follow http://new-host.example:8000
  majlis serve public --port 8080 --host 0.0.0.0

It listens on this machine alone unless --host says otherwise, keeps no address of anybody who reads, and asks nobody
for a key. A data folder that has a witness answers those whose records it trusts (add-checkpoint, add-entries of C2SP);
with --witness it asks others, as often as --every says, and logs a tick once enough of them cosigned; what is in force
is shown in a digest before the tick, when that changed or a day went by. As often it looks there, and where --follow
says, whether a record of which it holds a copy was moved to another host, and follows. At these addresses it fetches
what the records name beside their entries: texts, ballot boxes, and the records of others that they rest on.

The records of a data folder are verified again from their entries, by a process that gives way to all others: soon
after the start, and then every night. If something is not what this program acted by, it stops and says so."""


def open_folder(folder: Path, passphrase: Passphrase | None = None, database: str = "") -> tuple[Source, Host | None]:
    """What stands behind a public folder, or behind a data folder.

    A public folder is only read. A data folder is read too, until the keeper's ``passphrase`` opens the logs' keys:
    then acts and ballots are taken in. ``database``: where the records are kept from now on.

    Raises: Missing or Malformed when it is neither; Refused for a wrong passphrase, or while another process writes in
    it.
    """
    if not (folder / "node.json").is_file():
        if passphrase is not None or database:
            raise Refused(
                "a public folder takes nothing in; leave --passphrase-file and --database away, or name a data folder"
            )
        return FolderSource(folder), None
    node = Node(folder)
    if database:
        keep_in_database(node, database)
    if passphrase is None:
        return DataSource(node), None
    host = DataHost(node, Keyring(node.keyring_path(node.keeper), passphrase))
    return DataSource(host.node, host.host.federation, host.host), host


_MOST_NAMES: Final = 5
_FROM_NOWHERE: Final = (
    "This mirror holds every entry that it cosigns, and fetches neither texts nor ballot boxes: name with --follow URL "
    "where the records are served. Without the boxes it stops cosigning after the first secret ballot."
)


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "serve",
        help="show the pages of a folder live, and take in signed acts and ballots",
        description="Serves the pages of DIR and the public files beside them.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="a public folder, or a data folder")
    parser.add_argument("--port", type=int, default=8000, metavar="P", help="the port to listen on (8000)")
    parser.add_argument("--host", default="127.0.0.1", metavar="H", help="the address to listen on (127.0.0.1)")
    parser.add_argument(
        "--passphrase-file",
        type=Path,
        metavar="FILE",
        help="the keeper's passphrase, on the first line: a data folder then takes in acts and ballots",
    )
    parser.add_argument(
        "--database",
        metavar="URL",
        default="",
        help="keep the records in this database from now on: postgresql://USER@HOST/NAME",
    )
    parser.add_argument(
        "--witness", action="append", default=[], metavar="URL", help="where a mirror is served; repeat it for each"
    )
    parser.add_argument(
        "--follow",
        action="append",
        default=[],
        metavar="URL",
        help="where to look for texts, ballot boxes and records that moved, beside the mirrors; repeat it for each",
    )
    parser.add_argument(
        "--every", type=float, default=3600, metavar="SECONDS", help="how often the mirrors are asked (3600)"
    )
    parser.add_argument(
        "--verify-after",
        type=float,
        default=nightly.AFTER,
        metavar="SECONDS",
        help=f"how long after the start the records are verified again ({nightly.AFTER}); less than 0 for never, nor "
        "at night",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0 when it was stopped by hand.

    Raises: Refused when the port cannot be had; Forged, when it stopped since the records are not what it acted by;
    Fault, when it stopped since nothing can be stored any more.
    """
    # Here and not above: no other command needs a web server.
    from majlis.site.running import run_app
    from majlis.site.server import make_app

    passphrase = read_passphrase(args.passphrase_file)
    source, host = open_folder(args.folder, passphrase, args.database)
    listener = listen(args.host, args.port)
    port = listener.getsockname()[1]
    shown = f"[{args.host}]" if ":" in args.host else args.host
    print(f"The pages of {args.folder}: http://{shown}:{port}/pages/index.html")
    print("Acts and ballots are taken in." if host else "Read-only: no act and no ballot is taken in.")
    for line in unsafe_lines(source):
        print(line)
    print("Stop it with Ctrl-C.", flush=True)
    with ExitStack() as stack:
        ending = Ending()
        if isinstance(host, DataHost):
            stack.enter_context(host)
            _watch(host.host, ending)
        stack.enter_context(listener)
        app = make_app(source, host)
        app = stack.enter_context(witnessing(app, host, passphrase, args.witness, args.every, args.follow, source))
        if isinstance(source, DataSource) and args.verify_after >= 0:
            verified = _verified(source, host, args.verify_after, ending)
            stack.callback(verified.close)
        run_app(ending.before(app), listener, ending.event)
        if ending.fault is not None:
            raise ending.fault
    return 0


def _watch(host: KeptHost, ending: Ending) -> None:
    """Whoever keeps this host is told at once why nothing is taken in; where its store is gone, the program ends."""

    def fail(fault: Fault) -> None:
        _tell(f"STOPPED: {fault}")
        if fault.rule == "R-STORE-4":
            ending.fail(fault)

    for identity in host.bodies():
        if (behind := host.hosted(identity).signer.behind) is not None:
            fail(behind)
    host.on_failure = fail


def _verified(source: DataSource, host: Host | None, after: float, ending: Ending) -> Nightly:
    """The records behind these pages are verified again and again, and the pages say so."""
    keeper = host.host if isinstance(host, DataHost) else None
    verified = Nightly(source.node, source.federation, keeper, after=after, tell=_tell, fail=ending.fail)
    source.again = verified
    return verified


def unsafe_lines(source: Source) -> Iterator[str]:
    """What exists on this machine only, said before anything else is taken in; in one line where it is many records."""
    alone, behind, copies = [], 0, set()
    if isinstance(source, DataSource):
        copies = {known.identity for known in source.node.bodies if not known.is_hosted}
    for info in source.bodies():
        if info.identity in copies:
            continue
        size, safe = source.state(info.identity).size, source.safe_size(info.identity)
        if safe:
            behind += max(0, size - safe)
        else:
            alone.append(info.slug)
    if alone:
        names = ", ".join(alone[:_MOST_NAMES]) + (" and others" if len(alone) > _MOST_NAMES else "")
        yield (
            f"No mirror holds {len(alone)} of these records ({names}), so setting them up is NOT finished: name a "
            "mirror with --witness, or carry them to one ('majlis node give')."
        )
    if behind:
        acts = "1 act is" if behind == 1 else f"{behind} acts are"
        yield f"{acts} held by this machine only, until its mirrors take what is new."


@contextmanager
def witnessing(
    app: Any,
    host: Host | None,
    passphrase: Passphrase | None,
    urls: Sequence[str],
    seconds: float,
    follow: Sequence[str] = (),
    source: Source | None = None,
) -> Iterator[Any]:
    """The application, which answers for the witness of this folder too, while the witnesses at ``urls`` are asked.

    There, and at the addresses in ``follow``, is looked for records that moved (R-MIRROR-8), and for what the records
    name and is not here (R-MIRROR-11); what is lacking, the pages of ``source`` say.

    Raises: Refused, where nobody can be asked since no key is at hand; Missing, where the keeper has none of their own.
    """
    if not isinstance(host, DataHost) or passphrase is None:
        if urls or follow:
            raise Refused("to ask witnesses takes a data folder and its keeper's passphrase: add --passphrase-file")
        yield WithWitness(app, None)
        return
    keeper = Keyring(host.node.keyring_path(host.node.keeper), passphrase)
    with ExitStack() as stack:
        door = stack.enter_context(open_door(host.node, host.host, keeper))
        key = next((entry.signing_key() for entry in keeper.entries() if entry.kind == "person"), None)
        if urls and key is None:
            raise Missing("the keeper has no key to sign ticks with; make one with 'majlis key new'")
        gatherer = _gathering(host, door, [*urls, *follow], seconds, source)
        stack.callback(gatherer.close)
        if urls or follow:
            callers = [Caller(url) for url in urls]
            places = [Caller(url) for url in (*urls, *follow)]
            puller = Puller(host.node, host.host, door, places, tell=_tell)
            witnesses = [RemoteWitness(caller) for caller in callers]
            signing = key if urls else None

            def pull() -> None:
                puller.pull()
                gatherer.wake()

            ticker = Ticker(host.node, host.host, witnesses, signing, seconds=seconds, tell=_tell, pull=pull)
            stack.callback(ticker.close)
        yield WithWitness(app, door)


def _gathering(
    host: DataHost, door: WitnessDoor | None, urls: Sequence[str], seconds: float, source: Source | None
) -> Gatherer:
    """What the records lack is fetched from these addresses, also as soon as the mirror was asked to cosign."""
    gatherer = Gatherer(host.node, host.host, [Caller(url) for url in urls], seconds=seconds, tell=_tell)
    if isinstance(source, DataSource):
        source.gatherer = gatherer
    if door is not None:
        door.asked = gatherer.wake
        if not urls and any(not known.is_hosted for known in host.node.bodies):
            _tell(_FROM_NOWHERE)
    return gatherer


def _tell(text: str) -> None:
    print(plain(text), file=sys.stderr, flush=True)


def read_passphrase(path: Path | None) -> Passphrase | None:
    """The first line of the file, or None without one. Raises: Malformed when it is empty."""
    if path is None:
        return None
    lines = path.read_text(encoding="utf-8").splitlines()
    return Passphrase(lines[0] if lines else "")


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes any that is free. Raises: Refused when the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, so that what is accepted sends at once (TCP_NODELAY): else each answer waits for an acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except (OSError, OverflowError) as wrong:
        listener.close()
        reason = getattr(wrong, "strerror", None) or wrong
        raise Refused(f"cannot listen on {host} port {port}: {reason}; choose another with --port") from None
    return listener
