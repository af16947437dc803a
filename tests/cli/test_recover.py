"""``majlis record recover``: a village's host goes on after a backup, a flipped bit or a lost file."""

from __future__ import annotations

import shutil

import pytest
from tests.cli.served import address, free_port, serving
from tests.cli.test_succession import NEW, cosign, draw_up, prepare, sign, take_copy
from tests.cli.village import ABROAD, HERE, Village
from tests.host.test_fsck import change

from majlis.errors import Malformed
from majlis.host.ceremony import contents_of

pytestmark = pytest.mark.xdist_group("village")

ROAD = ("propose", "hilltop", "--text", "A road?", "--as", "amal")


def grown(village: Village) -> Village:
    """An older copy of the village, which went on since, with its mirror; what the mirror holds lies on the stick."""
    old = village.copy(village.root.with_name("old"))
    village.run(HERE, "propose", "hilltop", "--text", "A well?", "--as", "amal")
    village.tick()
    village.run(ABROAD, "node", "give", "stick/mirror")
    return old


def goes_on(village: Village) -> None:
    """Acts are taken in again, the mirror cosigns what follows, and the folder is sound."""
    village.run(HERE, *ROAD)
    village.tick()
    village.run(HERE, "record", "fsck", village.root / HERE)
    village.run(HERE, "propose", "hilltop", "--text", "And one more?", "--as", "amal")


def test_an_old_record_goes_on_from_a_stick(founded: Village) -> None:
    old = grown(founded)
    acts = founded.acts()
    (founded.root / HERE / "host.db").write_bytes((old.root / HERE / "host.db").read_bytes())
    assert "majlis record recover" in founded.try_(HERE, *ROAD).err
    outcome = founded.run(HERE, "record", "recover", "hilltop", "stick/mirror")
    assert "acts are taken in again" in outcome.out
    assert founded.acts() == acts
    assert "none was lacking" in founded.run(HERE, "record", "recover", "hilltop", "stick/mirror").out
    goes_on(founded)


def test_an_old_folder_goes_on_from_a_mirror_that_is_served(founded: Village) -> None:
    old = grown(founded)
    port = free_port()
    with serving(founded.root, ABROAD, port):
        assert old.try_(HERE, "mirror", address(port)).code == 1
        outcome = old.try_(HERE, *ROAD)
        assert outcome.code == 1, "what was seen once is remembered"
        assert "majlis record recover" in outcome.err
        found = old.run(HERE, "record", "recover", "hilltop", address(port), "--json").json
    assert (found["brought"], found["behind"]) == (2, ""), "the mirror cosigned what its log had signed last"
    shutil.rmtree(old.root / ABROAD)
    shutil.copytree(founded.root / ABROAD, old.root / ABROAD)
    goes_on(old)


def test_one_flipped_bit_costs_no_succession(founded: Village) -> None:
    grown(founded)
    founded.run(HERE, "bundle", "stick/mirror", "-o", "stick/mirror.majlis")
    founded.run(HERE, *ROAD)
    acts = founded.acts()
    change(founded.root / HERE / "host.db", "UPDATE entry SET bytes = CAST(bytes || 'x' AS BLOB) WHERE key % 1024 = 1")
    assert founded.try_(HERE, "record", "fsck", founded.root / HERE).code == 1
    outcome = founded.run(HERE, "record", "recover", "hilltop", "stick/mirror.majlis")
    assert "1 damaged or others replaced (at 1)" in outcome.out
    assert "are not safe" in outcome.out
    assert founded.acts() == acts
    goes_on(founded)


def test_a_file_that_is_gone_is_brought_record_by_record(founded: Village) -> None:
    grown(founded)
    shutil.rmtree(founded.root / HERE / "blobs")
    acts = founded.acts()
    for path in (founded.root / HERE).glob("host.db*"):
        path.unlink()
    assert founded.try_(HERE, *ROAD).code == 3
    outcome = founded.run(HERE, "record", "recover", "hilltop", "stick/mirror")
    assert "acts are taken in again" in outcome.out
    assert list((founded.root / HERE / "blobs" / "sha256").glob("*/*")), "texts come with the record"
    founded.run(HERE, "record", "recover", "friends", "stick/mirror")
    assert founded.acts() == acts
    goes_on(founded)


def test_acts_that_an_old_copy_acknowledged_come_in_again(founded: Village) -> None:
    """R-RECOVER-3: nothing told this folder that it was old until its mirror spoke."""
    old = grown(founded)
    old.run(HERE, *ROAD)
    outcome = old.try_(HERE, "record", "recover", "hilltop", founded.stick / "mirror")
    assert outcome.code == 3, "the tick itself is in the copy, signed by the log, and no mirror cosigned it yet"
    assert "majlis witness cosign" in outcome.out
    assert old.try_(HERE, *ROAD).code == 1
    founded.run(ABROAD, "witness", "cosign", "stick/mirror")
    found = old.run(HERE, "record", "recover", "hilltop", founded.stick / "mirror", "--json").json
    assert (found["brought"], found["behind"]) == (1, "")
    (kept,) = old.try_(HERE, "outbox", "--json").json["acts"]
    assert (kept["kind"], kept["level"]) == ("motion.table", "handed in")
    port = free_port()
    with serving(old.root, HERE, port):
        old.try_(HERE, "outbox", "--resubmit", address(port))
    assert kept["act"] in {act["act"] for act in old.acts() if act["status"] == "in-force"}


