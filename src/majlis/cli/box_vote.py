"""A member's vote as they say it, and the sealed ballot that it becomes on their own device."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from majlis.cli.desk import Desk, ref, words_of
from majlis.cli.signing import at_hand
from majlis.errors import Forged, Malformed, Missing, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from majlis.ballot import ChoiceQuestion, RankedQuestion
    from majlis.crypto import SecretScalar
    from majlis.host.federation import Federation
    from majlis.host.keyring import Keyring
    from majlis.host.node import Known
    from majlis.institutions import State
    from majlis.institutions.state import Election

    Question = ChoiceQuestion | RankedQuestion

__all__ = ["Voted", "add_vote", "add_voter", "answer", "sealed", "voter_secret"]

BLANK = "blank"


def add_vote(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """The options by which a vote is said, and whose it is."""
    parser.add_argument(
        "--vote",
        metavar="ANSWER",
        action="append",
        required=required,
        help="for, against, or a candidate's name or place on the paper; where candidates are ranked, once for each in "
        "the order of preference; or blank",
    )
    add_voter(parser)


def add_voter(parser: argparse.ArgumentParser) -> None:
    """The options that say who votes: a keyring here, or the codes of a card."""
    parser.add_argument("--as", dest="person", metavar="PERSON", help="the member, as called here")
    parser.add_argument(
        "--code",
        metavar="CODE",
        action="append",
        default=[],
        help="instead of --as, the code for this vote on a half of a printed card, or @FILE; once for each half",
    )


class Voted:
    """One election as a member's device sees it."""

    def __init__(self, desk: Desk) -> None:
        """Raises: Missing, for no such election."""
        self.desk = desk
        self.body: Known
        self.federation: Federation
        self.state: State
        self.body, self.federation, self.state = at_hand(desk)
        self.act = ref(self.state, desk.args.election)
        if self.act not in self.state.elections:
            raise Missing(
                f"act {desk.args.election} announces no secret ballot in the copy that is here; 'majlis act list "
                f"{self.body.slug}' shows which do"
            )
        self.election: Election = self.state.elections[self.act]

    def secret(self) -> SecretScalar:
        """The secret with which this vote is signed. Raises: as ``voter_secret``."""
        return voter_secret(self.desk, self.state, self.body, self.act)


def voter_secret(desk: Desk, state: State, body: Known, act: str) -> SecretScalar:
    """The secret for the vote or petition that ``act`` opened: of the member's keyring, or of the codes on their card.

    Raises: Malformed, Missing, Refused.
    """
    from majlis.ballot import join_codes
    from majlis.host.cards import label_of
    from majlis.host.credential import credential_of, vote_secret

    person, codes = desk.args.person, desk.args.code
    if bool(person) == bool(codes):
        raise Malformed("whose vote is it? name the member with --as, or give both codes of a card with --code")
    if codes:
        typed = [line for code in codes for line in words_of(code).splitlines() if line.strip()]
        return join_codes(typed, label_of(state, act), body.identity)
    keyring: Keyring = desk.keyring(person)
    return vote_secret(keyring, credential_of(keyring, body.identity), body.identity, act)


def sealed(ballot: Voted) -> bytes:
    """The vote that was said, sealed on the paper that the acts make.

    Raises: Missing, before the box opens, or for a member not on the list; Malformed, for no answer of the paper;
    Refused, for a vote that the paper does not allow.
    """
    from majlis.ballot import parse_election, seal
    from majlis.crypto import ED25519
    from majlis.host.ceremony import read_listing
    from majlis.host.chance import chance
    from majlis.institutions.elections import paper

    desk, election = ballot.desk, ballot.election
    if election.opened is None:
        raise Missing(
            "this box is not open, in the copy that is here; take a newer one with 'majlis node take', or wait for the "
            "clerk to open it"
        )
    paper_read = parse_election(paper(ballot.state, election))
    if paper_read.fingerprint != election.fingerprint:
        raise Forged("the paper that was opened is not the one that the acts make; do not vote, and tell the members")
    question = paper_read.questions[0]
    choice = answer(question, desk.args.vote)
    secret = ballot.secret()
    listing = read_listing(desk.node.blobs.get(election.credentials))
    if ED25519.raise_generator_secretly(secret) not in listing.points:
        raise Refused(
            "this card is not on the list of this ballot: it was replaced, or is of another body; go to the registrar"
            if desk.args.code
            else "your key is not on the list of this ballot; go to the registrar with your leaf of the roll"
        )
    return seal(paper_read, secret, [choice], chance)


def answer(question: Question, votes: Sequence[str]) -> list[int] | None:
    """The vote as ``seal`` takes it: zeros and ones, or 1 for the first preference, 2 for the next; None for blank.

    Raises: Malformed, for what is no answer, an answer said twice, or blank beside another; Refused, for too many.
    """
    from majlis.ballot import RankedQuestion

    if list(votes) == [BLANK]:
        return None
    if BLANK in votes:
        raise Malformed("a blank vote names nobody beside; say --vote blank alone, or leave it out")
    chosen: list[int] = []
    for vote in votes:
        place = _place(question, vote)
        if place in chosen:
            raise Malformed(f"{question.answers[place]!r} is named twice; name each once")
        chosen.append(place)
    if isinstance(question, RankedQuestion):
        return [chosen.index(place) + 1 if place in chosen else 0 for place in range(len(question.answers))]
    if len(chosen) > question.max:
        raise Refused(
            f"this paper allows {question.max} of its answers and you named {len(chosen)}; leave some out",
            rule="R-BOX-45",
        )
    return [int(place in chosen) for place in range(len(question.answers))]


def _place(question: Question, vote: str) -> int:
    """Which answer is meant, from 0: by its place on the paper, or a name that only one of them bears."""
    names = [{name, name.split(" / ")[0], name.rpartition(" (")[0]} for name in question.answers]
    if vote.isascii() and vote.isdigit() and 1 <= int(vote[:9]) <= len(names):
        return int(vote) - 1
    places = [place for place, called in enumerate(names) if vote and vote in called]
    if len(places) == 1:
        return places[0]
    listed = ", ".join(f"{place} {name}" for place, name in enumerate(question.answers, start=1))
    what = "stands for several answers" if places else "is no answer"
    raise Malformed(f"{vote[:80]!r} {what} of this paper; it has {listed}, and blank. Name the place")
