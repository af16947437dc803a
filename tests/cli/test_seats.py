"""``majlis seats`` on the real places of a governorate: challenged, counted anew, amended, accepted, and verified.

A federation is played in memory; a stranger holds copies of its records in a folder, and every act comes of a command
there. Where the author is an officer or a charter key of the federation, the command writes what is to be signed, and
the federation's people sign that.
"""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.stories.play import verify_program

from majlis.census import Plan, amend_plan, compare_plans, draw_plan, format_plan, moved_places, parse_places
from majlis.cli import desk
from majlis.demo.committee import Committee
from majlis.demo.federation import AFFILIATES, Federation
from majlis.demo.publishing import NOTICES
from majlis.demo.setting import Setting
from majlis.demo.tell import QuietTeller
from majlis.demo.world import World
from majlis.host.actfile import read_act_file
from majlis.host.keyring import Strength
from majlis.host.layout import IndexEntry
from majlis.host.publish import publish_blob, publish_record, write_index, write_sums
from majlis.host.trust import format_trust
from majlis.main import main

GROUP = "As-Suwayda"
SHAQQA = "164479"
SMALL = {SHAQQA, "164917", "173331", "166141"}
pytestmark = pytest.mark.xdist_group("seats")


class Strange:
    """A folder with copies of all records of a federation, the federation itself, and two counts of its people."""

    def __init__(self, root: Path, places: bytes, plan: Plan) -> None:
        self.root, self.old, self.plan = root, places, plan
        self.new = places.replace(b",8324\n", b",10900\n")
        self.setting = Setting(root / "host", map)
        self.setting.found_witnesses([*(slug for slug, _ in AFFILIATES), "assembly"])
        self.world = World(self.setting, QuietTeller())
        self.federation = Federation(self.world, plan, GROUP, 12, map)
        self.federation.source = self.world.host.blobs.put(places)
        self.federation.found(self.setting.mirror_keys, 2)
        self.world.tick()
        self.federation.countersign()
        self.federation.constitute()
        self.federation.admit()
        self.world.tick()
        (root / "old.csv").write_bytes(self.old)
        (root / "new.csv").write_bytes(self.new)
        (root / "word").write_text("nine wells and one fig tree\n")
        self.run("node", "new", "--keeper", "strange", folder=True)
        self.run("key", "new", "strange", folder=True)
        self.take()

    @property
    def assembly(self) -> Any:
        return self.world.host.state(self.federation.assembly.identity)

    def body(self, slug: str) -> Committee:
        return next(body for body in self.federation.everyone() if body.slug == slug)

    def try_(self, *words: object, folder: bool = False) -> tuple[int, str, str]:
        """One command, whatever becomes of it: code, output, errors."""
        more = ["--data", str(self.root / "copy"), "--passphrase-file", str(self.root / "word")] if folder else []
        out, err = io.StringIO(), io.StringIO()
        before, desk.STRENGTH = desk.STRENGTH, Strength(ops=1, memory=8192)
        try:
            with redirect_stdout(out), redirect_stderr(err):
                code = main([*map(str, words), *more])
        finally:
            desk.STRENGTH = before
        return code, out.getvalue(), err.getvalue()

    def run(self, *words: object, folder: bool = False) -> str:
        code, out, err = self.try_(*words, folder=folder)
        assert code == 0, (words, out, err)
        return out

    def publish(self) -> Path:
        """Everything that is safe, as files."""
        self.world.tick()
        self.world.seal_all()
        host, folder = self.world.host, self.root / "public"
        everyone = self.federation.everyone()
        for body in everyone:
            publish_record(folder, host.hosted(body.identity).record, host.hosted(body.identity).safe)
        for digest in host.blobs.names():
            publish_blob(folder, host.blobs.get(digest))
        self._index(())
        return folder

    def _index(self, notices: tuple[str, ...]) -> None:
        folder, everyone = self.root / "public", self.federation.everyone()
        entries = [IndexEntry(slug=b.slug, names=b.names, identity=b.identity, origin=b.origin) for b in everyone]
        write_index(folder, entries, notices)
        write_sums(folder)

    def take(self) -> None:
        self.run("node", "take", self.publish(), folder=True)

    def seats(self, *words: object) -> Any:
        """The act that ``majlis seats`` writes."""
        path = self.root / "an.act"
        path.unlink(missing_ok=True)
        self.run("seats", *words, "--as", "strange", "--out", path, folder=True)
        file = read_act_file(path)
        for blob in file.blobs.values():
            self.world.host.blobs.put(blob)
        return file

    def submit(self, *words: object) -> str:
        """An act that anybody may author is logged; what became of it."""
        file = self.seats(*words)
        self.world.host.submit(file.act.identity, file.entry)
        return str(self.world.host.state(file.act.identity).acts[file.act.id].status)

    def decide(self, slugs: list[str]) -> None:
        """The members of these bodies are asked, agree, and what they decided is done."""
        asked = {}
        for slug in slugs:
            file = self.seats("propose", slug, "--assembly", "assembly", "--anyway")
            body = self.body(slug)
            (grant,) = file.act.data["grants"]
            motion = body.act("motion.table", file.act.data, body.one("clerk"))
            asked[slug] = (motion, body.call(motion), grant)
        self.world.tick()
        self.world.pass_days(8)
        decided = {slug: self.body(slug).decide(call, motion, yes=9, no=1) for slug, (motion, call, _) in asked.items()}
        self.world.tick()
        self.world.pass_days(8)
        for slug, (_, _, grant) in asked.items():
            body = self.body(slug)
            body.act(grant["kind"], grant["match"], body.one("clerk"), cites=(decided[slug],))

    def recount(self, slug: str) -> None:
        """The people of the district that the plan put forward gives this body, by the new table, countersigned."""
        body, other = self.body(slug), self.federation.neighbour(self.body(slug))
        words = ("--assembly", "assembly", "--district", slug, "--places", self.root / "new.csv", "--anyway")
        file = self.seats("count", slug, *words)
        body.act("census.publish", file.act.data, body.one("clerk"))
        self.take()
        counted = ("--of", other.slug, "--inhabitants", file.act.data["inhabitants"], "--anyway")
        file = self.seats("countersign", slug, *counted)
        body.act("census.countersign", file.act.data, other.one("counter"), body.one("clerk"))

    def verified(self, folder: Path) -> tuple[int, list[dict[str, Any]]]:
        """What a stranger finds, who is told that the clock is simulated: it is behind every other one."""
        self._index(NOTICES)
        trust = self.root / "trust.txt"
        trust.write_text(format_trust([self.federation.districts[0].identity]))
        code, found = verify_program(folder, "--trust", trust)
        return code, found["findings"]


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory, project_root: Path) -> Strange:
    """The federation of As-Suwayda, with a plan of all Syria that is not the best one known."""
    table = (project_root / "examples" / "syria" / "places.csv").read_bytes()
    lines = [line for line in table.splitlines(keepends=True) if line.startswith((b"#", b"id,")) or b",As-S" in line]
    places = b"".join(lines)
    return Strange(tmp_path_factory.mktemp("seats"), places, draw_plan(parse_places(places), seed="first"))


