"""Taking bundles in: what is true is kept, what is false is named, and what is held never gets smaller or other."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.host.stick import BLOB, Body, files, key, members, rewrite

from majlis.errors import Fault, Malformed, Refused
from majlis.host.bundle import make_bundle
from majlis.host.manifest import parse_manifest
from majlis.host.publish import publish_file, publish_record, write_index, write_sums
from majlis.host.reader import PublicFolder
from majlis.host.receive import receive
from majlis.institutions.words import format_words
from majlis.record import (
    check_fork,
    parse_forks,
)


@pytest.fixture(scope="module")
def body() -> Body:
    return Body()


@pytest.fixture(scope="module")
def made(tmp_path_factory, body):
    """Folders and bundles at several sizes, made once: ``made(700)``, ``made(700, 300)`` from a size on."""
    home = tmp_path_factory.mktemp("made")

    def make(size: int, *since: int):
        path = home / f"{size}-{'-'.join(map(str, since))}.majlis"
        if not path.exists():
            make_bundle(body.publish(home / str(size), size), path, every_since=since)
        return path

    return make


def outcome(received) -> tuple[str, int]:
    (record,) = received.records
    return record.outcome, record.size


def held(body: Body, folder) -> list[bytes]:
    found = PublicFolder(folder).record(body.origin, logs=[body.log], cosigners=body.mirrors)
    return found.entries


@pytest.mark.parametrize("size", [1, 255, 256, 257, 700])
def test_a_full_bundle_makes_the_folder_that_it_was_made_from(tmp_path, body, made, size):
    received = receive(made(size), tmp_path / "to")
    assert (outcome(received), received.exit_code) == (("new", size), 0)
    assert received.blobs == (size > 1)
    assert files(tmp_path / "to") == {
        path: data
        for path, data in files(made(size).parent / str(size)).items()
        if size > 1 or not path.startswith(("blobs", "SHA"))
    } | ({} if size > 1 else {"SHA256SUMS": (tmp_path / "to" / "SHA256SUMS").read_bytes()})


def test_the_same_bundle_again_changes_nothing(tmp_path, body, made):
    receive(made(700), tmp_path / "to")
    before = files(tmp_path / "to")
    received = receive(made(700), tmp_path / "to")
    assert (outcome(received), received.exit_code, received.blobs) == (("same", 700), 0, 0)
    assert files(tmp_path / "to") == before


@pytest.mark.parametrize("start", [1, 255, 256, 300, 512, 699])
def test_an_update_continues_what_is_held(tmp_path, body, made, start):
    receive(made(start), tmp_path / "to")
    received = receive(made(700, start), tmp_path / "to")
    assert (outcome(received), received.exit_code) == (("grown", 700), 0)
    assert held(body, tmp_path / "to") == body.entries


def test_several_sticks_in_any_order_without_a_gap(tmp_path, body, made):
    """R-BUNDLE-3"""
    for bundle, expected in (
        (made(256), ("new", 256)),
        (made(700, 300), ("waiting", 256)),
        (made(512, 256), ("grown", 512)),
        (made(700, 300), ("grown", 700)),
        (made(512, 256), ("older", 700)),
        (made(256), ("older", 700)),
    ):
        assert outcome(receive(bundle, tmp_path / "to")) == expected
    assert held(body, tmp_path / "to") == body.entries


def test_an_update_that_continues_another_size_says_what_to_ask_for(tmp_path, body, made):
    receive(made(256), tmp_path / "to")
    received = receive(made(700, 300), tmp_path / "to")
    assert received.exit_code == 3
    assert "--from 256" in received.records[0].text
    received = receive(made(700, 300), tmp_path / "empty")
    assert received.exit_code == 3
    assert "full bundle" in received.records[0].text


# --- cut short


def cut(path, tmp_path, size: int):
    short = tmp_path / "short.majlis"
    short.write_bytes(path.read_bytes()[:size])
    return short


@pytest.mark.parametrize("since", [(), (100,)])
def test_a_file_cut_anywhere_gives_what_arrived_and_a_whole_one_the_rest(tmp_path, body, made, since):
    """R-BUNDLE-3"""
    whole = made(700, *since)
    size = whole.stat().st_size
    reached = set()
    for at in sorted({*range(200, size, size // 14), size - 1}):
        folder = tmp_path / str(at)
        if since:
            receive(made(100), folder)
        try:
            received = receive(cut(whole, tmp_path, at), folder)
        except Fault as fault:
            assert fault.rule in ("R-BUNDLE-1", "R-BUNDLE-2")
            continue
        assert received.exit_code == 3
        record = received.records[0]
        reached.add(record.size + record.waiting)
        if record.size:
            assert held(body, folder) == body.entries[: record.size]
        again = receive(whole, folder)
        assert again.exit_code == 0
        assert held(body, folder) == body.entries
        assert not (folder / "pending").exists()
    assert 700 in reached
    assert len(reached) >= (2 if since else 4)


def test_two_halves_of_one_bundle_make_a_whole(tmp_path, body, made):
    """What waited is joined to what a later update brings, each judged under its own checkpoint."""
    whole = made(700)
    inside = members(whole)
    last = list(inside).index(f"{body.base}/tile/entries/002.p/188")
    short = rewrite(shutil.copy(whole, tmp_path / "x"), lambda all_: [all_.pop(name) for name in list(inside)[last:]])
    received = receive(short, tmp_path / "to")
    assert (outcome(received), received.records[0].waiting) == (("waiting", 0), 512)
    assert not (tmp_path / "to" / body.base).exists()
    received = receive(made(700, 512), tmp_path / "to")
    assert (outcome(received), received.exit_code) == (("new", 700), 0)
    assert held(body, tmp_path / "to") == body.entries


def test_altered_files_that_wait_are_judged_again(tmp_path, body, made):
    whole = made(700)
    short = rewrite(
        shutil.copy(whole, tmp_path / "x"), lambda inside: inside.pop(f"{body.base}/tile/entries/002.p/188")
    )
    receive(short, tmp_path / "to")
    waiting = sorted((tmp_path / "to" / "pending" / body.base).glob("delta-0-*"))[0]
    waiting.write_bytes(waiting.read_bytes().replace(b'act 7"', b'act 8"'))
    received = receive(made(700, 512), tmp_path / "to")
    assert outcome(received)[0] == "refused"
    assert not (tmp_path / "to" / body.base).exists()


# --- what is false


def altered(name: str, old: bytes, new: bytes):
    def change(inside: dict[str, bytes]) -> None:
        assert old in inside[name]
        inside[name] = inside[name].replace(old, new)

    return change


def false_in_full(body: Body):
    base = body.base
    return {
        "an entry": altered(f"{base}/tile/entries/000", b'act 9"', b'act 8"'),
        "a leaf hash": lambda inside: inside.update({f"{base}/tile/0/000": bytes(8192)}),
        "the root": altered(f"checkpoint-{base}", b"\n700\n", b"\n699\n"),
        "the manifest": altered("MANIFEST", b"to 700", b"to 699"),
        "act 0": lambda inside: inside.update(
            {f"{base}/tile/entries/000": inside[f"{base}/tile/entries/000"].replace(b'"quorum":1', b'"quorum":0')}
        ),
    }


def test_words_of_another_body_refuse_the_record(tmp_path, body, made):
    """R-BUNDLE-9: nobody who reads the list aloud is made to take it for another's."""
    path = shutil.copy(made(700), tmp_path / "a.majlis")
    words = " ".join(format_words(body.identity)).encode()
    other = " ".join(format_words("ab" * 32)).encode()
    received = receive(path, tmp_path / "true")
    assert received.records[0].words.encode() == words
    rewrite(path, lambda inside: inside.update(MANIFEST=inside["MANIFEST"].replace(words, other)))
    received = receive(path, tmp_path / "false")
    assert (received.exit_code, received.records[0].outcome) == (1, "refused")
    assert "R-BUNDLE-9" in received.records[0].text
    assert not (tmp_path / "false" / body.base).exists()


