"""When a checkpoint is *safe*: the charter's quorum of the body's own mirrors cosigned it (``spec/certificate.md``)."""

from __future__ import annotations

from collections.abc import Sequence

from majlis.errors import Fault, Refused
from majlis.institutions.state import Founding
from majlis.record.cosignature import Cosignature, parse_cosigner_key, read_cosignatures
from majlis.record.note import Note


def read_quorum(founding: Founding, note: Note, *, rule: str) -> tuple[Cosignature, ...]:
    """The cosignatures of the body's mirrors on a checkpoint note, once they are as many as its act 0 asks for.

    Raises: Refused with ``rule``, also when the line of a mirror fails.
    """
    try:
        cosigned = read_cosignatures(note, [parse_cosigner_key(vkey) for vkey in founding.mirrors])
    except Fault as fault:
        raise Refused(f"a cosignature of the checkpoint fails: {fault.text}", rule=rule) from fault
    if len(cosigned) < founding.mirror_quorum:
        raise Refused(
            f"only {len(cosigned)} of the {founding.mirror_quorum} mirrors needed cosigned the checkpoint", rule=rule
        )
    return cosigned


def middle(times: Sequence[int]) -> int:
    """The middle of sorted times; of two middles the earlier, so that no single late clock moves it forward."""
    return times[(len(times) - 1) // 2]