def test_the_plan_is_challenged_amended_accepted_and_verified(strange: Strange) -> None:
    """R-FED-10, R-FED-13 to R-FED-16, R-PLAN-18, R-PLAN-19, R-VERIFY-7, in the order in which a year brings them."""
    root = strange.root
    (root / "first.json").write_bytes(format_plan(strange.plan))
    code, out, err = strange.try_(
        *("seats", "challenge", "assembly", root / "first.json", "--places", root / "old.csv", "--as", "strange"),
        *("--out", root / "an.act"),
        folder=True,
    )
    assert (code, "Neither is better" in out, "which stands" in err) == (1, True, True)

    said = strange.run(
        *("plan", "--amend", root / "first.json", root / "new.csv", "--out", root / "second.json"),
    )
    assert "From that plan to this, 5,116 inhabitants in 1 place change district." in said
    plan = amend_plan(strange.plan, parse_places(strange.new))
    assert (root / "second.json").read_bytes() == format_plan(plan)
    assert moved_places(strange.plan, plan, parse_places(strange.new)) == (SHAQQA,)

    tables = ("--places", root / "new.csv", "--anyway")
    file = strange.seats("amend", "assembly", root / "second.json", *tables)
    keys = strange.federation.assembly.charter_keys[:2]
    act = strange.federation.assembly.act("plan.amend", file.act.data, *keys)
    assert strange.assembly.amendment.act == act
    strange.take()
    assert strange.verified(root / "public") == (0, [])

    rows = {district.id: district for district in plan.districts}
    before = {district.id: district for district in strange.plan.districts}
    changed = [slug for slug, row in rows.items() if row.places != before[slug].places]
    assert "qanawat" in changed
    assert len(changed) == 2
    for slug in changed:
        strange.recount(slug)
        counted = strange.world.host.state(strange.body(slug).identity).census
        assert counted is not None
        assert (counted.inhabitants, counted.places) == (rows[slug].inhabitants, rows[slug].places)
        assert counted.countersigned is not None
        assert counted.source == file.act.data["places"]
    strange.take()
    largest = sorted(set(rows) - set(changed), key=lambda slug: -rows[slug].inhabitants)
    asked = [*changed, *largest][:4]
    strange.decide(asked)
    strange.take()
    for number, slug in enumerate(asked, start=1):
        assert strange.submit("deliver", "assembly", slug) == "in-force"
        assert (strange.assembly.plan.act == act) == (number == 4)
    strange.take()
    (last,) = set(rows) - set(asked)
    assert strange.submit("deliver", "assembly", last) == "in-force"
    members = {member.district: member for member in strange.assembly.bodies.values()}
    assert {slug: (m.inhabitants, m.seats, m.plan) for slug, m in members.items()} == {
        slug: (row.inhabitants, row.seats, act) for slug, row in rows.items()
    }
    assert strange.verified(strange.publish()) == (0, [])