def test_what_is_no_copy_of_it_is_said_in_words(founded: Village) -> None:
    grown(founded)
    founded.run(HERE, "bundle", "stick/mirror", "-o", "stick/part.majlis", "--from", 2)
    assert "made without --from" in founded.try_(HERE, "record", "recover", "hilltop", "stick/part.majlis").err
    for source, code in (("stick/nowhere", 3), (HERE, 2), ("passphrase", 2), ("http://127.0.0.1:9", 3)):
        assert founded.try_(HERE, "record", "recover", "hilltop", source).code == code
    assert founded.try_(HERE, "record", "recover", "nobody", "stick/mirror").code == 3


def test_a_record_that_moved_is_recovered_where_it_is_kept_now(founded: Village) -> None:
    """R-RECOVER-2, R-MOVE-8: the new host goes on by its own key; the old one holds a copy."""
    safe = prepare(founded)
    take_copy(safe)
    draw_up(safe)
    sign(safe, "dalia", "omar")
    safe.run(NEW, "succession", "take-over", "stick/move.act")
    cosign(safe)
    old = safe.copy(safe.root.with_name("before"))
    safe.run(NEW, *ROAD)
    cosign(safe)
    safe.run(NEW, "node", "give", "stick/moved")
    safe.run(ABROAD, "witness", "cosign", "stick/moved")
    acts = safe.acts(NEW)
    for name in ("host.db", "signer.db"):
        for path in (safe.root / NEW).glob(f"{name}-*"):
            path.unlink()
        (safe.root / NEW / name).write_bytes((old.root / NEW / name).read_bytes())
    assert safe.try_(NEW, *ROAD).code == 1
    found = safe.run(NEW, "record", "recover", "hilltop", "stick/moved", "--json").json
    assert (found["behind"], found["signed"]) == ("", len(acts))
    assert safe.acts(NEW) == acts
    safe.run(NEW, *ROAD)
    outcome = safe.try_(HERE, "record", "recover", "hilltop", "stick/moved")
    assert outcome.code == 1
    assert "the charter keys moved this record" in outcome.err
    assert "R-MOVE-8" in outcome.err
    safe.run(HERE, "node", "take", "stick/moved")
    assert safe.acts() == acts


def test_a_box_comes_back_with_its_record_and_a_whole_one_is_left_alone(voting: Village) -> None:
    """R-RECOVER-1, R-NODE-3: whoever shows a longer box adds nothing to one that has all that is told of it."""
    voting.run(HERE, "box", "cast", "hilltop", 20, "--vote", "for", "--as", "m1")
    voting.run(HERE, "box", "head", "hilltop", 20, "--as", "amal")
    voting.tick()
    voting.exchange()
    voting.run(ABROAD, "node", "give", "stick/mirror")
    other = voting.copy(voting.root.with_name("other"))
    (box,) = (voting.root / HERE / "boxes").glob("*.bel")
    whole = box.read_bytes()
    box.unlink()
    voting.run(HERE, "record", "recover", "hilltop", "stick/mirror")
    assert box.read_bytes() == whole
    other.run(HERE, "box", "cast", "hilltop", 20, "--vote", "for", "--as", "m2")
    (longer,) = (other.root / HERE / "boxes").glob("*.bel")
    (shown,) = (voting.stick / "mirror" / "boxes").glob("*.bel")
    shown.write_bytes(longer.read_bytes())
    voting.run(HERE, "record", "recover", "hilltop", "stick/mirror")
    assert box.read_bytes() == whole


@pytest.mark.parametrize("how", ["lost", "old"])
@pytest.mark.parametrize("source", ["folder", "served"])
def test_a_box_that_comes_back_ends_with_the_last_head_that_is_stated(voting: Village, how: str, source: str) -> None:
    """R-NODE-3, R-RECOVER-1: what lies behind it in a copy that nobody signed as a whole is not taken."""
    from majlis.ballot.writer import ArchiveWriter

    (box,) = (voting.root / HERE / "boxes").glob("*.bel")
    old = box.read_bytes()
    voting.run(HERE, "box", "cast", "hilltop", 20, "--vote", "for", "--as", "m1")
    voting.run(HERE, "box", "head", "hilltop", 20, "--as", "amal")
    voting.tick()
    voting.exchange()
    voting.run(ABROAD, "node", "give", "stick/mirror")
    whole = box.read_bytes()
    writer = ArchiveWriter.resume(whole)
    (shown,) = (
        (voting.root / ABROAD / "boxes").glob("*.bel")
        if source == "served"
        else (voting.stick / "mirror" / "boxes").glob("*.bel")
    )
    shown.unlink()
    shown.write_bytes(whole + writer.ballot(b'{"no":"ballot"}') + writer.end_ballots())
    if how == "lost":
        box.unlink()
    else:
        box.write_bytes(old)
    if source == "served":
        port = free_port()
        with serving(voting.root, ABROAD, port):
            voting.run(HERE, "record", "recover", "hilltop", address(port))
    else:
        voting.run(HERE, "record", "recover", "hilltop", "stick/mirror")
    assert box.read_bytes() == whole
    voting.run(HERE, "box", "cast", "hilltop", 20, "--vote", "for", "--as", "m2")


def test_a_box_with_what_is_no_ballot_is_said_to_be_malformed(voting: Village) -> None:
    from majlis.ballot.writer import ArchiveWriter

    (box,) = (voting.root / HERE / "boxes").glob("*.bel")
    whole = box.read_bytes()
    box.write_bytes(whole + ArchiveWriter.resume(whole).ballot(b'{"no":"ballot"}'))
    with pytest.raises(Malformed, match="whose it is"):
        contents_of(box)
