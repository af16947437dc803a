"""The mirror call ``add-entries``: packages that prove themselves, and what is answered to the rest."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.errors import Fault, Forged, Malformed
from majlis.record import (
    AddEntries,
    MirrorInfo,
    Package,
    Tree,
    WitnessState,
    check_package,
    format_add_entries,
    format_mirror_info,
    judge_add_entries,
    leaf_hash,
    package_ranges,
    parse_add_entries,
    parse_mirror_info,
    prove_package,
)

ORIGIN = "camp.example/log"
ENTRIES = [f"act {n}".encode() for n in range(1100)]
TREE = Tree(map(leaf_hash, ENTRIES))
HEAD = format_add_entries(AddEntries(origin=ORIGIN, start=0, end=700))


def state(size: int) -> WitnessState:
    return WitnessState(size=size, root=TREE.root(size))


def packages(start: int, end: int, *, stop: int | None = None) -> tuple[Package, ...]:
    return tuple(
        prove_package(first, ENTRIES[first:last], size=end, read=TREE.read)
        for first, last in package_ranges(start, stop or end)
    )


def request(start: int, end: int, *, stop: int | None = None) -> bytes:
    return format_add_entries(AddEntries(origin=ORIGIN, start=start, end=end, packages=packages(start, end, stop=stop)))


def judge(body: bytes, *, upto: int = 0, sizes: tuple[int, ...] = (700, 1100)):
    return judge_add_entries(
        body,
        pending={ORIGIN: [state(size) for size in sizes]},
        next_of={ORIGIN: upto},
        leaves=lambda start, end: [TREE.read(0, at) for at in range(start, end)],
    )


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_packages_cover_a_range_and_never_cross_a_multiple_of_256(one, other):
    start, end = sorted((one, other))
    ranges = list(package_ranges(start, end))
    assert [at for first, last in ranges for at in range(first, last)] == list(range(start, end))
    assert all((last - 1) // 256 == first // 256 for first, last in ranges)


@pytest.mark.parametrize(("start", "end"), [(0, 1), (0, 256), (0, 700), (255, 700), (256, 700), (300, 1100), (5, 5)])
def test_every_package_proves_its_place(start, end):
    parsed = parse_add_entries(request(start, end))
    assert (parsed.origin, parsed.start, parsed.end, parsed.is_cut) == (ORIGIN, start, end, False)
    for package in parsed.packages:
        before = [TREE.read(0, at) for at in range(package.rounded, package.start)]
        check_package(package, size=end, root=TREE.root(end), before=before)
    assert [entry for package in parsed.packages for entry in package.entries] == ENTRIES[start:end]


def test_any_altered_entry_hash_or_neighbour_is_refused():
    """R-MIRROR-3"""
    (package,) = packages(300, 1100, stop=512)
    before = [TREE.read(0, at) for at in range(256, 300)]
    altered = [
        msgspec.structs.replace(package, entries=(b"other", *package.entries[1:])),
        msgspec.structs.replace(package, proof=(bytes(32), *package.proof[1:])),
        msgspec.structs.replace(package, proof=package.proof[1:]),
        msgspec.structs.replace(package, proof=(*package.proof, bytes(32))),
    ]
    for each in altered:
        with pytest.raises(Forged) as fault:
            check_package(each, size=1100, root=TREE.root(), before=before)
        assert fault.value.rule == "R-MIRROR-3"
    with pytest.raises(Forged):
        check_package(package, size=1100, root=TREE.root(), before=[bytes(32), *before[1:]])
    with pytest.raises(Forged):
        check_package(package, size=1099, root=TREE.root(1099), before=before)
    with pytest.raises(ValueError, match="needs the leaves from 256"):
        check_package(package, size=1100, root=TREE.root(), before=before[1:])


@pytest.mark.parametrize("bad", [[], [b"x"] * 257, [b"x"] * 2])
def test_what_is_no_package_is_not_proven(bad):
    with pytest.raises(ValueError, match="not one package"):
        prove_package(255, bad, size=1100, read=TREE.read)


def test_a_request_cut_anywhere_gives_its_whole_packages():
    """R-MIRROR-2: what is cut off inside a package is worth all packages before it."""
    body = request(200, 1100)
    ends = []
    for count in range(len(packages(200, 1100)) + 1):
        part = AddEntries(origin=ORIGIN, start=200, end=1100, packages=packages(200, 1100)[:count])
        ends.append(len(format_add_entries(part)))
    for cut in range(0, len(body), 7):
        if cut < ends[0]:
            with pytest.raises(Malformed):
                parse_add_entries(body[:cut])
            continue
        parsed = parse_add_entries(body[:cut])
        assert len(parsed.packages) == sum(end <= cut for end in ends[1:])
        assert parsed.is_cut == (cut not in ends)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00\x05camp",
        b"\x00\x01\xff" + bytes(18),
        b"\x00\x01a" + (2).to_bytes(8, "big") + (1).to_bytes(8, "big") + bytes(2),
        b"\x00\x01a" + bytes(8) + (2**63).to_bytes(8, "big") + bytes(2),
        request(0, 700) + b"\x00",
        HEAD + b"\x00\x01x" * 256 + b"\x40" + bytes(32 * 64),
    ],
)
def test_another_form_is_refused(body):
    """R-MIRROR-2"""
    with pytest.raises(Malformed) as fault:
        parse_add_entries(body)
    assert fault.value.rule == "R-MIRROR-2"
    assert judge(body).status == 400


def test_the_first_package_that_is_false_ends_the_reading():
    """R-MIRROR-3: what a stranger sends without end is not read to its end; nor anything for a log not mirrored."""
    false = HEAD + b"\x00\x01x" * 256 + b"\x00"
    too_many_hashes = b"\x00\x01x" * 256 + b"\x40" + bytes(32 * 64)
    assert judge(false + too_many_hashes).status == 422
    assert judge(HEAD + too_many_hashes).status == 400
    assert judge(too_many_hashes.join([HEAD.replace(ORIGIN.encode(), b"cave.example/log"), b""])).status == 404


def test_what_cannot_be_sent_is_not_written():
    one, two = packages(0, 700)[:2]
    for request_ in (
        AddEntries(origin="x" * 65_536, start=0, end=700),
        AddEntries(origin=ORIGIN, start=0, end=700, packages=(two,)),
        AddEntries(origin=ORIGIN, start=0, end=700, packages=(one, one)),
        AddEntries(origin=ORIGIN, start=0, end=1, packages=(Package(start=0, entries=(bytes(65_536),), proof=()),)),
    ):
        with pytest.raises(Malformed):
            format_add_entries(request_)


@pytest.mark.parametrize(
    ("body", "upto", "status", "kept", "info"),
    [
        (request(0, 700), 0, 200, 700, None),
        (request(0, 700), 300, 200, 700, None),
        (request(300, 700), 300, 200, 400, None),
        (request(700, 700), 700, 200, 0, None),
        (request(0, 1100, stop=512), 0, 202, 512, MirrorInfo(size=1100, next=512)),
        (request(0, 1100, stop=512), 600, 202, 512, MirrorInfo(size=1100, next=600)),
        (request(300, 700), 299, 409, 0, MirrorInfo(size=700, next=299)),
        (request(0, 699), 0, 409, 0, MirrorInfo(size=1100, next=0)),
        (request(0, 700)[:400], 0, 400, 0, None),
    ],
)
def test_answers(body, upto, status, kept, info):
    judged = judge(body, upto=upto)
    assert (judged.status, len(judged.entries), judged.info) == (status, kept, info)
    assert list(judged.entries) == ENTRIES[judged.start : judged.start + kept]


def test_an_unknown_log_is_404_and_a_false_package_422_with_what_came_before():
    other = format_add_entries(AddEntries(origin="other.example", start=0, end=0))
    assert judge(other).status == 404
    body = bytearray(request(0, 700))
    at = bytes(body).index(b"act 300")
    body[at] ^= 1
    judged = judge(bytes(body))
    assert (judged.status, len(judged.entries)) == (422, 256)
    assert "R-MIRROR-3" in judged.fault


@given(st.binary(max_size=300))
def test_any_bytes_are_judged(noise):
    assert judge(noise).status in (400, 404, 409, 422)


@given(st.integers(0, 2000), st.integers(0, 255))
def test_any_flipped_byte_is_found_or_harmless(at, change):
    """What is kept is always what the log signed."""
    body = bytearray(request(200, 700))
    body[at % len(body)] ^= change
    judged = judge(bytes(body), upto=700)
    assert list(judged.entries) == ENTRIES[judged.start : judged.start + len(judged.entries)]


def test_what_a_mirror_waits_for_is_written_and_read():
    info = MirrorInfo(size=1100, next=512, ticket=b"ticket")
    assert format_mirror_info(info) == "1100\n512\ndGlja2V0\n"
    assert parse_mirror_info(format_mirror_info(info)) == info
    for text in ("", "1\n2\n", "1\n2\n\n\n", "01\n2\n\n", "1\n2\n=\n"):
        with pytest.raises(Fault):
            parse_mirror_info(text)