def test_a_better_plan_laid_beside_is_a_warning(strange: Strange, tmp_path: Path) -> None:
    """R-FED-15, R-VERIFY-7: four villages that need not be one district are; another plan parts them."""
    lines = strange.old.decode().splitlines()
    header = next(n for n, line in enumerate(lines) if line.startswith("id,"))
    told = [*lines[:header], f"{lines[header]},together"]
    told += [f"{line},{'all' if line.split(',')[0] in SMALL else ''}" for line in lines[header + 1 :]]
    places = parse_places(strange.old)
    one = draw_plan(parse_places("\n".join(told).encode()))
    plans = [replace(one, bound=2), draw_plan(places)]
    verdict = compare_plans(plans[0], plans[1], places)
    assert (verdict.better, verdict.by) == (1, "pooled")
    worse, better = plans
    for name, plan in (("worse", worse), ("better", better)):
        (tmp_path / f"{name}.json").write_bytes(format_plan(plan))
    (tmp_path / "old.csv").write_bytes(strange.old)
    tables = ("--places", tmp_path / "old.csv", "--anyway")
    assembly = strange.federation.assembly
    forward = strange.seats("amend", "assembly", tmp_path / "worse.json", *tables)
    act = assembly.act("plan.amend", forward.act.data, *assembly.charter_keys[:2])
    strange.world.host.blobs.put(format_plan(better))
    courier = strange.world.courier
    laid = {"of": act, "plan": sha256(format_plan(better)).hexdigest()}
    assembly.act("plan.challenge", laid, courier)
    junk = strange.world.host.blobs.put(b"no plan")
    assembly.act("plan.challenge", {"of": act, "plan": junk}, courier)
    assembly.act("plan.challenge", {"of": act, "plan": "00" * 32}, courier)
    code, findings = strange.verified(strange.publish())
    assert code == 0
    said = [(each["kind"], each["text"]) for each in findings if each["rule"] == "R-PLAN-18"]
    assert [kind for kind, _ in said] == ["warning", "note", "note"]
    assert "is better: by pooled districts, 2 against 1" in said[0][1]
    assert "is no other plan to choose" in said[1][1]
    assert "is not here" in said[2][1]


