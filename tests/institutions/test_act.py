"""R-ACT: what an entry must be to be an act, and that an act has effect once, whoever logs it and however often."""

from __future__ import annotations

import base64

import pytest
from tests.institutions.simulator import BLOB, NOTHING_SEEN, Body, Person, Simulator, act_of, grant, in_force, void

from majlis.errors import Forged, Malformed
from majlis.institutions import MAX_ENTRY, NOBODY, Seen, act_id, parse_act, sign_text
from majlis.institutions.act import check_signatures, format_text, signature_line

CLERK = Person("clerk")
OTHER = Person("other")


def entry(**changes: object) -> bytes:
    """A well-formed act of kind ``tick`` with some fields changed."""
    fields: dict = {
        "body": "ab" * 32,
        "kind": "tick",
        "author": CLERK.id,
        "nonce": b"\x07" * 16,
        "seen": NOTHING_SEEN,
        "cites": (),
        "data": {},
    }
    return sign_text(format_text(**fields | changes), CLERK.key)


def altered(old: bytes, new: bytes) -> bytes:
    """The same act with its text altered and signed again."""
    text, _, _ = entry().rpartition(b"\n\n")
    assert old in text
    return sign_text(text.replace(old, new) + b"\n", CLERK.key)


def rule_of(raw: bytes) -> str:
    """The rule by which these bytes are no act."""
    with pytest.raises(Malformed) as caught:
        parse_act(raw)
    return caught.value.rule


def test_a_written_act_reads_back() -> None:
    act = parse_act(entry(expires={"size": 9}, expects={"cd" * 32: "ef" * 32}))
    assert (act.kind, act.author, act.body) == ("tick", CLERK.id, "ab" * 32)
    assert (act.expires, act.expects) == ({"size": 9}, {"cd" * 32: "ef" * 32})
    assert check_signatures(act) == {CLERK.id}
    assert act.id == act_id(act.text)


def test_the_identity_of_act_0_is_its_own_id() -> None:
    act = parse_act(entry(body=NOBODY))
    assert act.identity == act.id
    assert parse_act(entry()).identity == "ab" * 32


def test_a_nonce_is_16_bytes() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        entry(nonce=b"short")


def test_signatures_are_no_part_of_the_id() -> None:
    text = parse_act(entry()).text
    one, other = sign_text(text, CLERK.key), sign_text(text, OTHER.key, CLERK.key)
    assert parse_act(one).id == parse_act(other).id
    assert text + b"\n" + signature_line(text, OTHER.key) + signature_line(text, CLERK.key) == other


@pytest.mark.parametrize(("size", "good"), [(MAX_ENTRY - 1, True), (MAX_ENTRY, True), (MAX_ENTRY + 1, False)])
def test_an_act_is_at_most_16_kib(size: int, good: bool) -> None:
    lacking = size - len(entry(data={"x": ""}))
    raw = entry(data={"x": "a" * lacking})
    assert len(raw) == size
    if good:
        assert parse_act(raw).data == {"x": "a" * lacking}
    else:
        assert rule_of(raw) == "R-ACT-1"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no signatures\n",
        entry().replace(b"\n", b"\r\n"),
        entry() + b"\n",
        entry().replace("— ".encode() + CLERK.id.encode(), "— clerk".encode()),
        entry().replace("— ".encode() + CLERK.id.encode(), "— ".encode() + OTHER.id.encode()),
        b"\xff" + entry(),
    ],
)
def test_an_act_is_a_note_signed_by_keys_named_in_full(raw: bytes) -> None:
    assert rule_of(raw) == "R-ACT-1"


def test_a_signature_line_is_of_64_bytes() -> None:
    text, _, line = entry().rpartition(b" ")
    blob = base64.b64decode(line)
    assert rule_of(text + b" " + base64.b64encode(blob[:-1]) + b"\n") == "R-ACT-1"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"majlis/1 ", b"majlis/2 "),
        (b"majlis/1 ", b"majlis/1  "),
        (b"majlis/1 ab", b"majlis/1 AB"),
        (b"majlis/1 ab", b"majlis/1 b"),
        (b"majlis/1 ", "majlis/1\xa0".encode()),
        (b'{"v"', b'\n{"v"'),
        (b'"data":{}}', b'"data":{}}\nmore'),
    ],
)
def test_the_text_is_two_lines_of_which_the_first_names_the_body(old: bytes, new: bytes) -> None:
    assert rule_of(altered(old, new)) == "R-ACT-2"


