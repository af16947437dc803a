"""What an act says, in words: shown before anybody signs it, and again to whoever looks at it later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

import msgspec

from majlis.cli.assembly_words import ASSEMBLY
from majlis.cli.succession_words import SUCCESSION

if TYPE_CHECKING:
    from majlis.host.exchange import Taken
    from majlis.host.node import Node
    from majlis.institutions import Act, State

__all__ = ["act_in_words", "clean", "key_in_words", "standing_in_words", "taken_in_words"]

_SHOWN: Final = 2_000

Data = dict[str, Any]


def act_in_words(act: Act, node: Node, state: State | None) -> Iterator[str]:
    """Sentences: in whose record, what it does, what it rests on. ``state``: of that record, where it is at hand."""
    yield from (clean(line) for line in _sentences(act, node, state))


def clean(text: str) -> str:
    """The text without characters that would steer a terminal: whoever wrote an act wrote its words."""
    return "".join(each if each.isprintable() or each == "\n" else "\N{REPLACEMENT CHARACTER}" for each in text)


def _sentences(act: Act, node: Node, state: State | None) -> Iterator[str]:
    from majlis.institutions import KINDS, NOBODY

    yield f"{act.kind}, in the record of {_body(node, act.identity if act.body != NOBODY else '')}"
    kind = KINDS.get(act.kind)
    data, say = act.data, _SAID.get(act.kind, _fields)
    try:
        if kind is None:
            yield "the rules know no such act: it would be void for ever"
            say = _fields
        else:
            data = msgspec.to_builtins(msgspec.convert(act.data, kind.data, strict=True))
    except msgspec.ValidationError as error:
        yield f"what it says does not have the form of this kind of act, so it would be void: {error}"
        say = _fields
    yield from say(data, node, state)
    for cite in act.cites:
        yield f"it cites {_act(cite, state)}"
    yield f"its author: {key_in_words(act.author)}; its id: {act.id[:16]}"
    if act.expires:
        yield f"it expires by {act.expires}"


def key_in_words(key: str) -> str:
    """The first three of a key's words, as on cards and on people's tongues, with its first digits."""
    from majlis.institutions.words import format_words

    return f"{'-'.join(format_words(key)[:3])} ({key[:8]})"


def standing_in_words(slug: str, index: int, kind: str, status: str, rule: str, text: str) -> str:
    """One line: where the act stands and what became of it."""
    why = f" by {rule}: {text}" if rule and status == "void" else f": {text}" if text else ""
    return f"act {index} of {slug}: {kind}, {'in force' if status == 'in-force' else status}{why}"


def taken_in_words(taken: Taken) -> str:
    """What became of one record of a public folder."""
    size = f", {taken.size} entries" if taken.size else ""
    lacking = f"\n  LACKING: {taken.lacking}" if taken.lacking else ""
    return f"{taken.slug}: {taken.outcome}{size}{f': {taken.text}' if taken.text else ''}{lacking}"


def _body(node: Node, identity: str) -> str:
    if not identity:
        return "a new body"
    known = [body for body in node.bodies if body.identity == identity]
    return f"{known[0].slug} ({identity[:16]})" if known else f"the body {identity[:16]}, of which no copy is here"


def _act(act: str, state: State | None) -> str:
    standing = state.acts.get(act) if state else None
    if standing is None:
        return f"the act {act[:16]}, which is not at hand"
    return f"act {standing.index} ({standing.kind}, {standing.status.replace('-', ' ')})"


def _fields(data: Data, node: Node, state: State | None) -> Iterator[str]:
    for name, value in data.items():
        text = f"{value}"
        yield f"{name}: {_act(text, state) if state and text in state.acts else text[:_SHOWN]}"


def _found(data: Data, node: Node, state: State | None) -> Iterator[str]:
    names = ", ".join(f"{name} ({language})" for language, name in data["names"].items())
    yield f"founds the {data['type']} {names}"
    yield f"{data['threshold']} of {len(data['charter_keys'])} charter keys move its record and answer for it:"
    yield from (f"  {key_in_words(key)}" for key in data["charter_keys"])
    for officer in data["officers"]:
        yield f"{officer['office'].replace('_', ' ')}: {key_in_words(officer['key'])}"
    yield f"{data['quorum']} of these mirrors make it safe: {', '.join(v.partition('+')[0] for v in data['mirrors'])}"
    if 2 * data["quorum"] <= len(data["mirrors"]) > 1:
        yield "  BEWARE: that is no more than half of them, so that two histories could both be made safe"
    yield f"its log: {data['log'].partition('+')[0]}"
    yield f"its charter: {_charter(data['charter'])}"


def _charter(charter: Data) -> str:
    """Where a charter differs from the reference charter, with the reference in brackets."""
    from majlis.institutions import Charter

    usual = msgspec.to_builtins(Charter())
    other = [
        f"{name} {_short(value)} (usually {_short(usual[name])})"
        for name, value in charter.items()
        if msgspec.json.encode(value) != msgspec.json.encode(usual[name])
    ]
    return f"the reference charter but for {', '.join(other)}" if other else "the reference charter"


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return f"{value['part'][0]}/{value['part'][1]} of {value['base']}"
    return f"{value[0]}/{value[1]}" if isinstance(value, list) else f"{value}"


def _table(data: Data, node: Node, state: State | None) -> Iterator[str]:
    yield f"puts this on the table: {_prose(node, data['text'])}"
    if not data["grants"]:
        yield "it allows nothing by itself: an opinion, or a rule for whoever reads it"
    for grant in data["grants"]:
        if grant["kind"] == "office.appoint" and set(grant["match"]) == {"office", "key", "of", "term_days"}:
            yield f"if carried, it {', '.join(_appoint(grant['match'], node, state))}"
            continue
        particulars = ", ".join(f"{name} {str(value)[:40]}" for name, value in grant.get("match", {}).items())
        ceiling = f", up to {grant['ceiling']} in all" if grant.get("ceiling") is not None else ""
        yield f"if carried, it allows {grant['kind']}{': ' if particulars else ''}{particulars}{ceiling}"


def _prose(node: Node, digest: str) -> str:
    from majlis.errors import Fault

    try:
        text = node.blobs.get(digest).decode("utf-8", "replace").strip()
    except Fault:
        return f"a text that is not at hand ({digest[:16]}); do not sign what you have not read"
    return f"“{text[:_SHOWN]}”"


def _call(data: Data, node: Node, state: State | None) -> Iterator[str]:
    yield "calls a meeting on:"
    for motion in data["motions"]:
        known = state.motions.get(motion) if state else None
        yield f"  {_act(motion, state)}" + (f": {_prose(node, known.text)}" if known else "")


def _hand(data: Data, node: Node, state: State | None) -> Iterator[str]:
    known = state.motions.get(data["motion"]) if state else None
    yield f"counts hands on {_act(data['motion'], state)}" + (f": {_prose(node, known.text)}" if known else "")
    yield f"{data['present']} present: {data['yes']} for, {data['no']} against, {data['abstain']} abstaining"


def _enrol(data: Data, node: Node, state: State | None) -> Iterator[str]:
    yield f"enrols the key {key_in_words(data['key'])} of the person with the tag {data['tag'][:8]}"
    yield "whoever holds that key signs too: the proof that it is theirs"


def _appoint(data: Data, node: Node, state: State | None) -> Iterator[str]:
    office = data["office"].replace("_", " ")
    yield f"appoints {key_in_words(data['key'])} as {office} for {data['term_days']} days"
    yield f"sent by {_body(node, data['of'])}"


def _roll(data: Data, node: Node, state: State | None) -> Iterator[str]:
    yield f"commits to a roll of {data['leaves']} members, {data.get('paper', 0)} of whom vote on paper"


def _announce(data: Data, node: Node, state: State | None) -> Iterator[str]:
    if data["purpose"] == "delegates":
        yield f"announces the election of {data['seats']} delegates to {_body(node, data['subject'])}"
        yield f"{len(data['candidates'])} candidates stand"
    else:
        yield f"announces a secret ballot ({data['purpose']}) on {_act(data['subject'], state)}"
        known = state.motions.get(data["subject"]) if state else None
        if known:
            yield _prose(node, known.text)


def _accuse(data: Data, node: Node, state: State | None) -> Iterator[str]:
    yield f"accuses trustee number {data['accused']} of a lie in making the key; if it is true, this ballot is ended"
    yield from _of_election("says so")(data, node, state)


def _of_election(what: str) -> Callable[[Data, Node, State | None], Iterator[str]]:
    def say(data: Data, node: Node, state: State | None) -> Iterator[str]:
        yield f"{what}; the ballot announced by {_act(data['election'], state)}"
        if "ballots" in data:
            yield f"{data['ballots']} ballots, repeated votes included, up to event {data['height']}"
        if "votes" in data:
            yield f"the box says: {', '.join(map(str, data['votes']))} in the paper's order, {data['blank']} blank"
        if "voters" in data:
            yield f"{data['voters']} keys on the list, which is {data['credentials'][:16]}"

    return say


def _dice(data: Data, node: Node, state: State | None) -> Iterator[str]:
    yield from _of_election("states the dice that bodies threw for the lot, since trustees gave none")(
        data, node, state
    )
    for throw in data["throws"]:
        yield f"  {_body(node, throw['of'])}: {throw['dice']}"


def _replace_key(data: Data, node: Node, state: State | None) -> Iterator[str]:
    how = "by the recovery key that was committed to" if data.get("recovery") else "by decision"
    yield f"puts a new key in the place of an old one, {how}; the old one is dead from then on"
    yield f"  old: {key_in_words(data['key'])}"
    yield f"  new: {key_in_words(data['new'])}"


def _replace_charter_key(data: Data, node: Node, state: State | None) -> Iterator[str]:
    yield "puts a new charter key in the place of an old one, by decision"
    yield f"  old: {key_in_words(data['key'])}"
    yield f"  new: {key_in_words(data['new'])}"


def _confirm(data: Data, node: Node, state: State | None) -> Iterator[str]:
    yield "confirms the founding: from here on all kinds of act can be in force"


def _plan(what: str) -> Callable[[Data, Node, State | None], Iterator[str]]:
    def say(data: Data, node: Node, state: State | None) -> Iterator[str]:
        yield what
        if "districts" in data:
            yield f"{data['districts']} districts with {data['inhabitants']} inhabitants"
            yield f"the plan is the file {data['plan'][:16]}"
        if "district" in data:
            yield f"as district {data['district']} with {data['seats']} seats, in {_body(node, data['assembly'])}"
        if "certificate" in data:
            yield f"of {_body(node, data['certificate']['body'])}, with this row: {data['row']}"

    return say


def _count(data: Data, node: Node, state: State | None) -> Iterator[str]:
    yield f"publishes that {data['inhabitants']} people live in {', '.join(data['places'])}"
    yield f"a claim until another body's counter signs it; the table is the file {data['source'][:16]}"


def _countersign(data: Data, node: Node, state: State | None) -> Iterator[str]:
    yield f"countersigns a count: a counter of {_body(node, data['certificate']['body'])} finds {data['inhabitants']}"
    figure = state.census if state is not None else None
    if figure is not None and figure.act == data["figure"]:
        yield f"the body published {figure.inhabitants}, in act {figure.index}; the lower of the two counts"


def _head(data: Data, node: Node, state: State | None) -> Iterator[str]:
    size = [*data["checkpoint"].split("\n"), ""][1]
    yield f"shows that mirrors saw the record of {_body(node, data['body'])} up to {size} entries"
    yield "whom that record recalled by then, or whose key died there, sits here no longer"


def _tick(data: Data, node: Node, state: State | None) -> Iterator[str]:
    lines = data["checkpoint"].split("\n")
    yield f"logs the mirrors' time over the first {lines[1]} entries of {lines[0]}"


_SAID: Final[dict[str, Callable[[Data, Node, State | None], Iterator[str]]]] = {
    "found": _found,
    "founding.confirm": _confirm,
    "motion.table": _table,
    "session.call": _call,
    "decision.hand": _hand,
    "key.enrol": _enrol,
    "key.replace": _replace_key,
    "charterkey.replace": _replace_charter_key,
    "office.appoint": _appoint,
    "roll.commit": _roll,
    "census.publish": _count,
    "census.countersign": _countersign,
    "plan.adopt": _plan("adopts a plan of seats"),
    "plan.amend": _plan("puts another plan of seats forward, which binds nobody until enough bodies have accepted it"),
    "plan.accept": _plan("accepts another plan of seats"),
    "plan.ratify": _plan("delivers that a body accepts another plan of seats, or that nothing changes for it"),
    "plan.challenge": _plan("lays another plan beside that of seats, to be compared by anybody"),
    "federation.join": _plan("joins an assembly, and ratifies its charter and its plan of seats"),
    "federation.admit": _plan("admits a body that joined"),
    "election.announce": _announce,
    "election.list": _of_election("publishes the anonymous list of those who may vote"),
    "election.open": _of_election("opens the box"),
    "box.head": _of_election("logs how far the box has come"),
    "election.close": _of_election("closes the box"),
    "election.result": _of_election("publishes the result"),
    "election.paper": _of_election("elects delegates on paper, counted by tellers before the list keeper"),
    "trustee.key": _of_election("publishes a trustee's part of the key, made for this ballot alone"),
    "trustee.certify": _of_election("certifies the two keys by which a trustee signs and reads while the key is made"),
    "trustee.promise": _of_election("commits to a trustee's part of the joint key, before anybody shows theirs"),
    "trustee.deal": _of_election("shows a trustee's part of the joint key, with the sealed shares of the others"),
    "trustee.share": _of_election("publishes the key of a trustee's share, all that was dealt being checked"),
    "trustee.accuse": _accuse,
    "box.shuffle": _of_election("shuffles the ranked votes, so that none leads back to a ballot"),
    "decryption.commit": _of_election("commits to a trustee's part of the opening, before anybody shows theirs"),
    "decryption.reveal": _of_election("shows a trustee's part of the opening, as committed"),
    "lot.share": _of_election("gives a trustee's share of the public lot among tied candidates"),
    "lot.dice": _dice,
    "trustee.forget": _of_election("says that the trustee destroyed the secret made for it, and every copy"),
    "objection.raise": _of_election("objects: the ballot that counts is not the one that this member cast"),
    "tick": _tick,
    "head.show": _head,
    **ASSEMBLY,
    **SUCCESSION,
}