def test_a_plan_of_another_is_not_put_forward(strange: Strange, tmp_path: Path) -> None:
    places = parse_places(strange.old)
    plan = amend_plan(draw_plan(places, seed="another"), places)
    (tmp_path / "plan.json").write_bytes(format_plan(plan))
    (tmp_path / "old.csv").write_bytes(strange.old)
    words = ("seats", "amend", "assembly", tmp_path / "plan.json", "--places", tmp_path / "old.csv", "--as", "strange")
    code, _, err = strange.try_(*words, folder=True)
    assert (code, "amends another one than the plan in force" in err) == (1, True)


def test_what_cannot_be_counted_is_said(strange: Strange, tmp_path: Path) -> None:
    """R-CENSUS-2: there is a district, a number for each of its places, and a figure before anybody countersigns it."""
    (tmp_path / "old.csv").write_bytes(strange.old)
    (tmp_path / "gap.csv").write_bytes(strange.old.replace(b",14784\n", b",0\n"))
    count = ("seats", "count", "shahba", "--assembly", "assembly", "--as", "strange", "--out", tmp_path / "an.act")
    for district, table, expected, said in (
        ("sweida", "old.csv", 3, "no district 'sweida'; it has as-suwayda, qanawat, "),
        ("shahba", "gap.csv", 2, "gap.csv: the table does not say how many live in 164626"),
    ):
        words = (*count, "--district", district, "--places", tmp_path / table, "--anyway")
        code, _, err = strange.try_(*words, folder=True)
        assert (code, said in err) == (expected, True), err
    sign = ("seats", "countersign", AFFILIATES[0][0], "--of", "shahba", "--inhabitants", 9, "--as", "strange")
    code, _, err = strange.try_(*sign, "--out", tmp_path / "an.act", folder=True)
    assert (code, "has published no figure yet: majlis seats count" in err) == (3, True), err
    code, _, err = strange.try_(*sign[:6], "nine", *sign[7:], folder=True)
    assert (code, "'nine' is not a whole number of people" in err) == (2, True), err
    assert not (tmp_path / "an.act").exists()


def test_nothing_is_delivered_of_a_copy_that_no_mirror_cosigned(strange: Strange, tmp_path: Path) -> None:
    """R-CERT-2: a stick that came straight from the host says so, and where to take a copy that counts."""
    path = strange.root / "copy" / "checkpoints" / strange.body("shahba").identity
    whole = path.read_bytes()
    head, _, signatures = whole.partition(b"\n\n")
    path.write_bytes(head + b"\n\n" + signatures.splitlines(keepends=True)[0])
    words = ("seats", "deliver", "assembly", "shahba", "--as", "strange", "--out", tmp_path / "an.act", "--anyway")
    try:
        code, _, err = strange.try_(*words, folder=True)
    finally:
        path.write_bytes(whole)
    assert code == 3
    assert "proves nothing to others: only 0 of the 2 mirrors needed cosigned the checkpoint" in err
    assert "take what 'majlis publish' wrote" in err
    strange.run(*words, folder=True)


def test_heads_of_the_districts_are_shown_to_their_assembly(strange: Strange, tmp_path: Path) -> None:
    """By anybody with copies; files for a record kept elsewhere; and nothing that was shown before."""
    strange.take()
    folder = tmp_path / "heads"
    words = ("seats", "heads", "assembly", "--as", "strange")
    code, _, err = strange.try_(*words, folder=True)
    assert (code, "name a file with --out" in err) == (2, True), err
    said = strange.run(*words, "--out", folder, folder=True)
    files = sorted(folder.iterdir())
    members = {body for body, member in strange.assembly.bodies.items() if member.left is None}
    assert f"{len(members)} acts written" in said
    assert "shows that mirrors saw the record of shahba" in said
    acts = [read_act_file(path) for path in files]
    assert {file.act.data["body"] for file in acts} == members
    for file in acts:
        strange.world.host.submit(file.act.identity, file.entry)
        assert strange.world.host.state(file.act.identity).acts[file.act.id].status == "in-force"
    assert all(strange.assembly.bodies[body].head is not None for body in members)
    strange.take()
    code, _, err = strange.try_(*words, "--out", folder, folder=True)
    assert (code, "no newer head of any member's record is held here" in err) == (3, True), err
    code, _, err = strange.try_("seats", "heads", "shahba", "--as", "strange", "--out", folder, folder=True)
    assert (code, "has no members" in err) == (3, True), err
