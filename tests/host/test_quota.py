"""Quotas: nobody fills a record, whoever exceeds theirs is told in writing, and strangers keep nobody from acting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.site.hilltop import ORIGIN, Hilltop, hosted

from majlis.crypto import SigningKey
from majlis.errors import Fault, Refused
from majlis.host import host as module
from majlis.host import snapshot, write_act
from majlis.host.chance import chance
from majlis.host.host import HeldBack, Host, Receipt
from majlis.host.quota import STRANGERS, Quota, payer_of, used_since_tick
from majlis.institutions import Charter, format_text, open_act, parse_act, sign_text
from majlis.institutions.act import Seen
from majlis.institutions.state import Key
from majlis.record import NoteKey, check_note, cosign, format_signature_line, parse_add_checkpoint, parse_note

QUOTA = 10


class Mirror:
    """Cosigns whatever it is shown, at the time it is told."""

    def __init__(self, key: SigningKey) -> None:
        self.key = key
        self.time = 1_800_000_000

    def last(self, origin: str) -> int:
        return 0

    def add_checkpoint(self, request: bytes) -> tuple[int, str]:
        self.time += 3600
        line = cosign(parse_add_checkpoint(request).note.text, "mirror.example", self.key, self.time)
        return 200, f"{format_signature_line(line)}\n"


@pytest.fixture
def hilltop(tmp_path: Path) -> Hilltop:
    return Hilltop(tmp_path / "hilltop", Charter(act_quota=QUOTA))


@pytest.fixture
def host(hilltop: Hilltop) -> Iterator[Host]:
    with hosted(hilltop) as host:
        yield host


def stranger(number: int) -> SigningKey:
    return SigningKey(number.to_bytes(32, "big"))


def fill(host: Host, hilltop: Hilltop, count: int = QUOTA) -> None:
    for _ in range(count):
        host.submit(hilltop.identity, hilltop.motion())


def tick(host: Host, hilltop: Hilltop, mirror: Mirror) -> None:
    host.tick(hilltop.identity, [mirror], hilltop.charter_keys[0])


def test_what_exceeds_a_quota_is_receipted_and_not_logged(host: Host, hilltop: Hilltop) -> None:
    fill(host, hilltop)
    size = host.hosted(hilltop.identity).record.size
    act = hilltop.motion()
    for _ in range(2):
        with pytest.raises(HeldBack) as held:
            host.submit(hilltop.identity, act)
        note = parse_note(held.value.note.encode())
        check_note(note, [NoteKey(name=ORIGIN, public_key=hilltop.log.public_key)])
        first = f"majlis-excess/1 {ORIGIN}\nact {parse_act(act).id}\nplace 0\nsize {size}\n"
        assert note.text.startswith(first)
        assert held.value.rule == "R-ACT-14"
    with pytest.raises(HeldBack, match="hand it in again after the next tick") as held:
        host.submit(hilltop.identity, hilltop.motion())
    assert "\nplace 1\n" in held.value.note
    assert host.hosted(hilltop.identity).record.size == size
    assert isinstance(host.submit(hilltop.identity, hilltop.motion(hilltop.charter_keys[1])), Receipt)


def test_at_the_next_tick_the_record_says_what_was_held_back_and_all_begin_anew(host: Host, hilltop: Hilltop) -> None:
    fill(host, hilltop)
    late = [hilltop.motion() for _ in range(3)]
    for act in late:
        with pytest.raises(HeldBack):
            host.submit(hilltop.identity, act)
    tick(host, hilltop, Mirror(hilltop.mirror_key))
    entries = host.hosted(hilltop.identity).record.entries()
    said = parse_act(entries[-1])
    assert (said.kind, said.author, said.data["count"]) == ("act.excess", hilltop.log.public_key.hex(), 3)
    assert host.state(hilltop.identity).acts[said.id].status == "in-force"
    ids = host.blobs.get(said.data["ids"])
    assert [ids[at : at + 32].hex() for at in range(0, len(ids), 32)] == [parse_act(act).id for act in late]
    for act in late:
        assert isinstance(host.submit(hilltop.identity, act), Receipt)
    tick(host, hilltop, Mirror(hilltop.mirror_key))
    assert parse_act(host.hosted(hilltop.identity).record.entries()[-1]).kind == "tick"


def test_strangers_share_one_quota_and_hold_back_nothing_that_has_an_effect(host: Host, hilltop: Hilltop) -> None:
    for number in range(100, 100 + QUOTA):
        host.submit(hilltop.identity, hilltop.motion(stranger(number)))
    with pytest.raises(HeldBack):
        host.submit(hilltop.identity, hilltop.motion(stranger(999)))
    assert isinstance(host.submit(hilltop.identity, hilltop.motion()), Receipt)
    mirror = Mirror(hilltop.mirror_key)
    checkpoint = host.cosign(hilltop.identity, [mirror])
    anybody = stranger(1000)
    receipt = host.write(hilltop.identity, "tick", {"checkpoint": checkpoint.decode()}, anybody)
    assert receipt.standing is not None
    assert receipt.standing.status == "in-force"


def test_a_name_that_others_write_into_an_act_pays_for_nothing(host: Host, hilltop: Hilltop) -> None:
    for number in range(QUOTA):
        text = format_text(
            body=hilltop.identity,
            kind="motion.table",
            author=hilltop.clerk.public_key.hex(),
            nonce=bytes([number]) * 16,
            seen=Seen(size=0, root="47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
            cites=(),
            data={"text": "ab" * 32, "grants": []},
        )
        host.submit(hilltop.identity, sign_text(text, stranger(77)))
    fill(host, hilltop)
    with pytest.raises(HeldBack):
        host.submit(hilltop.identity, hilltop.motion(stranger(78)))


def test_handing_the_same_act_in_again_costs_nothing(host: Host, hilltop: Hilltop) -> None:
    act = hilltop.motion()
    places = {host.submit(hilltop.identity, act).index for _ in range(3 * QUOTA)}
    assert len(places) == 1
    fill(host, hilltop, QUOTA - 1)
    assert host.submit(hilltop.identity, act).index in places


def test_a_group_is_parted_act_by_act(host: Host, hilltop: Hilltop) -> None:
    acts = [open_act(hilltop.motion()) for _ in range(QUOTA + 3)]
    outcomes = host.submit_group([(hilltop.identity, act) for act in acts])
    assert [type(outcome) for outcome in outcomes] == [Receipt] * QUOTA + [HeldBack] * 3
    for act, outcome in zip(acts, outcomes, strict=True):
        assert isinstance(outcome, Receipt | HeldBack)
        assert outcome.act == act.act.id


def never() -> bool:
    return False


def test_what_was_counted_before_is_not_counted_again_and_forgotten_after_a_tick(host: Host, hilltop: Hilltop) -> None:
    fill(host, hilltop, 4)
    state, clerk, signed = host.state(hilltop.identity), hilltop.clerk.public_key.hex(), open_act(hilltop.motion())
    assert used_since_tick(state)[clerk] == 4
    assert used_since_tick(state, state.size - 1) == {clerk: 1}
    for counted, left in (((0, {}), 6), ((state.size, {clerk: 9}), 1), ((state.size - 3, {clerk: 2}), 5)):
        quota = Quota(state, counted)
        assert [quota.admits(state, signed, never) for _ in range(left + 1)] == [True] * left + [False]
    tick(host, hilltop, Mirror(hilltop.mirror_key))
    quota = Quota(host.state(hilltop.identity), (state.size, {clerk: QUOTA}))
    assert [quota.admits(state, signed, never) for _ in range(QUOTA + 1)] == [True] * QUOTA + [False]


@pytest.mark.parametrize("least", [5, 1000], ids=["from a snapshot", "from its entries"])
def test_a_host_that_starts_again_remembers_both(hilltop: Hilltop, monkeypatch: pytest.MonkeyPatch, least: int) -> None:
    monkeypatch.setattr(snapshot, "LEAST", least)
    with hosted(hilltop) as host:
        fill(host, hilltop)
        with pytest.raises(HeldBack):
            host.submit(hilltop.identity, hilltop.motion())
    path = hilltop.folder / "blobs" / "excess" / hilltop.identity
    assert path.stat().st_size == 32
    path.write_bytes(path.read_bytes() + b"half of an id")
    with hosted(hilltop) as host:
        size, used = host.hosted(hilltop.identity).folded.used
        assert (size > 0, used.get(hilltop.clerk.public_key.hex(), 0)) == ((True, QUOTA) if least == 5 else (False, 0))
        with pytest.raises(HeldBack) as held:
            host.submit(hilltop.identity, hilltop.motion())
        assert "\nplace 1\n" in held.value.note
        tick(host, hilltop, Mirror(hilltop.mirror_key))
        said = parse_act(host.hosted(hilltop.identity).record.entries()[-1])
        assert (said.data["count"], len(host.blobs.get(said.data["ids"]))) == (2, 64)
        assert not path.exists()


def test_nothing_is_promised_beyond_what_can_be_noted_down(
    host: Host, hilltop: Hilltop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_HELD_BACK", 2)
    fill(host, hilltop)
    acts = [open_act(hilltop.motion()) for _ in range(4)]
    outcomes = host.submit_group([(hilltop.identity, act) for act in acts])
    assert [isinstance(outcome, HeldBack) for outcome in outcomes] == [True, True, False, False]
    assert all(isinstance(outcome, Refused) for outcome in outcomes)


def test_when_the_disk_fails_nothing_is_promised(host: Host, hilltop: Hilltop) -> None:
    fill(host, hilltop)
    (hilltop.folder / "blobs").mkdir()
    (hilltop.folder / "blobs" / "excess").write_bytes(b"a file where the folder should be")
    with pytest.raises(Fault, match="the disk failed"):
        host.submit(hilltop.identity, hilltop.motion())


def test_only_the_log_key_says_what_was_held_back(host: Host, hilltop: Hilltop) -> None:
    data = {"count": 1, "ids": "ab" * 32}
    for key, status in ((hilltop.clerk, "void"), (hilltop.log, "in-force")):
        act = write_act("act.excess", data, key, chance=chance, body=hilltop.identity)
        standing = host.submit(hilltop.identity, act).standing
        assert standing is not None
        assert standing.status == status
        assert standing.rule == ("R-ACT-15" if status == "void" else "")


def test_a_tick_is_on_nobody_s_quota(host: Host, hilltop: Hilltop) -> None:
    """R-ACT-14: or whoever keeps the host would wait for ever for the tick that they are to log."""
    mirror = Mirror(hilltop.mirror_key)
    fill(host, hilltop)
    for _ in range(2 * QUOTA):
        standing = host.tick(hilltop.identity, [mirror], hilltop.clerk).standing
        assert standing is not None
        assert standing.status == "in-force"
    fill(host, hilltop)
    last = host.state(hilltop.identity).ticks[-1]
    (before,) = host.hosted(hilltop.identity).record.entries(last.index, last.index + 1)
    void = dict(parse_act(before).data)
    with pytest.raises(HeldBack):
        host.write(hilltop.identity, "tick", void, hilltop.clerk)


def test_strangers_log_one_tick_an_hour(host: Host, hilltop: Hilltop) -> None:
    """R-ACT-14: anybody can have mirrors cosign what lies in the open, again and again; it fills no record."""
    mirror = Mirror(hilltop.mirror_key)
    mirror.time -= 3600

    def tick_of(number: int, seconds: int) -> bytes:
        mirror.time += seconds - 3600
        data = {"checkpoint": host.cosign(hilltop.identity, [mirror]).decode()}
        return write_act("tick", data, stranger(number), chance=chance, body=hilltop.identity)

    group = [(hilltop.identity, open_act(tick_of(number, 1))) for number in range(200, 205)]
    assert [type(outcome) for outcome in host.submit_group(group)] == [Receipt] + [HeldBack] * 4
    for number in range(210, 215):
        with pytest.raises(HeldBack):
            host.submit(hilltop.identity, tick_of(number, 60))
    assert host.submit(hilltop.identity, tick_of(300, 3600)).standing is not None
    assert len(host.state(hilltop.identity).ticks) == 2
    tick(host, hilltop, mirror)
    assert len(host.state(hilltop.identity).ticks) == 3


def ticks_of(host: Host, hilltop: Hilltop, mirror: Mirror, *keys: SigningKey) -> list[bytes]:
    """A tick by each of these keys, all around one checkpoint."""
    data = {"checkpoint": host.cosign(hilltop.identity, [mirror]).decode()}
    return [write_act("tick", data, key, chance=chance, body=hilltop.identity) for key in keys]


@pytest.mark.parametrize("is_keeper", [False, True])
def test_of_ticks_that_come_in_together_only_those_that_go_forward_are_logged(
    host: Host, hilltop: Hilltop, is_keeper: bool
) -> None:
    """R-ACT-14: three hundred around one cosigned checkpoint, in one group."""
    host.keepers = frozenset({hilltop.clerk.public_key.hex()} if is_keeper else ())
    mirror = Mirror(hilltop.mirror_key)
    size = host.hosted(hilltop.identity).record.size
    group = [(hilltop.identity, open_act(each)) for each in ticks_of(host, hilltop, mirror, *[hilltop.clerk] * 300)]
    outcomes = host.submit_group(group)
    assert [type(each) for each in outcomes] == [Receipt] + [HeldBack] * 299
    assert host.hosted(hilltop.identity).record.size == size + 2, "the tick, and what was held back, as one hash"
    early, late = (ticks_of(host, hilltop, mirror, hilltop.clerk)[0] for _ in range(2))
    both = host.submit_group([(hilltop.identity, open_act(each)) for each in (early, late)])
    assert [each.standing.status for each in both if isinstance(each, Receipt) and each.standing] == ["in-force"] * 2


def test_a_known_key_ticks_once_a_minute_and_its_keeper_always(host: Host, hilltop: Hilltop) -> None:
    """R-ACT-14: or one key would begin its quota anew each second."""
    mirror = Mirror(hilltop.mirror_key)
    host.keepers = frozenset()
    logged = 0
    for _ in range(59):
        mirror.time += 1 - 3600
        (entry,) = ticks_of(host, hilltop, mirror, hilltop.clerk)
        try:
            host.submit(hilltop.identity, entry)
            logged += 1
        except HeldBack:
            continue
        fill(host, hilltop)
    assert logged == 1
    with pytest.raises(HeldBack):
        host.submit(hilltop.identity, hilltop.motion())
    mirror.time += 2 - 3600
    assert isinstance(host.submit(hilltop.identity, ticks_of(host, hilltop, mirror, hilltop.clerk)[0]), Receipt)
    host.keepers = frozenset({hilltop.clerk.public_key.hex()})
    mirror.time += 1 - 3600
    assert isinstance(host.submit(hilltop.identity, ticks_of(host, hilltop, mirror, hilltop.clerk)[0]), Receipt)


def test_a_suspended_key_pays_as_a_stranger(host: Host, hilltop: Hilltop) -> None:
    """R-ACT-14"""
    state, key = host.state(hilltop.identity), stranger(4242).public_key.hex()
    for suspended, payer in ((False, key), (True, STRANGERS)):
        keys = {**state.keys, key: Key(tag="t", index=1, suspended=suspended)}
        assert payer_of(msgspec.structs.replace(state, keys=keys), key, frozenset([key])) == payer
