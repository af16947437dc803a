"""``majlis act``: any act, drafted, shown, signed, handed in; and a record read through."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from majlis.cli.desk import Desk, add_command, ref, words_of
from majlis.cli.signing import add_signing, at_hand, hand_in, prepare, show, sign_file, write
from majlis.cli.words import act_in_words, clean, key_in_words, standing_in_words
from majlis.errors import Malformed, Missing, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from majlis.host.actfile import ActFile
    from majlis.institutions.state import Grant


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command ``act`` with its own commands."""
    parser = commands.add_parser("act", help="acts of any kind: drafted, shown, signed, handed in")
    own = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    draft = add_command(
        own,
        "draft",
        run_draft,
        help_="write an act of any kind and sign it as its author",
        example="majlis act draft hilltop census.publish --as amal \\\n    --data-json "
        '\'{"inhabitants": 2140, "places": ["hilltop"], "source": "…"}\'',
        more="spec/acts.md lists the kinds and what each says. --cite names the decision or act it rests on.",
    )
    draft.add_argument("body", metavar="BODY", help="in whose record")
    draft.add_argument("kind", metavar="KIND", help="such as founding.confirm")
    draft.add_argument("--data-json", metavar="JSON", default="{}", help="what it says, or @FILE")
    draft.add_argument("--cite", metavar="ACT", action="append", default=[], help="what it rests on: position or id")
    draft.add_argument("--blob", metavar="FILE", action="append", default=[], help="a file that it names by its hash")
    add_signing(draft, author="its author")

    carry = add_command(
        own,
        "carry-out",
        run_carry_out,
        help_="write every act that a decision allows and fully says, such as appointments",
        example="majlis act carry-out hilltop 9 --as amal",
    )
    carry.add_argument("body", metavar="BODY", help="in whose record")
    carry.add_argument("decision", metavar="DECISION", help="the act with the outcome: position or id")
    add_signing(carry, author="usually the clerk")

    shown = add_command(own, "show", run_show, help_="show an act in words", example="majlis act show stick/lina.act")
    shown.add_argument("file", metavar="FILE|BODY", help="a file with an act, or a body")
    shown.add_argument("position", metavar="POSITION", nargs="?", help="in that body's record: position or id")

    sign = add_command(
        own,
        "sign",
        run_sign,
        help_="add a signature to an act in a file, once it was shown in words",
        example="majlis act sign stick/lina.act --as lina",
    )
    sign.add_argument("file", metavar="FILE", type=Path, help="the act")
    sign.add_argument("--as", dest="person", metavar="PERSON", required=True, help="who signs")
    sign.add_argument("--key", metavar="NAME", help="with which key, where the act does not tell")
    sign.add_argument("--anyway", action="store_true", help="sign even what would be void by the copy at hand")

    submit = add_command(
        own,
        "submit",
        run_submit,
        help_="log signed acts in the record kept here; handing in the same again changes nothing",
        example="majlis act submit stick/lina.act stick/theo.act\nmajlis act submit stick/public/inbox",
        more="Files are those that other commands write with --out, or entries as they lie in inbox/ of a public\n"
        "folder. Of a folder acts are logged that are for records kept here, each with what became of it.\n"
        "What an act names and brings (a motion's text, a list) goes with it, also with --url.\n"
        "Where a quota is used up, the host's signed word for it is saved; 'majlis compare' reads it.",
    )
    submit.add_argument("files", metavar="FILE|DIR", type=Path, nargs="+", help="acts; or a folder with acts, an inbox")
    submit.add_argument("--receipts", metavar="DIR", type=Path, help="write the host's signed receipts here")

    submit.add_argument("--url", metavar="URL", help="hand them to a served host instead of logging them here")

    listed = add_command(
        own, "list", run_list, help_="list a record and what became of each act", example="majlis act list hilltop"
    )
    listed.add_argument("body", metavar="BODY", help="whose record")


def run_draft(args: argparse.Namespace) -> int:
    """The act is logged, or written to a file."""
    from majlis.institutions.profile import parse_profile

    desk = Desk(args)
    body, federation, state = at_hand(desk)
    data = parse_profile(words_of(args.data_json).encode())
    cites = [ref(state, each) for each in args.cite]
    return write(desk, body, federation, args.kind, data, cites=cites, blobs=_blobs(args.blob))


def _blobs(paths: Sequence[str]) -> dict[str, bytes]:
    from hashlib import sha256

    found = {}
    for path in paths:
        data = Path(path).read_bytes()
        found[sha256(data).hexdigest()] = data
    return found