@pytest.mark.parametrize("what", ["an entry", "a leaf hash", "the root", "the manifest", "act 0"])
def test_what_the_log_did_not_sign_is_not_kept(tmp_path, body, made, what):
    """R-BUNDLE-4"""
    bundle = rewrite(shutil.copy(made(700), tmp_path / "x"), false_in_full(body)[what])
    if what == "the root":
        rewrite(bundle, altered(f"{body.base}/checkpoint", b"\n700\n", b"\n699\n"))
    received = receive(bundle, tmp_path / "to")
    assert received.exit_code in (1, 3)
    assert outcome(received)[0] in ("refused", "waiting")
    assert not (tmp_path / "to" / body.base).exists()


def test_an_altered_entry_in_an_update_leaves_the_record_as_it_was(tmp_path, body, made):
    receive(made(300), tmp_path / "to")
    before = files(tmp_path / "to")
    bundle = rewrite(
        shutil.copy(made(700, 300), tmp_path / "x"),
        altered(f"{body.base}/delta-300-700", b'act 600"', b'act 601"'),
    )
    received = receive(bundle, tmp_path / "to")
    assert (outcome(received), received.exit_code) == (("refused", 300), 1)
    assert "R-MIRROR-3" in received.records[0].text
    assert files(tmp_path / "to") == before