@pytest.mark.parametrize(
    "data",
    [
        b"{}}",
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":2}}',
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'{"a":-0}',
        b'{"a":01}',
        b'{"a":9007199254740992}',
        b'{"a":-9007199254740992}',
        b'{"a":123456789012345678901234567890}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":"\\ud800"}',
        b'{"\\udfff":1}',
        b'{"a":[[[[[[[]]]]]]]}',
        b'{"a":' + b"[" * 3000 + b"]" * 3000 + b"}",
        b"{'a':1}",
        b'{"a":1,}',
        b'{"a":tru}',
    ],
)
def test_the_second_line_keeps_the_json_profile(data: bytes) -> None:
    assert rule_of(altered(b'"data":{}', b'"data":' + data)) == "R-ACT-3"


def test_a_byte_order_mark_is_no_json() -> None:
    assert rule_of(altered(b'{"v"', b'\xef\xbb\xbf{"v"')) == "R-ACT-3"


@pytest.mark.parametrize("line", [b"[]", b"null", b"7"])
def test_the_second_line_is_an_object(line: bytes) -> None:
    assert rule_of(sign_text(b"majlis/1 " + b"ab" * 32 + b"\n" + line + b"\n", CLERK.key)) == "R-ACT-3"


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":9007199254740991}',
        b'{"a":-9007199254740991}',
        b'{"a":[[[[[[]]]]]]}',
        b'{"a":"\\ud83d\\ude00","b":true,"c":null}',
        b'{ "a" : 1 }',
    ],
)
def test_the_edges_of_the_json_profile_are_inside(data: bytes) -> None:
    parse_act(altered(b'"data":{}', b'"data":' + data))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'{"v":1,', b"{"),
        (b'"v":1', b'"v":2'),
        (b'"v":1', b'"v":true'),
        (b'"v":1,"kind":"tick"', b'"kind":"tick","v":1'),
        (b'"kind":"tick"', b'"kind":"Tick"'),
        (b'"kind":"tick"', b'"kind":"tick."'),
        (b'"kind":"tick"', b'"kind":7'),
        (b'"kind":"tick"', b'"kind":"' + b"a" * 65 + b'"'),
        (b'"author":"', b'"author":"0'),
        (b'"nonce":"', b'"nonce":"AA=='),
        (b'BwcHBw=="', b'BwcHBx=="'),
        (b'"nonce":"BwcHBwcHBwcHBwcHBwcHBw=="', b'"nonce":null'),
        (b'"seen":{"size":0,', b'"seen":{"size":-1,'),
        (b'"seen":{"size":0,', b'"seen":{"size":false,'),
        (b'"seen":{"size":0,', b'"seen":{"size":0,"more":0,'),
        (b'"seen":{"size":0,"root":"', b'"seen":{"size":0,"root":"A'),
        (b'"cites":[]', b'"cites":["ab"]'),
        (b'"cites":[]', b'"cites":{}'),
        (b'"data":{}', b'"data":[]'),
        (b'"data":{}', b'"data":{},"more":1'),
        (b'"data":{}', b'"data":{},"expires":null'),
        (b'"data":{}', b'"data":{},"expires":{"size":-1}'),
        (b'"data":{}', b'"data":{},"expires":{"moon":1}'),
        (b'"data":{}', b'"data":{},"expects":{"' + b"ab" * 32 + b'":1}'),
        (b'"data":{}', b'"data":{},"expects":{"x":"' + b"ab" * 32 + b'"}'),
        (b'"data":{}', b'"data":{},"expects":{},"expires":{}'),
    ],
)
def test_the_envelope_has_these_fields_in_this_order_and_form(old: bytes, new: bytes) -> None:
    assert rule_of(altered(old, new)) == "R-ACT-4"


def test_a_key_signs_once() -> None:
    text = parse_act(entry()).text
    with pytest.raises(Malformed) as caught:
        check_signatures(parse_act(sign_text(text, CLERK.key, CLERK.key)))
    assert caught.value.rule == "R-ACT-5"


def test_one_false_signature_spoils_the_copy() -> None:
    text = parse_act(entry()).text
    false = signature_line(text + b" ", OTHER.key)
    with pytest.raises(Forged) as caught:
        check_signatures(parse_act(sign_text(text, CLERK.key) + false))
    assert caught.value.rule == "R-ACT-5"


