"""What a verification says: findings, void acts, one verdict and one sentence (``spec/verify.md``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from majlis.host.folder import Counted

SOUND, FAILED, INCOMPLETE, NON_CANONICAL, UNKNOWN = 0, 1, 3, 4, 5
Kind = Literal["failure", "missing", "non-canonical", "warning", "note"]

_VERDICTS: Final = {
    SOUND: "sound",
    FAILED: "failed",
    INCOMPLETE: "incomplete",
    NON_CANONICAL: "not canonical",
    UNKNOWN: "consistent, identity unknown",
}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing found. Fields that do not apply are empty or None."""

    kind: Kind
    text: str
    rule: str = ""
    body: str = ""
    index: int | None = None
    box: str = ""
    ballot: str = ""
    file: str = ""


class VoidAct(msgspec.Struct, frozen=True, kw_only=True):
    """An act that stands in its record without effect."""

    body: str
    slug: str
    index: int
    act: str
    kind: str
    rule: str
    text: str


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """One record as it lies here: so many entries with this root (base64), and when it was last seen by its mirrors.

    ``tick``: Unix seconds UTC of the newest tick, None before any. ``age``: seconds since then, None where no clock was
    asked or the folder's own is simulated.
    """

    body: str
    slug: str
    size: int
    root: str
    tick: int | None
    age: int | None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a verification says. ``exit_code`` 0 sound, 1 failed, 3 incomplete, 4 non-canonical, 5 identity unknown."""

    ok: bool
    verdict: str
    exit_code: int
    summary: str
    findings: tuple[Finding, ...]
    void: tuple[VoidAct, ...]
    checked: Counted
    unknown: tuple[str, ...]
    records: tuple[Looked, ...] = ()


def give_verdict(
    findings: Sequence[Finding],
    void: Sequence[VoidAct],
    checked: Counted,
    unknown: Sequence[tuple[str, str]],
    looked: Sequence[Looked],
    *,
    accept_unknown: bool,
    pinned: bool,
) -> Verdict:
    """The verdict on these findings. ``unknown``: identity and slug of each body that no pin makes known."""
    kinds = {finding.kind for finding in findings}
    if "failure" in kinds:
        code = FAILED
    elif "non-canonical" in kinds:
        code = NON_CANONICAL
    elif "missing" in kinds:
        code = INCOMPLETE
    elif unknown and not accept_unknown:
        code = UNKNOWN
    else:
        code = SOUND
    seen = (
        f"{checked.records} records with {checked.acts:,} acts ({len(void)} void), {checked.boxes} boxes with "
        f"{checked.ballots:,} ballots, {checked.files:,} files"
    )
    names = ", ".join(sorted(slug for _, slug in unknown)[:6])
    if code in (FAILED, NON_CANONICAL):
        summary = _wrong(findings)
    elif code == INCOMPLETE:
        missing = sum(finding.kind == "missing" for finding in findings)
        summary = f"what is here holds, and {missing} things are missing; {seen}"
    elif code == UNKNOWN:
        how = "none of them follows from what you pinned" if pinned else "you pinned nothing (--trust FILE)"
        summary = f"everything agrees with itself, but who these bodies are is not known: {how} ({names}); {seen}"
    elif unknown:
        summary = f"everything holds; taken on faith: the identities of {len(unknown)} bodies ({names}); {seen}"
    else:
        summary = f"everything holds, and every identity follows from what you pinned; {seen}"
    return Verdict(
        ok=code == SOUND,
        verdict=_VERDICTS[code],
        exit_code=code,
        summary=summary,
        findings=tuple(findings),
        void=tuple(void),
        checked=checked,
        unknown=tuple(identity for identity, _ in unknown),
        records=tuple(looked),
    )


def _wrong(findings: Sequence[Finding]) -> str:
    wrong = [finding for finding in findings if finding.kind in ("failure", "non-canonical")]
    first = wrong[0]
    count = f"{len(wrong)} things are wrong, the first" if len(wrong) > 1 else "one thing is wrong"
    return f"{count}: {first.file or first.box or first.body}: {first.text}"