def test_another_key_under_the_same_name_is_refused(tmp_path, body, made):
    other = Body(seed=9)
    assert other.origin == body.origin
    receive(made(300), tmp_path / "to")
    before = files(tmp_path / "to")
    make_bundle(other.publish(tmp_path / "other"), tmp_path / "x")
    received = receive(tmp_path / "x", tmp_path / "to")
    assert (outcome(received), received.exit_code) == (("refused", 300), 1)
    assert files(tmp_path / "to") == before


def test_the_key_that_the_receiver_names_is_the_one_that_counts(tmp_path, body, made):
    assert outcome(receive(made(300), tmp_path / "a", logs=[body.log])) == ("new", 300)
    assert outcome(receive(made(300), tmp_path / "b", logs=[Body(seed=9).log])) == ("refused", 0)


def test_a_folder_whose_own_checkpoint_is_not_signed_is_said_so(tmp_path, body, made):
    """R-BUNDLE-5"""
    record = body.record(300)
    publish_record(tmp_path / "to", record, body.note(record, signer=key(99)))
    received = receive(made(700), tmp_path / "to")
    assert outcome(received)[0] == "refused"
    assert "R-BUNDLE-5" in received.records[0].text


def test_blobs_are_those_of_their_names(tmp_path, body, made):
    name = f"blobs/sha256/{BLOB[:2]}/{BLOB}"
    bundle = rewrite(shutil.copy(made(300), tmp_path / "x"), lambda inside: inside.update({name: b"other"}))
    received = receive(bundle, tmp_path / "to")
    assert (outcome(received), received.exit_code) == (("new", 300), 1)
    assert [(trouble.kind, trouble.member) for trouble in received.troubles] == [("failure", name)]
    assert not (tmp_path / "to" / name).exists()
    (tmp_path / "to" / name).parent.mkdir(parents=True)
    (tmp_path / "to" / name).write_bytes(b"damaged")
    assert receive(made(300), tmp_path / "to").blobs == 1


def test_strange_members_are_not_looked_at(tmp_path, body, made):
    bundle = rewrite(
        shutil.copy(made(300), tmp_path / "x"),
        lambda inside: inside.update({"README.txt": b"hello", "boxes/x": b"y", "inbox/z": b""}),
    )
    received = receive(bundle, tmp_path / "to")
    assert received.ignored == ("README.txt",)
    assert {trouble.member for trouble in received.troubles} == {"boxes/x", "inbox/z"}
    assert not (tmp_path / "to" / "README.txt").exists()


# --- never smaller, never another


def test_a_damaged_record_is_only_replaced_by_one_as_large(tmp_path, body, made):
    """R-BUNDLE-5"""
    receive(made(512), tmp_path / "to")
    (tmp_path / "to" / body.base / "tile" / "entries" / "001").unlink()
    received = receive(made(256), tmp_path / "to")
    assert (outcome(received), received.exit_code) == (("refused", 0), 1)
    assert "R-BUNDLE-5" in received.records[0].text
    assert outcome(receive(made(512), tmp_path / "to")) == ("new", 512)
    assert held(body, tmp_path / "to") == body.entries[:512]


def test_practice_and_earnest_do_not_mix(tmp_path, body, made):
    """R-BUNDLE-5"""
    receive(made(256), tmp_path / "to")
    bundle = rewrite(
        shutil.copy(made(700), tmp_path / "x"), altered("MANIFEST", b"\n\nlog", b"\nnotice simulated-clock\n\nlog")
    )
    with pytest.raises(Refused, match="practice"):
        receive(bundle, tmp_path / "to")


FORKS = [(700, (), 700), (700, (300,), 300), (300, (), 700), (500, (256,), 256), (512, (), 512), (256, (), 256)]


