"""What all views are made of: the desk they are written at, and small ready-to-print values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from msgspec import Struct

from majlis.institutions.state import Election, Motion, Standing, State
from majlis.institutions.ticks import earliest, latest
from majlis.institutions.words import arabic_word, format_words
from majlis.site import lexicon, paths, qr
from majlis.site.language import Language, When
from majlis.site.library import Library
from majlis.site.neutral import direction_of, lines, shorten
from majlis.site.source import BodyInfo

TITLE = 110
"""The longest title taken from a wording, in signs."""

NAME = 90
"""The longest name shown in lists, in signs; a page of its own shows all of it."""


class Ref(Struct, frozen=True, kw_only=True):
    """Something with a name; ``href`` is empty where it has no page here.

    ``words``: the first two words of its identity. ``of``: a name that follows the text, as in *Recall vote: Amal*.
    """

    text: str
    href: str = ""
    words: str = ""
    of: str = ""

    @property
    def plain(self) -> str:
        """Text and name in one line, where no markup can keep them apart."""
        return f"{self.text}: {self.of}" if self.of else self.text


class Stamp(Struct, frozen=True, kw_only=True):
    """A status: ``code`` chooses sign and border, ``word`` says it, ``meaning`` explains it."""

    code: str
    word: str
    meaning: str = ""


class Fact(Struct, frozen=True, kw_only=True):
    """A label with its value, ready to print; ``code``: the value is for machines, printed left to right."""

    label: str
    value: str = ""
    href: str = ""
    code: bool = False
    note: str = ""


class Bar(Struct, frozen=True, kw_only=True):
    """A number beside others: ``share`` is thousandths of the longest bar."""

    label: str
    value: int
    text: str
    share: int
    percent: str = ""
    code: str = ""


class Pager(Struct, frozen=True, kw_only=True):
    """Where one page of a register stands among the others."""

    page: int
    pages: int
    text: str
    first: str = ""
    before: str = ""
    after: str = ""
    last: str = ""


class Identity(Struct, frozen=True, kw_only=True):
    """An identity in all its forms."""

    hex: str
    words: tuple[str, ...]
    arabic: tuple[str, ...]
    code: qr.Qr


class Proof(Struct, frozen=True, kw_only=True):
    """The file that shows one thing in force to somebody without network, and as of when."""

    href: str
    size: str
    when: When


class Desk:
    """One page being written: the library, the language, and the page's own path, from which links start."""

    def __init__(self, library: Library, say: Language, path: str, assets: Mapping[str, str]) -> None:
        self.library = library
        self.say = say
        self.path = path
        self._assets = assets

    def asset(self, name: str) -> str:
        """The link to ``style.css`` or ``icon.svg``, which lie under hashed names below ``pages/``."""
        return paths.relative(f"{self.say.code}/{self.path}", self._assets[name])

    def link(self, target: str) -> str:
        """The link to another page of this language."""
        return paths.relative(self.path, target)

    def public(self, target: str) -> str:
        """The link to a public file beside ``pages/``."""
        return paths.relative(f"pages/{self.say.code}/{self.path}", target)

    def proof(self, identity: str, statement: str) -> Proof | None:
        """What shows this in force in the body, where something does."""
        found = self.library.source.in_force(identity, statement)
        if found is None:
            return None
        return Proof(
            href=self.public(found.path), size=self.say.bytes(len(found.data)), when=self.say.moment(found.time)
        )

    def word(self, table: dict[str, str], code: str) -> str:
        """The word for a code; a code that the table does not know is shown as it is."""
        return self.say.gettext(table[code]) if code in table else code

    def number(self, value: int) -> str:
        """A number as this language writes it."""
        return self.say.number(value)

    def body(self, identity: str) -> Ref:
        """A body by its name, with the first two words of its identity as a reminder."""
        info = self.library.by_identity.get(identity)
        if info is None:
            return Ref(text=self.say.gettext("a body unknown here"), words=reminder(identity))
        name = shorten(self.name(info), NAME)
        return Ref(text=name, href=self.link(paths.body(info.slug)), words=reminder(identity))

    def name(self, info: BodyInfo) -> str:
        """A body's name in this language."""
        return self.say.name(info.names) or info.slug

    def act(self, identity: str, index: int, text: str = "") -> Ref:
        """An act by its position, or by another text; a link where it has a page."""
        info = self.library.by_identity.get(identity)
        href = ""
        if info is not None and self.library.has_page(identity, index):
            href = self.link(paths.act(info.slug, index))
        return Ref(text=text or self.say.gettext("act %(index)s", index=self.number(index)), href=href)

    def act_by_id(self, identity: str, act: str) -> Ref:
        """An act by its id; unknown ones by the first digits of it."""
        standing = self.standing(identity, act)
        if standing is None:
            return Ref(text=f"{act[:16]}…")
        return self.act(identity, standing.index)

    def standing(self, identity: str, act: str) -> Standing | None:
        """What became of an act, where its record is at hand."""
        state = self.library.state_of(identity)
        return state.acts.get(act) if state else None

    def kind(self, kind: str) -> str:
        """The title of a kind of act."""
        return self.word(lexicon.KINDS, kind) if kind in lexicon.KINDS else self.say.gettext(lexicon.UNKNOWN_KIND)

    def status(self, code: str) -> Stamp:
        """The stamp of a status."""
        return Stamp(
            code=code, word=self.word(lexicon.STATUSES, code), meaning=self.word(lexicon.STATUS_MEANINGS, code)
        )

    def when(self, state: State, index: int) -> When:
        """The day by which the entry was certainly there, else the day before which it was not."""
        return self.say.day(time_of(state, index))

    def person(self, state: State, key: str, *, by_office: bool = True) -> Ref:
        """The holder of a key: by the name under which they appear, if they do, else by the office that they hold or
        held, with the first words of the key.

        Whoever sits or sat in an assembly has a page there.
        """
        library = self.library
        name = library.names(state.identity).get(key, "")
        seats = [info for info in library.assemblies if key in library.sat(info.identity)]
        for info in sorted(seats, key=lambda info: info.identity != state.identity)[:1]:
            name = name or library.names(info.identity).get(key, "")
            href = self.link(paths.delegate(info.slug, key))
            return Ref(text=shorten(name, NAME), href=href, words=reminder(key))
        office = library.offices(state.identity).get(key, "") if by_office else ""
        other = self.word(lexicon.HOLDERS, office) if office else self.say.gettext("a key")
        return Ref(text=shorten(name, NAME) or other, words=reminder(key))

    def motion_title(self, motion: Motion) -> str:
        """The first line of the wording in this language's script, else its first, else where it was tabled."""
        text = self.library.source.blob(motion.text)
        found, _ = lines(text, 2000) if text is not None else ((), False)
        own = [line for line in found if direction_of(line) == self.say.direction]
        for line in (*own, *found):
            return shorten(line, TITLE)
        return self.say.gettext("Motion of act %(index)s", index=self.number(motion.index))

    def motion(self, state: State, motion: str) -> Ref:
        """A motion of a body by its title."""
        info = self.library.by_identity.get(state.identity)
        found = state.motions.get(motion)
        if info is None or found is None:
            return Ref(text=f"{motion[:16]}…")
        return Ref(text=self.motion_title(found), href=self.link(paths.motion(info.slug, found.index)))

    def about(self, state: State, election: Election) -> Ref:
        """What a secret ballot is about: its kind, and the motion or the person; with the link to its page."""
        info = self.library.by_identity[state.identity]
        of = ""
        if election.purpose == "motion" and election.subject in state.motions:
            of = self.motion_title(state.motions[election.subject])
        if election.purpose == "recall" and election.subject in state.petitions:
            of = self.library.names(state.identity).get(state.petitions[election.subject].target, "")
        kind = self.word(lexicon.PURPOSES, election.purpose)
        return Ref(text=kind, of=of, href=self.link(paths.election(info.slug, election.index)))

    def election(self, identity: str, act: str) -> Ref | None:
        """The page of the secret ballot whose announcement or result is this act."""
        state = self.library.state_of(identity)
        for announced, election in state.elections.items() if state else ():
            if state and (announced == act or (election.result is not None and election.result.act == act)):
                return self.about(state, election)
        return None

    def pager(self, page: int, pages: int, target: str) -> Pager:
        """``target`` is the path of a page of the register with ``{}`` for its number."""
        text = self.say.gettext("Page %(page)s of %(pages)s", page=self.number(page), pages=self.number(pages))
        return Pager(
            page=page,
            pages=pages,
            text=text,
            first=self.link(target.format(1)) if page > 2 else "",
            before=self.link(target.format(page - 1)) if page > 1 else "",
            after=self.link(target.format(page + 1)) if page < pages else "",
            last=self.link(target.format(pages)) if page < pages - 1 else "",
        )


def time_of(state: State, index: int) -> int | None:
    """The tightest time that ticks give an entry: when it was certainly there, else when it was not there yet."""
    found = latest(state, index)
    return found if found is not None else earliest(state, index)


def reminder(identity: str) -> str:
    """The first two words of an identity or key: a reminder beside a name, never enough to compare."""
    return "-".join(format_words(identity)[:2]) if len(identity) == 64 else ""


def identity_of(identity: str) -> Identity:
    """An identity as words in both scripts, as hex, and as a QR code."""
    words = format_words(identity)
    return Identity(
        hex=identity, words=words, arabic=tuple(arabic_word(word) for word in words), code=qr.draw(identity)
    )


def bars(desk: Desk, rows: Iterable[tuple[str, int, str]], whole: int) -> tuple[Bar, ...]:
    """Bars for (label, number, code) rows, longest first to none; ``percent`` is of ``whole``."""
    known = list(rows)
    longest = max((number for _, number, _ in known), default=0)
    return tuple(
        Bar(
            label=label,
            value=number,
            text=desk.number(number),
            share=number * 1000 // longest if longest else 0,
            percent=desk.say.percent(Fraction(number, whole)) if whole else "",
            code=code,
        )
        for label, number, code in known
    )