def test_a_copy_with_a_false_signature_does_nothing_to_the_act(north: Body) -> None:
    good = north.write("motion.table", {"text": BLOB, "grants": []}, north.clerk)
    text = parse_act(good).text
    assert north.log(sign_text(text) + signature_line(text + b" ", north.clerk.key)) is None
    assert north.record.findings[-1].rule == "R-ACT-5"
    assert in_force(north.log(good))


def test_bytes_that_are_no_act_stand_in_the_record_void(north: Body) -> None:
    before = north.state
    north.record.append(b"\x00\xff")
    assert north.state.size == before.size + 1
    assert north.state.acts == before.acts
    finding = north.record.findings[-1]
    assert (finding.kind, finding.rule, finding.index, finding.act) == ("void", "R-ACT-1", before.size, "")


def test_an_act_for_another_body_is_void_here(north: Body) -> None:
    data = {"text": BLOB, "grants": []}
    written = north.write("motion.table", data, north.clerk, body="ab" * 32)
    assert north.log(written) is None
    assert (north.record.findings[-1].rule, north.record.findings[-1].act) == ("R-ACT-6", act_of(written))
    assert in_force(north.submit("motion.table", data, north.clerk))


def test_a_record_begins_with_a_founding() -> None:
    sim = Simulator()
    body = Body(sim, "north", "committee")
    body.identity = sim.federation.add([body.write("tick", {"checkpoint": ""}, body.clerk, body=NOBODY)])
    assert body.state.identity == ""
    assert body.record.findings[-1].rule == "R-ACT-6"
    assert body.log(body.write("tick", {"checkpoint": ""}, body.clerk)) is None
    assert body.record.findings[-1].rule == "R-ACT-6"


def test_act_0_logged_again_is_a_copy(north: Body) -> None:
    standing = north.log(north.record.entries[0])
    assert (standing.index, standing.status) == (0, "in-force")
    assert (north.record.findings[-1].kind, north.record.findings[-1].rule) == ("copy", "R-ACT-7")


def test_a_payment_wrapped_anew_is_paid_once(north: Body) -> None:
    north.do("gift.receive", {"amount": 500, "unit": "SYP", "conditions": BLOB}, *north.treasurers)
    decision = north.decide(grant("spend.order", ceiling=100, purpose="flour", unit="SYP"))
    order = north.do("spend.order", {"amount": 100, "unit": "SYP", "purpose": "flour"}, north.clerk, cites=[decision])
    north.tick()
    payment = north.write("spend.pay", {"order": order, "amount": 60, "payee": BLOB}, *north.treasurers)
    first = north.log(payment)
    text = parse_act(payment).text
    for signers in (reversed(north.treasurers), north.treasurers[:1], [*north.treasurers, north.clerk]):
        again = north.log(sign_text(text, *(person.key for person in signers)))
        assert (again.index, again.status) == (first.index, "in-force")
        assert north.record.findings[-1].rule == "R-ACT-7"
    assert north.state.money["SYP"] == 440
    assert again.signers == first.signers | {north.clerk.id}


def test_an_act_waits_for_its_signatures_and_is_judged_where_they_suffice(north: Body) -> None:
    gift = {"amount": 500, "unit": "SYP", "conditions": BLOB}
    one, two = north.treasurers
    written = north.write("gift.receive", gift, one, by=[])
    text, _, _ = written.rpartition(b"\n\n")
    copy = lambda *people: north.log(sign_text(text + b"\n", *(person.key for person in people)))  # noqa: E731
    assert (copy(two).status, copy(two).rule) == ("waiting", "R-ACT-7")
    assert not north.state.money
    standing = copy(one)
    assert in_force(standing)
    assert standing.index == north.state.size - 1
    assert standing.signers == {one.id, two.id}


def test_two_keys_of_one_person_are_one_signature(north: Body) -> None:
    second = Person("another key")
    second.tag = north.treasurers[0].tag
    north.enrol(second)
    north.appoint("treasurer", second)
    gift = {"amount": 500, "unit": "SYP", "conditions": BLOB}
    assert north.submit("gift.receive", gift, north.treasurers[0], second).status == "waiting"
    assert in_force(north.submit("gift.receive", gift, *north.treasurers))