def run_carry_out(args: argparse.Namespace) -> int:
    """What the decision allows is done, as far as it says all of it. What was done before is left."""
    desk = Desk(args)
    body, federation, state = at_hand(desk)
    act = ref(state, args.decision)
    decision = state.decisions.get(act)
    if decision is None:
        raise Malformed(f"act {args.decision} is no decision; 'majlis act list {body.slug}' shows which are")
    if not decision.carried:
        raise Refused("that motion was not carried; it allows nothing")
    grants = state.motions[decision.motion].grants
    todo = [g for g, spent in zip(grants, decision.spent, strict=True) if not spent and g.ceiling is None]
    if not todo:
        return desk.done("all that this decision says in full was done before", acts=[])
    if args.out:
        raise Malformed("what a decision allows may be several acts: write each to a file with 'majlis act draft'")
    files = [prepare(desk, body, federation, grant.kind, _full(grant), cites=[act]) for grant in todo]
    return hand_in(desk, body, files)


def _full(grant: Grant) -> dict[str, Any]:
    """The data of the act that a grant names in full. Raises: Missing, when something is left to say."""
    import msgspec

    from majlis.institutions import KINDS

    data = dict(grant.match)
    try:
        msgspec.convert(data, KINDS[grant.kind].data, strict=True)
    except msgspec.ValidationError:
        raise Missing(f"a {grant.kind} needs more than the decision says; write it with 'majlis act draft'") from None
    return data


def run_show(args: argparse.Namespace) -> int:
    """The act in words; 1 when it is void, 3 when it waits or something is not at hand. Nothing of it is stored."""
    from majlis.host.actfile import read_act_file
    from majlis.host.blobs import Blobs
    from majlis.institutions import parse_act

    desk = Desk(args)
    if args.position is None:
        file = read_act_file(Path(args.file))
        known = next((body for body in desk.node.bodies if body.identity == file.act.identity), None)
        state = desk.node.federation().records[known.identity].state if known else None
        desk.node.blobs = Blobs(desk.node.blobs.folder, shown=file.blobs)
        show(desk, file, state)
        signers = sorted(file.signers)
        desk.say(f"signed by {', '.join(map(key_in_words, signers)) or 'nobody yet'}")
        return desk.done("", act=file.act.id, kind=file.act.kind, signers=signers, data=file.act.data)
    body = desk.node.body(args.file)
    record = desk.node.federation().records[body.identity]
    standing = record.state.acts[ref(record.state, args.position)]
    found = parse_act(record.entries[standing.index])
    _, *rest = act_in_words(found, desk.node, record.state)
    words = standing_in_words(body.slug, standing.index, found.kind, standing.status, standing.rule, standing.text)
    code = {"in-force": 0, "void": 1}.get(standing.status, 3)
    facts = {"act": found.id, "index": standing.index, "kind": found.kind, "status": standing.status}
    text = "\n".join([clean(words), *(f"  {line}" for line in rest)])
    return desk.ended(code, text, **facts, rule=standing.rule, data=found.data, signers=sorted(standing.signers))


def run_sign(args: argparse.Namespace) -> int:
    """The file bears one more signature."""
    return sign_file(Desk(args), args.file, args.person, args.key)


def run_submit(args: argparse.Namespace) -> int:
    """The acts are logged; 1 when one is void, 3 when one waits for signatures or cannot be logged here."""
    from majlis.cli.handing import files_in, log_inbox, post_all, post_inbox
    from majlis.host.actfile import read_act_file

    desk = Desk(args)
    paths = files_in(args.files)
    if any(path.is_dir() for path in args.files):
        return log_inbox(desk, paths) if args.url is None else post_inbox(desk, paths, args.url)
    files: list[ActFile] = [read_act_file(path) for path in paths]
    identities = {file.act.identity for file in files}
    if len(identities) > 1:
        raise Malformed("these acts are for different records; hand in those for each record together")
    if files[0].is_founding:
        raise Refused("an act 0 begins a record: majlis found start", where=str(paths[0]))
    body = desk.node.body(identities.pop())
    if args.url is None:
        return hand_in(desk, body, files, receipts=args.receipts)
    codes, facts = post_all(desk, body, files, args.url)
    return desk.ended(max(codes), "", acts=facts)


def run_list(args: argparse.Namespace) -> int:
    """Every entry, with its kind and standing."""
    desk = Desk(args)
    body, _, state = at_hand(desk)
    lines, rows = [], []
    for index in range(state.size):
        act = state.log.get(index, "")
        standing = state.acts.get(act)
        if standing is None:
            lines.append(f"entry {index} of {body.slug}: no act, and void")
            rows.append({"index": index, "act": "", "kind": "", "status": "void", "rule": ""})
            continue
        words = standing_in_words(body.slug, index, standing.kind, standing.status, standing.rule, standing.text)
        lines.append(clean(words))
        rows.append(
            {"index": index, "act": act, "kind": standing.kind, "status": standing.status, "rule": standing.rule}
        )
    return desk.done("\n".join(lines), body=body.identity, acts=rows)
