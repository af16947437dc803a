"""The digest of a body's in-force state: a Merkle root over short statements (``spec/digest.md``).

Each statement is one line of text, such as ``office clerk <key>``; the leaves are the statements in sorted order,
hashed as in RFC 6962. A phone that trusts a digest checks one statement with a handful of hashes and needs no fold.
"""

from __future__ import annotations

from majlis.institutions.charter import DAY, charter_hash
from majlis.institutions.kinds import is_current, is_sitting
from majlis.institutions.logs import is_confirmed, is_lapsed
from majlis.institutions.state import Move, State
from majlis.institutions.ticks import latest, now
from majlis.institutions.warrant import is_binding
from majlis.record.merkle import Tree, leaf_hash


def statements(state: State) -> tuple[str, ...]:
    """What is in force, as sorted lines of text."""
    if state.founding is None:
        return ()
    lines = [
        f"body {state.identity} {state.founding.type}",
        f"charter {charter_hash(state.charter)}",
        f"log {state.founding.log}",
        f"confirmed {'yes' if state.founding.confirmed is not None else 'no'}",
    ]
    lines += [f"moved {move.act} {_confirmed(state, move)}" for move in state.moves]
    lines += [f"forked {fork.act}" for fork in state.forks if fork.settled is None]
    lines += [f"charter-key {key}" for key in state.founding.charter_keys]
    lines += [f"office {h.office} {h.key}" for h in state.offices if is_current(state, h)]
    if state.roll:
        lines.append(f"roll {state.roll.root} {state.roll.leaves} {state.roll.paper}")
    if state.census:
        lines.append(f"census {state.census.inhabitants} {'counted' if state.census.countersigned else 'claimed'}")
    lines += [
        f"decision {act} {decision.motion}" for act, decision in state.decisions.items() if is_binding(state, decision)
    ]
    for act, election in state.elections.items():
        if election.result is not None:
            lines.append(f"result {act} {election.result.head}")
        else:
            opened = "open" if election.opened is not None else "announced"
            lines.append(f"election {act} {'closed' if election.closed is not None else opened}")
    lines += [f"recalled {recall.delegate} {recall.assembly}" for recall in state.recalls.values() if recall.passed]
    lines += [f"joined {m.assembly}" for m in state.memberships.values() if m.left is None]
    for body, member in state.bodies.items():
        lines.append(f"member {body} {member.seats}")
        lines += [
            f"seat {body} {seat.key}"
            for seat in member.held
            if seat.ended is None and is_sitting(state, body, seat.key)
        ]
    lines += [f"fund {unit} {amount}" for unit, amount in state.money.items()]
    return tuple(sorted(lines))


def _confirmed(state: State, move: Move) -> str:
    if is_confirmed(state, move):
        return "confirmed"
    return "lapsed" if is_lapsed(state, move) else "unconfirmed"


def digest(state: State) -> str:
    """The Merkle root, in hex, over the statements."""
    return Tree(leaf_hash(line.encode()) for line in statements(state)).root().hex()


def is_digest_due(state: State) -> bool:
    """Whether a host that ticks by itself logs a digest first: what is in force changed, or a day went by (R-DIGEST-9).

    Never where one was logged since the last tick: another would be void (R-DIGEST-2). Nor while something is missing
    here: what is in force is not known then.
    """
    if state.missing is not None:
        return False
    if state.digest is None:
        return state.founding is not None
    index, root = state.digest
    if not state.ticks or index > state.ticks[-1].index:
        return False
    shown, newest = latest(state, index), now(state)
    return shown is None or newest is None or newest - shown >= DAY or root != digest(state)
