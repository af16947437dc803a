"""``majlis serve``: the pages of a folder live, with a door for signed acts and ballots where a host stands behind."""

from __future__ import annotations

import argparse
import socket
from collections.abc import Callable
from pathlib import Path

from majlis.errors import Refused
from majlis.site.folder import FolderSource
from majlis.site.source import Host, Source

OpenSite = Callable[[Path], tuple[Source, Host | None]]
"""What stands behind the pages of a folder; whoever puts the program together says so (``args.open_site``)."""

EPILOG = """examples:
  majlis serve majlis-demo/public
  majlis serve public --port 8080 --host 0.0.0.0

It listens on this machine alone unless --host says otherwise, keeps no address of anybody who reads, and asks nobody
for a key."""


def open_public(folder: Path) -> tuple[Source, Host | None]:
    """A public folder: all can be read, nothing is taken in. Raises: Missing or Malformed when it is none."""
    return FolderSource(folder), None


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
    parser.set_defaults(run=run, open_site=open_public)


def run(args: argparse.Namespace) -> int:
    """0 when it was stopped by hand. Raises: Refused when the port cannot be had."""
    import uvicorn  # Here and not above: no other command needs a web server.

    from majlis.site.server import make_app

    source, host = args.open_site(args.folder)
    listener = listen(args.host, args.port)
    port = listener.getsockname()[1]
    shown = f"[{args.host}]" if ":" in args.host else args.host
    print(f"The pages of {args.folder}: http://{shown}:{port}/pages/index.html")
    print("Acts and ballots are taken in." if host else "Read-only: no act and no ballot is taken in.")
    print("Stop it with Ctrl-C.", flush=True)
    config = uvicorn.Config(
        make_app(source, host), access_log=False, log_level="warning", server_header=False, timeout_keep_alive=15
    )
    with listener:
        uvicorn.Server(config).run(sockets=[listener])
    return 0


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes any that is free. Raises: Refused when the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except (OSError, OverflowError) as wrong:
        listener.close()
        reason = getattr(wrong, "strerror", None) or wrong
        raise Refused(f"cannot listen on {host} port {port}: {reason}; choose another with --port") from None
    return listener