def test_a_stranger_who_logs_a_copy_early_does_nothing(north: Body) -> None:
    """Else whoever hears of a text could have it judged before it is due, and so void for ever."""
    newcomer, stranger = Person("newcomer"), Person("stranger")
    data = {"name": "Newcomer"}
    written = north.write("candidacy.declare", data, newcomer)
    text = parse_act(written).text
    assert north.log(sign_text(text, stranger.key)) is None
    assert (north.record.findings[-1].kind, north.record.findings[-1].rule) == ("void", "R-ACT-7")
    assert north.log(sign_text(text, north.clerk.key)).status == "waiting"
    north.enrol(newcomer)
    assert in_force(north.log(written))


def test_a_stranger_cannot_put_a_name_under_a_void_act(north: Body) -> None:
    stranger = Person("stranger")
    for kind in ("spend.order", "no.such.kind"):
        assert north.log(north.write(kind, {}, stranger, author=north.clerk)) is None
        assert north.record.findings[-1].rule == "R-ACT-7"


def test_a_kind_that_the_rules_do_not_know_is_void(north: Body) -> None:
    assert void(north.submit("pact.ratify", {}, north.clerk)) == "R-ACT-8"


@pytest.mark.parametrize(
    "data", [{"text": BLOB}, {"text": "ab", "grants": []}, {"text": BLOB, "grants": 7}, {"text": True, "grants": []}]
)
def test_data_have_the_form_of_their_kind(north: Body, data: dict) -> None:
    assert void(north.submit("motion.table", data, north.clerk)) == "R-ACT-9"
    assert in_force(north.submit("motion.table", {"text": BLOB, "grants": [], "later": 1}, north.clerk))


def test_a_name_turns_no_page_around(north: Body) -> None:
    person = Person("candidate")
    north.enrol(person)
    for name in ("", " a", "a ", "a\n", "a\u202eb", "a" * 201):
        assert void(north.submit("candidacy.declare", {"name": name}, person)) == "R-ACT-9"
    assert in_force(north.submit("candidacy.declare", {"name": "أمل ب"}, person))


def test_an_act_expires_by_size_and_by_time(north: Body) -> None:
    data = {"text": BLOB, "grants": []}
    size, now = north.state.size, north.sim.now
    assert void(north.submit("motion.table", data, north.clerk, expires={"size": size - 1})) == "R-ACT-10"
    assert in_force(north.submit("motion.table", data, north.clerk, expires={"size": size + 1}))
    assert void(north.submit("motion.table", data, north.clerk, expires={"time": now - 1})) == "R-ACT-10"
    assert in_force(north.submit("motion.table", data, north.clerk, expires={"time": now}))


def test_an_act_can_expect_to_be_the_next_on_a_thing(north: Body) -> None:
    north.do("gift.receive", {"amount": 500, "unit": "SYP", "conditions": BLOB}, *north.treasurers)
    decision = north.decide(grant("spend.order", ceiling=100, purpose="flour", unit="SYP"))
    order = {"amount": 10, "unit": "SYP", "purpose": "flour"}
    first = north.write("spend.order", order, north.clerk, cites=[decision], expects={decision: decision})
    second = north.write("spend.order", order, north.clerk, cites=[decision], expects={decision: decision})
    assert in_force(north.log(first))
    assert void(north.log(second)) == "R-ACT-11"
    third = {"expects": {decision: act_of(first)}, "cites": [decision]}
    assert in_force(north.submit("spend.order", order, north.clerk, **third))


def test_nobody_changes_the_last_act_on_a_thing_by_merely_citing_it(north: Body) -> None:
    motion = north.table()
    north.do("tick", {"checkpoint": north.checkpoint()}, north.sim.witnesses[0], cites=[motion])
    assert motion not in north.state.objects


def test_a_head_seen_that_this_record_never_had_marks_a_fork(north: Body) -> None:
    root = base64.b64encode(bytes.fromhex(north.state.roots[5])).decode()
    data = {"text": BLOB, "grants": []}
    for seen, marked in (
        (Seen(size=5, root=root), False),
        (Seen(size=6, root=root), True),
        (Seen(size=999, root=root), True),
    ):
        before = len(north.record.findings)
        assert in_force(north.submit("motion.table", data, north.clerk, seen=seen))
        found = north.record.findings[before:]
        assert [(finding.kind, finding.rule) for finding in found] == [("seen", "R-ACT-12")] * marked
