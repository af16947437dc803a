"""``majlis qr``: small acts, receipts and proofs on paper, and back."""

from __future__ import annotations

import argparse
import html
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from majlis.errors import Fault, Malformed

if TYPE_CHECKING:
    import segno

_EXAMPLE: Final = """\
examples:
  majlis qr late.act                                 shown in the terminal
  majlis qr receipt.tlog-proof --svg codes.svg       one page to print; --png codes.png makes one file a code
  majlis qr late.act --text codes.txt                the texts themselves, one a line
  majlis qr --read one.txt two.txt -o late.act       files of texts that any code reader gave, in any order

Up to 1,200 bytes are one code that holds the file as it is. What is larger becomes a numbered series; MJ, a tag, how
many and which number stand in front of each. Nothing secret belongs into a code.
Exit codes: 0 done; 1 the codes do not give the file they were made from; 2 usage, or no code; 3 codes are lacking.
"""

_OURS: Final = (b"majlis", b"c2sp.org/", b"old ", b"log ", b"{", b"[")
_SIGNED: Final = "\n\n\N{EM DASH} ".encode()
"""What stands in every signed note, before its first signature."""

_QUIET: Final = 4
_SQUARE: Final = 4


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``qr``."""
    parser = commands.add_parser(
        "qr",
        help="print a small file as one code or a series, and read it back",
        description="Print an act, a receipt or a proof as QR codes, or put a file together from codes that were read.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="what to print")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="one page with all codes, to print")
    parser.add_argument("--png", type=Path, metavar="FILE", help="a picture; a series gets -01, -02 … in its names")
    parser.add_argument("--text", type=Path, metavar="FILE", help="the texts of the codes, one a line")
    parser.add_argument("--read", nargs="+", type=Path, metavar="FILE", help="files with the texts of codes, as read")
    parser.add_argument("-o", "--out", type=Path, metavar="FILE", help="with --read: the file put together")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """The codes are made, or the file is put together."""
    if (args.file is None) == (args.read is None):
        raise Malformed("name a file to print, or codes to read with --read")
    return _read(args) if args.read else _print(args)


# --- printing


def _codes(data: bytes) -> list[tuple[str, segno.QRCode]]:
    """Each code with what stands under it."""
    import segno

    from majlis.record import MAX_STATIC, format_series

    if len(data) <= MAX_STATIC:
        return [("", segno.make(data, error="m", mode="byte", micro=False, boost_error=False))]
    texts = format_series(data)
    return [
        (f"{text[2:4]} {number}/{len(texts)}", segno.make(text, error="m", micro=False, boost_error=False))
        for number, text in enumerate(texts, start=1)
    ]


def _print(args: argparse.Namespace) -> int:
    from majlis.host.disk import write_file
    from majlis.record import MAX_STATIC, format_series

    data = args.file.read_bytes()
    if not data:
        raise Malformed("this file is empty; there is nothing to print", where=str(args.file))
    codes = _codes(data)
    written: list[str] = []
    if args.svg:
        write_file(args.svg, _page(codes, args.file.name).encode())
        written.append(str(args.svg))
    if args.png:
        for number, (_, code) in enumerate(codes, start=1):
            path = args.png if len(codes) == 1 else args.png.with_stem(f"{args.png.stem}-{number:02}")
            code.save(str(path), kind="png", scale=_SQUARE, border=_QUIET)
            written.append(str(path))
    if args.text:
        lines = [data.decode("utf-8", "replace")] if len(data) <= MAX_STATIC else list(format_series(data))
        write_file(args.text, ("\n".join(lines) + ("\n" if len(lines) > 1 else "")).encode())
        written.append(str(args.text))
    if args.json:
        facts = {"ok": True, "bytes": len(data), "codes": len(codes), "files": written}
        sys.stdout.write(
            msgspec.json.encode({**facts, "versions": [code.version for _, code in codes]}).decode() + "\n"
        )
    elif written:
        print(f"{len(codes)} codes of {len(data)} bytes: {', '.join(written)}")
    else:
        for label, code in codes:
            code.terminal(compact=True, border=_QUIET)
            print(label or f"{args.file.name}, {len(data)} bytes")
    return 0


def _page(codes: list[tuple[str, segno.QRCode]], name: str) -> str:
    """One SVG with the codes under one another, each with its number in words of the series."""
    parts, top, width = [], 0, 0
    for label, code in codes:
        side = len(code.matrix) + 2 * _QUIET
        path = "".join(_strokes(code))
        parts.append(f'<g transform="translate(0 {top})"><path d="{path}" stroke="#000"/>')
        caption = html.escape(f"{name} {label}".strip())
        parts.append(f'<text x="{_QUIET}" y="{side + 2}" font-size="4" font-family="monospace">{caption}</text></g>')
        top, width = top + side + 8, max(width, side)
    scale = _SQUARE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width * scale}" height="{top * scale}" '
        f'viewBox="0 0 {width} {top}"><rect width="{width}" height="{top}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def _strokes(code: segno.QRCode) -> Iterator[str]:
    """Dark squares, joined along each row."""
    for y, row in enumerate(code.matrix):
        x = 0
        while x < len(row):
            end = x
            while end < len(row) and row[end]:
                end += 1
            if end > x:
                yield f"M{x + _QUIET} {y + _QUIET}.5h{end - x}"
            x = end + 1


# --- reading


def _check_kind(data: bytes, path: Path) -> None:
    """The bytes are what we put into a single code: a note, a card, a proof, or a file in JSON. Raises: Malformed."""
    from majlis.record import MAX_STATIC

    if len(data) > MAX_STATIC + 1 or not (data.startswith(_OURS) or _SIGNED in data):
        raise Malformed(
            "this is neither a code of a series nor an act, receipt, proof or card; read the code again",
            where=str(path),
        )


def _read(args: argparse.Namespace) -> int:
    from majlis.host.disk import write_file
    from majlis.record import is_series, parse_series

    if args.out is None:
        raise Malformed("name the file that the codes are put together in, with -o")
    texts = [path.read_bytes() for path in args.read]
    lines = [line for text in texts for line in text.decode("utf-8", "replace").splitlines() if line.strip()]
    if not lines:
        raise Malformed("nothing was read from a code; look at the files", where=", ".join(map(str, args.read[:3])))
    if len(texts) == 1 and not any(map(is_series, lines)):
        # A single code holds the file itself, and readers add or drop the last line feed.
        data = texts[0].rstrip(b"\r\n") + b"\n"
        _check_kind(data, args.read[0])
    else:
        try:
            data = parse_series(lines)
        except Fault as fault:
            raise fault.at(", ".join(map(str, args.read[:3]))) from None
    write_file(args.out, data)
    if args.json:
        sys.stdout.write(msgspec.json.encode({"ok": True, "bytes": len(data), "file": str(args.out)}).decode() + "\n")
    else:
        print(f"{args.out}: {len(data)} bytes")
    return 0