@pytest.mark.parametrize(("size", "since", "mine"), FORKS)
@pytest.mark.parametrize("at", [1, 200, 255])
def test_another_history_is_a_fork_with_evidence(tmp_path, body, made, size, since, mine, at):
    """R-FORK-4"""
    receive(made(mine), tmp_path / "to")
    before = files(tmp_path / "to")
    other = body.publish(tmp_path / "other", entries=body.parted(at, size))
    make_bundle(other, tmp_path / "x", every_since=since)
    received = receive(tmp_path / "x", tmp_path / "to")
    (record,) = received.records
    assert (record.outcome, record.size, received.exit_code) == ("fork", mine, 1)
    data = (tmp_path / "to" / record.evidence).read_bytes()
    (fork,) = parse_forks(data)
    check_fork(fork)
    assert fork.size >= at + 1
    assert since or fork.size == at + 1
    after = files(tmp_path / "to")
    assert {path: data for path, data in after.items() if path in before and path != "SHA256SUMS"} == {
        path: data for path, data in before.items() if path != "SHA256SUMS"
    }
    assert set(after) - set(before) == {record.evidence}
    assert receive(tmp_path / "x", tmp_path / "to").records[0].evidence == record.evidence


def test_a_fork_after_what_an_update_starts_from_is_found(tmp_path, body, made):
    receive(made(512), tmp_path / "to")
    other = body.publish(tmp_path / "other", entries=body.parted(400))
    make_bundle(other, tmp_path / "x", every_since=[300])
    received = receive(tmp_path / "x", tmp_path / "to")
    assert (outcome(received), received.exit_code) == (("fork", 512), 1)
    assert held(body, tmp_path / "to") == body.entries[:512]


# --- whole files


def test_two_records_are_judged_apart(tmp_path, body, made):
    town = Body("town", seed=5, acts=30)
    public = body.publish(tmp_path / "public", 300)
    publish_record(public, town.record(), town.note(town.record(), 0))
    write_index(public, [body.index, town.index])
    write_sums(public)
    make_bundle(public, tmp_path / "x")
    rewrite(tmp_path / "x", altered(f"{town.base}/tile/entries/000.p/30", b'act 9"', b'act 8"'))
    received = receive(tmp_path / "x", tmp_path / "to")
    assert {record.slug: record.outcome for record in received.records} == {"hilltop": "new", "town": "refused"}
    assert [entry.slug for entry in PublicFolder(tmp_path / "to").index()] == ["hilltop"]


def test_slugs_that_are_taken_get_the_first_digits_of_the_identity(tmp_path, body, made):
    other = Body("town", seed=5, acts=30)
    other.slug = "hilltop"
    receive(made(300), tmp_path / "to")
    make_bundle(other.publish(tmp_path / "other"), tmp_path / "x")
    assert receive(tmp_path / "x", tmp_path / "to").exit_code == 0
    assert [entry.slug for entry in PublicFolder(tmp_path / "to").index()] == [
        "hilltop",
        f"hilltop-{other.identity[:6]}",
    ]


def test_a_log_of_others_needs_its_key_and_is_not_listed_as_a_body(tmp_path, camp):
    public = tmp_path / "public"
    publish_record(public, camp.record(), camp.signed(camp.record()))
    publish_file(public, "x", b"")
    from majlis.host.layout import IndexEntry

    write_index(public, [IndexEntry(slug="camp", names={}, identity="ab" * 32, origin=camp.origin)])
    make_bundle(public, tmp_path / "x")
    assert outcome(receive(tmp_path / "x", tmp_path / "to"))[0] == "waiting"
    received = receive(tmp_path / "x", tmp_path / "to", logs=[camp.log], cosigners=[camp.witness])
    assert outcome(received) == ("new", 700)
    assert PublicFolder(tmp_path / "to").index() == []


def test_a_second_import_at_the_same_time_is_refused(tmp_path, body, made):
    from majlis.host.lock import FileLock

    with FileLock(tmp_path / ".to.import.lock"), pytest.raises(Refused):
        receive(made(300), tmp_path / "to")


def test_no_bundle_changes_nothing(tmp_path, body, made):
    bundle = rewrite(shutil.copy(made(300), tmp_path / "x"), lambda inside: inside.update({"MANIFEST": b"noise"}))
    with pytest.raises(Malformed):
        receive(bundle, tmp_path / "to")
    assert not (tmp_path / "to").exists()


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 255)), min_size=1, max_size=4))
def test_a_bundle_altered_anywhere_leaves_only_what_the_log_signed(tmp_path_factory, body, made, changes):
    home = tmp_path_factory.mktemp("altered")
    data = bytearray(made(300).read_bytes())
    for at, change in changes:
        data[at % len(data)] ^= change
    (home / "x").write_bytes(data)
    try:
        receive(home / "x", home / "to")
    except Fault:
        return
    if (home / "to" / body.base).exists():
        assert held(body, home / "to") == body.entries[:300]


def test_the_manifest_of_what_was_made_is_what_arrives(body, made):
    assert parse_manifest(members(made(700, 300))["MANIFEST"]).records[0].start == 300
