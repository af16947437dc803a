"""A ZIP file from anywhere: what came is read, what only an attacker makes is refused, before anything is unpacked."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.errors import Fault, Malformed, Missing, Refused
from majlis.host.unzip import open_archive


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED, mode: int = 0o100644) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as file:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            info.external_attr = mode << 16
            file.writestr(info, data)
    return stream.getvalue()


@pytest.fixture
def opened(tmp_path):
    def open_(data: bytes):
        path = tmp_path / "x.majlis"
        path.write_bytes(data)
        return open_archive(path)

    return open_


MANY = tuple((f"folder/{n}", bytes([n]) * (n * 997)) for n in range(40))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_members_are_read_as_any_program_reads_them(opened, method):
    with opened(zipped(*MANY, method=method)) as archive:
        assert archive.is_whole
        assert not archive.lost
        assert [(name, archive.read(name, 10**6)) for name in archive.members] == list(MANY)


def test_more_members_than_a_short_table_counts_are_read(opened):
    """R-BUNDLE-2: what any program writes for over 65,535 files is whole, and a false count in it is refused."""
    data = zipped(*((f"blobs/{n}", b"") for n in range(65_600)), method=zipfile.ZIP_STORED)
    with opened(data) as archive:
        assert len(archive.members) == 65_600
        assert archive.is_whole
    with opened(data[:-30]) as archive:
        assert "cut off" in archive.lost
    long_end = data.index(b"PK\x06\x06")
    for place in (4, 24, 32, 40, 48, 56 + 8, 56 + 16):
        altered = bytearray(data)
        altered[long_end + place] ^= 1
        with pytest.raises(Refused):
            opened(bytes(altered))


def test_a_short_table_that_counts_wrongly_is_refused(opened):
    data = zipped(*MANY[:3])
    for place in (8, 10, 12, 16):
        altered = bytearray(data)
        altered[len(data) - 22 + place] ^= 1
        with pytest.raises(Refused):
            opened(bytes(altered))


def test_a_file_cut_anywhere_gives_what_came_before(opened):
    data = zipped(*MANY[:12])
    ends = []
    with opened(data) as archive:
        ends = [member.at + member.packed for member in archive.members.values()]
    for cut in range(ends[0], len(data), 11):
        whole = sum(end <= cut for end in ends)
        with opened(data[:cut]) as archive:
            assert len(archive.members) == whole
            assert archive.lost
            assert not archive.is_whole
            for name, content in MANY[:whole]:
                assert archive.read(name, 10**6) == content


def test_a_file_cut_inside_its_first_member_holds_nothing(opened):
    with opened(zipped(("a", bytes(range(200))))[:60]) as archive:
        assert archive.members == {}
        assert archive.lost == "the file ends inside a"
    with opened(zipped(("a" * 50, b"1"))[:40]) as archive:
        assert archive.lost == "the file ends inside a member"


def test_damage_inside_a_member_spoils_that_one_alone(opened):
    """R-BUNDLE-2"""
    data = bytearray(zipped(*MANY, method=zipfile.ZIP_STORED))
    at = bytes(data).index(MANY[20][1][:500])
    data[at + 5] ^= 1
    with opened(bytes(data)) as archive:
        with pytest.raises(Malformed, match="damaged on its way") as fault:
            archive.read("folder/20", 10**6)
        assert fault.value.rule == "R-BUNDLE-2"
        assert archive.read("folder/21", 10**6) == MANY[21][1]


def test_damage_in_packed_data_is_found(opened):
    data = bytearray(zipped(("a", bytes(range(256)) * 40)))
    with opened(bytes(data)) as archive:
        member = archive.members["a"]
    for at in range(member.at, member.at + member.packed):
        damaged = bytearray(data)
        damaged[at] ^= 0x55
        with opened(bytes(damaged)) as archive, pytest.raises(Malformed):
            archive.read("a", 10**6)


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../x", "a/../../x", "a//b", "C:\\x", "a\\b", "a\nb", "é", "a/./b", "x" * 1001, "a/"]
)
def test_a_name_that_leads_elsewhere_refuses_the_whole_file(opened, name):
    """R-BUNDLE-2"""
    with pytest.raises(Refused) as fault:
        opened(zipped(("MANIFEST", b"x"), (name, b"x")))
    assert fault.value.rule == "R-BUNDLE-2"


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("twin", ["a/b", "A/B"])
def test_two_members_of_one_name_are_refused(opened, twin):
    with pytest.raises(Refused, match="two members"):
        opened(zipped(("a/b", b"1"), (twin, b"2")))


@pytest.mark.parametrize("mode", [stat.S_IFLNK | 0o777, stat.S_IFCHR, stat.S_IFDIR | 0o755, stat.S_IFIFO])
def test_links_and_devices_are_refused(opened, mode):
    with pytest.raises(Refused, match="no links"):
        opened(zipped(("a", b"/etc/passwd"), mode=mode))


def test_a_bomb_is_refused_before_it_is_unpacked(opened):
    with pytest.raises(Refused, match="fill a disk"):
        opened(zipped(("a", bytes(50 * 2**20))))


def test_a_member_that_says_it_is_small_and_is_not_is_cut_off(opened):
    data = bytearray(zipped(("a", bytes(1000) + bytes(range(256)) * 100)))
    for sign, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(sign)
        data[at + offset : at + offset + 4] = struct.pack("<L", 1000)
    with opened(bytes(data)) as archive:
        assert archive.members["a"].size == 1000
        with pytest.raises(Malformed):
            archive.read("a", 2000)


def test_a_limit_is_a_limit(opened):
    with opened(zipped(("a", bytes(1000)))) as archive:
        with pytest.raises(Malformed, match="more than the 999"):
            archive.read("a", 999)
        with pytest.raises(Missing):
            archive.read("b", 999)


def test_a_table_of_contents_that_shows_other_files_is_refused(opened):
    data = zipped(("a", b"11"), ("b", b"22"), method=zipfile.ZIP_STORED)
    table = data.index(b"PK\x01\x02")
    for at, change in ((46, ord("c")), (20, 1), (16, 1), (42, 1)):
        altered = bytearray(data)
        altered[table + at] ^= change
        with pytest.raises(Refused, match="different files"):
            opened(bytes(altered))
    second = data.index(b"PK\x01\x02", table + 1)
    end = data.index(b"PK\x05\x06")
    row = data[table:second]
    with pytest.raises(Refused, match="different files"):
        opened(data[:end] + row + data[end:])
    with opened(data[:second]) as archive:
        assert archive.lost == "its table of contents is cut off"
    with opened(data[:second] + b"noise" * 20) as archive:
        assert archive.lost == "its table of contents is damaged"
    with opened(data[:table] + b"noise" * 20) as archive:
        assert archive.lost == "what follows the last whole member is damaged"


@pytest.mark.parametrize(
    ("offset", "value", "word"),
    [(6, 1, "encrypted"), (6, 8, "packed this file anew"), (8, 12, "packed in a way"), (18, 2**32 - 1, "anew")],
)
def test_other_ways_of_packing_are_refused(opened, offset, value, word):
    data = bytearray(zipped(("a", b"11"), method=zipfile.ZIP_STORED))
    size = 4 if offset == 18 else 2
    data[offset : offset + size] = value.to_bytes(size, "little")
    with pytest.raises(Refused, match=word):
        opened(bytes(data))


def test_sizes_that_differ_without_packing_are_refused(opened):
    data = bytearray(zipped(("a", b"11"), method=zipfile.ZIP_STORED))
    data[22] += 1
    with pytest.raises(Malformed, match="sizes"):
        opened(bytes(data))


@pytest.mark.parametrize("data", [b"", b"noise", b"PK", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_zip_is_no_bundle(opened, data):
    """R-BUNDLE-1"""
    with pytest.raises(Malformed) as fault:
        opened(data)
    assert fault.value.rule == "R-BUNDLE-1"


def test_a_missing_file_is_said_so(tmp_path):
    with pytest.raises(Missing):
        open_archive(tmp_path / "nothing")


@given(st.lists(st.tuples(st.integers(0, 100_000), st.integers(1, 255)), max_size=6))
def test_altered_bytes_give_the_true_content_or_a_fault(tmp_path_factory, changes):
    data = bytearray(zipped(*MANY[:6]))
    for at, change in changes:
        data[at % len(data)] ^= change
    path = tmp_path_factory.mktemp("zip") / "x"
    path.write_bytes(data)
    try:
        with open_archive(path) as archive:
            for name in archive.members:
                try:
                    found = archive.read(name, 10**6)
                except Fault:
                    continue
                assert name not in dict(MANY) or found == dict(MANY)[name]
    except Fault:
        return


@pytest.mark.parametrize("size", [10, 65_536, 65_537, 200_000])
@pytest.mark.parametrize("junk", [b"", b"j", b"junk" * 5, bytes(70_000)])
def test_what_follows_the_end_of_packed_data_is_damage_and_ends(opened, size, junk):
    """Whoever asks zlib for more after the end of its stream is given the same tail again, for ever."""
    content = bytes(size)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(content) + packer.flush() + junk
    data = bytearray(zipped(("a", packed), method=zipfile.ZIP_STORED))
    central = data.index(b"PK\x01\x02")
    for method, crc in ((8, 14), (central + 10, central + 16)):
        data[method : method + 2] = struct.pack("<H", zipfile.ZIP_DEFLATED)
        data[crc : crc + 4] = struct.pack("<I", zlib.crc32(content))
        data[crc + 8 : crc + 12] = struct.pack("<I", size)
    with opened(bytes(data)) as archive:
        if not junk:
            assert archive.read("a", size) == content
            return
        with pytest.raises(Malformed, match="damaged on its way"):
            archive.read("a", size)
