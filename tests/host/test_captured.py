"""Hosts that were captured, keys that nobody moved the record to, and folders made to accuse somebody."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
from tests.host import captured
from tests.host.captured import NEXT, STRANGE, Shelf, fetched, move, publish, receipt, village

from majlis.errors import Forged, Missing
from majlis.host import fetching
from majlis.host.bundle import make_bundle
from majlis.host.compare import compare
from majlis.host.delivery import check_receipt_in, keep, kept, read_receipt
from majlis.host.exchange import take
from majlis.host.folder import open_folder
from majlis.host.node import Node
from majlis.host.receive import receive
from majlis.host.verify import verify_folder
from majlis.institutions import sign_text
from majlis.institutions.state import State
from majlis.site.folder import FolderSource


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node.create(tmp_path / "mirror", keeper="zeina")


def bundle(folder: Path, out: Path) -> Path:
    """The folder in one file."""
    make_bundle(folder, out)
    return out


def held(node: Node) -> int:
    """How many entries the copy has."""
    with node.writing() as store:
        origins = store.origins()
        return store.record(origins[0]).size if origins else 0


@pytest.mark.parametrize("is_known", [False, True])
def test_an_old_host_that_signs_on_behind_the_move_is_not_followed(node: Node, tmp_path: Path, is_known: bool) -> None:
    """R-MOVE-8: the entries that come tell that the record was moved, whatever was held before."""
    body = village()
    old = body.log_key
    if is_known:
        assert fetched(node, publish(body, tmp_path / "before", old)).outcome == "new"
    before = held(node)
    move(body)
    handed = publish(body, tmp_path / "handed", old)
    true = body.sim.fork().bodies["north"]
    body.table()
    captured_folder = publish(body, tmp_path / "captured", old)
    taken = fetched(node, captured_folder)
    assert (taken.outcome, held(node)) == ("refused", before)
    assert "R-MOVE-8" in taken.text
    # Its last checkpoint, with the move, is good; and so is what the new host signs behind it.
    assert fetched(node, handed).outcome == ("grown" if is_known else "new")
    true.table()
    assert fetched(node, publish(true, tmp_path / "true", NEXT)).outcome == "grown"
    assert fetched(node, captured_folder).outcome == "refused"


def test_a_move_that_is_void_makes_no_host_a_copy(node: Node, tmp_path: Path) -> None:
    """R-MOVE-8: whoever keeps the record and came back from a backup is told so, and stays its host."""
    body = village()
    assert fetched(node, publish(body, tmp_path / "before", body.log_key)).outcome == "new"
    with node.writing():
        node.set_hosted(body.identity, True)
    move(body, STRANGE, body.clerk)
    newer = publish(body, tmp_path / "newer", body.log_key)
    for taken in (fetched(node, newer), *take(node, newer)):
        assert taken.outcome == "refused"
        assert "old copy" in taken.text
        assert node.body(body.identity).is_hosted


def test_what_no_known_key_signed_is_not_read_without_end(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-MIRROR-6: a stranger's checkpoint over ever so many entries fills no memory."""
    body = village()
    move(body, STRANGE, body.clerk)
    shelf = Shelf(publish(body, tmp_path / "false", STRANGE))
    monkeypatch.setattr(fetching, "_MOST_UNPROVEN", 2000)
    (taken,) = fetching.fetch(node, shelf)
    assert (taken.outcome, held(node)) == ("refused", 0)
    assert "R-MIRROR-6" in taken.text
    monkeypatch.setattr(fetching, "_MOST_UNPROVEN", 10**9)
    (taken,) = fetching.fetch(node, shelf)
    assert (taken.outcome, held(node)) == ("refused", 0)
    assert "R-MOVE-8" in taken.text


def test_a_lot_is_cut_where_it_gets_too_large(node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = village()
    for _ in range(300):
        body.table()
    monkeypatch.setattr(fetching, "_LOT_BYTES", 1)
    assert fetched(node, publish(body, tmp_path / "all", body.log_key)).outcome == "new"
    assert held(node) == len(body.record.entries)


def test_a_folder_signed_by_a_key_that_it_claims_itself_accuses_nobody(tmp_path: Path) -> None:
    """R-FORK-3: only a move that is in force by the record's own fold makes a key one of the record."""
    body = village()
    true = publish(body.sim.fork().bodies["north"], tmp_path / "true", body.log_key)
    liar = body.sim.fork().bodies["north"]
    move(liar, STRANGE, liar.clerk)
    false = publish(liar, tmp_path / "false", STRANGE)
    body.table()
    longer = publish(body, tmp_path / "longer", body.log_key)
    for other in (true, longer):
        for pair in ((other, false), (false, other)):
            (found,) = compare(*pair)
            assert found.relation == "not signed", found
    (found,) = compare(longer, true)
    assert found.relation == "extends"


def test_a_receipt_by_a_key_that_a_void_act_claims_accuses_nobody(tmp_path: Path) -> None:
    """R-DELIVER-3."""
    body = village()
    move(body, STRANGE, body.clerk)
    folder = publish(body, tmp_path / "true", body.log_key)
    with pytest.raises(Forged) as caught:
        check_receipt_in(folder, read_receipt(receipt(body, STRANGE, 3)), [])
    assert caught.value.rule != "R-DELIVER-3"
    with pytest.raises(Forged, match="R-DELIVER-3"):
        check_receipt_in(folder, read_receipt(receipt(body, body.log_key, 3)), [])


def test_a_host_that_was_lost_dropped_nothing(tmp_path: Path) -> None:
    """R-DELIVER-3: for places from the move on the old key's receipts accuse nobody; the act is handed in again."""
    body = village()
    old = body.log_key
    at = move(body)
    body.log_key = NEXT
    body.table()
    folder = publish(body, tmp_path / "moved", NEXT)
    for index in (at, at + 1):
        with pytest.raises(Missing, match="R-DELIVER-3"):
            check_receipt_in(folder, read_receipt(receipt(body, old, index)), [])
        with pytest.raises(Forged, match="R-DELIVER-3"):
            check_receipt_in(folder, read_receipt(receipt(body, NEXT, index)), [])
    with pytest.raises(Forged, match="R-DELIVER-3"):
        check_receipt_in(folder, read_receipt(receipt(body, old, at - 1)), [])
    act = next(iter(state_of(body).acts))
    check_receipt_in(folder, read_receipt(receipt(body, old, state_of(body).acts[act].index, act)), [])


def state_of(body: captured.Body) -> State:
    return body.state


def test_pages_show_no_record_that_a_key_signed_which_nobody_moved_it_to(tmp_path: Path) -> None:
    """R-MOVE-8 for every reader of a folder, not for ``verify`` alone."""
    body = village()
    true = publish(body, tmp_path / "true", body.log_key)
    assert [shown.slug for shown in FolderSource(true).bodies()] == ["north"]
    move(body, STRANGE, body.clerk)
    false = publish(body, tmp_path / "false", STRANGE)
    assert FolderSource(false).bodies() == []
    assert "R-MOVE-8" in " ".join(problem.text for problem in open_folder(false).problems)


def test_an_act_0_that_founds_nothing_crashes_nobody(node: Node, tmp_path: Path) -> None:
    body = captured.Simulator()
    nobody = captured.Body(body, "north", "committee")
    nobody.found(quorum=9)
    size = len(nobody.record.entries)
    data = {"log": captured.vkey(nobody, STRANGE), "next_log": captured.BLOB, "size": size, "root": captured.BLOB}
    nobody.log(nobody.write("host.move", data | {"checkpoint": ""}, nobody.clerk))
    for name, key in (("first", nobody.log_key), ("second", STRANGE)):
        folder = publish(nobody, tmp_path / name, key)
        assert fetched(node, folder).outcome == "refused"
        assert take(node, folder)[0].outcome == "refused"
        assert held(node) == 0
        assert FolderSource(folder).bodies() == []
        with pytest.raises(Forged):
            check_receipt_in(folder, read_receipt(receipt(nobody, STRANGE, 1)), [])
        compare(folder, tmp_path / "first")
        assert receive(bundle(folder, tmp_path / f"{name}.majlis"), tmp_path / f"{name}-in").exit_code == 1


def test_a_bundle_keeps_no_receipt_against_an_honest_host(tmp_path: Path) -> None:
    """R-BUNDLE-6: not one by a key that a void act claims, nor one by the old host for a place behind the move."""
    body = village()
    old = body.log_key
    at = move(body)
    body.log_key = NEXT
    body.table()
    claimed = body.submit("host.move", {**captured.move_data(body, STRANGE)}, body.clerk)
    assert claimed.status == "void"
    folder = publish(body, tmp_path / "moved", NEXT)
    told = {}
    for name, data in {
        "stranger": receipt(body, STRANGE, 3),
        "lost": receipt(body, old, at + 1),
        "dropped": receipt(body, NEXT, at + 1),
        "before": receipt(body, old, at - 1),
    }.items():
        (folder / "receipts").mkdir(exist_ok=True)
        told[name] = f"{sha256(data).hexdigest()}.receipt"
        (folder / "receipts" / told[name]).write_bytes(data)
    receive(bundle(folder, tmp_path / "a.majlis"), tmp_path / "to")
    kept = {path.name for path in (tmp_path / "to" / "evidence").iterdir()}
    assert kept == {told["dropped"], told["before"]}


def test_a_move_whose_kind_is_spelt_with_an_escape_is_a_move(node: Node, tmp_path: Path) -> None:
    """R-MOVE-8."""
    body = village()
    old = body.log_key
    data = captured.move_data(body)
    people = body.charter_keys[:2]
    text = body.write("host.move", data, *people).rpartition(b"\n\n")[0] + b"\n"
    spelt = text.replace(b'"host.move"', b'"host\\u002emove"')
    assert spelt != text
    standing = body.log(sign_text(spelt, *(person.key for person in people)))
    assert standing is not None
    assert standing.status == "in-force"
    body.table()
    for key, outcome in ((old, "refused"), (NEXT, "new")):
        folder = publish(body, tmp_path / outcome, key)
        assert fetched(node, folder).outcome == outcome
        assert len(FolderSource(folder).bodies()) == (outcome == "new")


def signed_by(body: captured.Body, case: str) -> tuple[captured.Body, captured.SigningKey]:
    """A record, and the key that signs the folder in which it is shown."""
    old = body.log_key
    if case == "as it was":
        return body, old
    if case == "a claimed key":
        move(body, STRANGE, body.clerk)
        return body, STRANGE
    if case == "beside a claim":
        move(body, STRANGE, body.clerk)
        return body, old
    move(body)
    if case == "the old key with the move":
        return body, old
    if case == "the sealed key with the move":
        return body, NEXT
    body.table()
    return body, old if case == "the old key behind the move" else NEXT


@pytest.mark.parametrize(
    ("case", "is_good"),
    [
        ("as it was", True),
        ("beside a claim", True),
        ("a claimed key", False),
        ("the old key with the move", True),
        ("the sealed key with the move", True),
        ("the sealed key behind the move", True),
        ("the old key behind the move", False),
    ],
)
def test_all_readers_agree_on_who_signs(node: Node, tmp_path: Path, case: str, is_good: bool) -> None:
    """R-MOVE-8: verify, pages, copies by HTTP and by folder, bundles, comparing."""
    true = publish(village(), tmp_path / "before", village().log_key)
    body, key = signed_by(village(), case)
    folder = publish(body, tmp_path / "shown", key)
    other = Node.create(tmp_path / "other", keeper="zeina")
    verdicts = {
        "verify": not any(finding.kind == "failure" for finding in verify_folder(folder).findings),
        "pages": len(FolderSource(folder).bodies()) == 1,
        "http": fetched(node, folder).outcome == "new",
        "folder": take(other, folder)[0].outcome == "new",
        "bundle": receive(bundle(folder, tmp_path / "x.majlis"), tmp_path / "into").exit_code == 0,
        "compare": compare(true, folder)[0].relation in ("same", "extends"),
    }
    assert set(verdicts.values()) == {is_good}, verdicts


def test_what_a_host_answers_keeps_no_act_from_being_handed_in_again(node: Node, tmp_path: Path) -> None:
    """R-DELIVER-3: nonsense, a receipt for another act, and one for a place where the record was moved."""
    body = village()
    old = body.log_key
    at = move(body)
    body.log_key = NEXT
    body.table()
    assert fetched(node, publish(body, tmp_path / "moved", NEXT)).outcome == "new"
    lost = body.write("motion.table", {"text": captured.BLOB, "grants": []}, body.clerk)
    act = captured.act_of(lost)
    for note, level in (
        ("x", "handed in"),
        (receipt(body, NEXT, at + 9).decode(), "handed in"),
        (receipt(body, old, at + 1, act).decode(), "handed in"),
        (receipt(body, STRANGE, at + 9, act).decode(), "handed in"),
        (receipt(body, NEXT, at + 9, act).decode(), "sequenced"),
        (receipt(body, NEXT, at + 1, act).decode(), "DROPPED"),
    ):
        keep(node, lost, note)
        (kept_act,) = kept(node, node.federation())
        assert (kept_act.level, kept_act.entry) == (level, lost), note
