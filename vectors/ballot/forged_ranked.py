"""Boxes that break a check of ranked votes, shuffles or what they open to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from elections import RANKED, SINGLE, SINGLE_PAYLOAD, THRESHOLD, VOTERS, WELLS, hold
from material import Case, Counter, Parts, acts, assemble, broken, bumped, outside, resign, secret, sha, written

from majlis.ballot import parse_election, seal
from majlis.crypto import ED25519, Point, prove_knowledge

Json = dict[str, Any]


def ranked_cases() -> Iterator[Case]:
    """Ranked votes, three voters, two shuffles."""
    archive = assemble(RANKED.events())
    yield Case("sound ranked", "", "valid", "two shuffles", archive, acts(RANKED, archive))
    yield Case("sound ranked without acts", "", "valid-v1", "the box alone", archive, None)
    running = assemble(replace(RANKED, stop="Shuffle").events())
    yield Case("shuffling box", "", "incomplete", "shuffles may follow", running, None)
    yield weight_case()
    yield from ballot_cases()
    yield from shuffle_cases()
    yield from act_cases()
    yield from opening_cases()
    yield from spoilt_cases()
    yield from grammar_cases()


def weight_case() -> Case:
    """A voter who stays away weighs 2: every number of the tally stays right."""
    absent = ED25519.format(ED25519.raise_generator_secretly(secret("absent")))
    points = sorted([*json.loads(RANKED.credentials), absent], key=lambda text: bytes.fromhex(text)[::-1])
    credentials = written([f"{point},{2 if point == absent else 1}" for point in points])
    parts = replace(RANKED, credentials=credentials)
    roll = {"hash": sha(credentials), "voters": 4, "weight": 5}
    return broken("weight beside a ranking", "R-BOX-17", "an absent voter weighs 2", parts, roll=roll)


def ballot_cases() -> Iterator[Case]:
    """The first ballot, by a voter who signs what they like; the box is still open."""
    ballot = json.loads(RANKED.ballots[0])
    (answer,) = ballot["answers"]

    def case(name: str, check: str, why: str, **changes: Any) -> Case:
        forged = resign(ballot | {"answers": [answer | changes]}, VOTERS[0])
        return broken(name, check, why, replace(RANKED, ballots=(forged, *RANKED.ballots[1:]), stop="Ballot"))

    yield case("ranking answered by a list", "R-BOX-41", "the one ciphertext in a list", choices=[answer["choices"]])
    for part in ("alpha", "beta"):
        choices = answer["choices"] | {part: outside(answer["choices"][part])}
        yield case(f"ranking with {part} outside the group", "R-BOX-43", "plus the point of order two", choices=choices)
    proof = answer["proof"] | {"response": bumped(answer["proof"]["response"])}
    yield case("randomness not known", "R-BOX-47", "the response is another", proof=proof)


def shuffle_cases() -> Iterator[Case]:
    """The first or the second shuffle; its trustee signs for it."""
    assert RANKED.shuffles is not None
    shuffling = replace(RANKED, stop="EndShuffles")
    (_, first), (_, second) = RANKED.shuffles
    text = json.loads(first)
    commitments, responses, committed, chain = text["proofs"][0]

    def case(name: str, check: str, why: str, shuffle: bytes, verdict: str = "invalid") -> Case:
        return broken(name, check, why, replace(shuffling, shuffles=((1, shuffle), (2, second))), verdict)

    def proven(*proof: Any) -> bytes:
        return written(text | {"proofs": [proof]})

    spaced = first.replace(b",", b", ", 1)
    yield case("shuffle with a blank", "R-BOX-52", "the same in another text", spaced, "non-canonical")
    yield case("shuffle without proof", "R-BOX-52", "no proof", written(text | {"proofs": []}))
    fewer = written(text | {"ciphertexts": [text["ciphertexts"][0][:2]]})
    yield case("vote dropped in a shuffle", "R-BOX-52", "two of three ciphertexts", fewer)
    yield case("short chain", "R-BOX-52", "two of three links", proven(commitments, responses, committed, chain[:2]))
    out = [outside(commitments[0]), *commitments[1:]]
    yield case("shuffle proof outside the group", "R-BOX-53", "t1", proven(out, responses, committed, chain))
    votes = text["ciphertexts"][0]
    left = written(text | {"ciphertexts": [[votes[0] | {"beta": outside(votes[0]["beta"])}, *votes[1:]]]})
    yield case("shuffled vote outside the group", "R-BOX-53", "beta plus the point of order two", left)
    for place, name in enumerate(("s1", "s2", "s3", "s4")):
        altered = [*responses]
        altered[place] = bumped(altered[place])
        yield case(f"shuffle with another {name}", "R-BOX-54", name, proven(commitments, altered, committed, chain))
    for place, name in ((4, "chain"), (5, "votes")):
        altered = [*responses]
        altered[place] = [bumped(altered[place][0]), *altered[place][1:]]
        why = "first response"
        yield case(
            f"shuffle with another response of its {name}",
            "R-BOX-54",
            why,
            proven(commitments, altered, committed, chain),
        )
    copied = written(text | {"ciphertexts": [[votes[1], *votes[1:]]]})
    yield case("vote replaced in a shuffle", "R-BOX-54", "the first by a copy of the second", copied)
    yield broken(
        "shuffle passed over",
        "R-BOX-54",
        "the second shuffle does not start from the first",
        replace(shuffling, shuffles=((2, second), (1, first))),
    )


def act_cases() -> Iterator[Case]:
    """The shuffles are sound; who answers for them is not told, or told otherwise."""
    archive = assemble(RANKED.events())
    one, two = acts(RANKED, archive)["shuffles"]

    def case(name: str, why: str, **changed: Any) -> Case:
        return broken(name, "R-BOX-55", why, RANKED, **changed)

    yield case("both shuffles by one trustee", "one person", shuffles=[one, two | {"trustee": one["trustee"]}])
    yield case("another shuffle signed for", "the second act", shuffles=[one, two | {"payload_hash": sha(b"another")}])
    yield case("shuffle of another input signed for", "the second act", shuffles=[one, two | {"input_hash": sha(b"")}])
    yield case("shuffle nobody signed for", "one act", shuffles=[one])
    yield case("three shuffles needed", "the charter asks for three", shuffles_needed=3)


def opening_cases() -> Iterator[Case]:
    """The result."""
    rankings = json.loads(RANKED.result)["result"][0]

    def case(name: str, check: str, why: str, *changed: list[int]) -> Case:
        return broken(name, check, why, replace(RANKED, result=written({"result": [changed]})))

    yield case("ranking cut short", "R-BOX-65", "two of three ranks", rankings[0][:2], *rankings[1:])
    yield case("false ranking", "R-BOX-67", "the first ranking from behind", rankings[0][::-1], *rankings[1:])


def odd_point(count: int) -> Point:
    """A group element that no honest device makes of any ranks."""
    x = 1
    while ED25519.point_of_ranks(ED25519.ranks_of_point(ED25519.raise_generator(x), count)) == ED25519.raise_generator(
        x
    ):
        x += 1
    return ED25519.raise_generator(x)


def spoilt_box() -> Parts:
    """The first voter encrypts an element that is no ranking, and knows the randomness."""
    election = parse_election(RANKED.election)
    chance = Counter("spoilt")
    r = secret("spoilt")
    alpha = ED25519.raise_generator_secretly(r)
    beta = ED25519.multiply(ED25519.power_secretly(election.public_key, r), odd_point(3))
    ballot = json.loads(RANKED.ballots[0])
    pair = {"alpha": ED25519.format(alpha), "beta": ED25519.format(beta)}
    key = ED25519.format(election.public_key)
    prefix = f"raweg|{election.fingerprint}|{ballot['credential']}|{key},{pair['alpha']},{pair['beta']}|"
    proof = prove_knowledge(r, prefix, chance)
    text = {"challenge": str(proof.challenge), "response": str(proof.response)}
    spoilt = resign(ballot | {"answers": [{"choices": pair, "proof": text}]}, VOTERS[0])
    sound = [
        seal(election, voter, [vote], chance) for voter, vote in zip(VOTERS[1:], ((2, 2, 1), (1, 1, 1)), strict=True)
    ]
    return hold("spoilt", trustees=SINGLE_PAYLOAD, keys=SINGLE, questions=[WELLS], votes=[], ballots=(spoilt, *sound))


def spoilt_cases() -> Iterator[Case]:
    """With all sidecars it is its voter's doing, and does not count; without them it may be a trustee's."""
    parts = spoilt_box()
    archive = assemble(parts.events())
    said = acts(parts, archive)
    yield Case("spoilt ranking", "", "valid", "every factor proven by its sidecar", archive, said)
    without = {key: value for key, value in said.items() if key != "sidecars"}
    yield Case("spoilt ranking without sidecars", "R-BOX-68", "invalid", "whose doing is not shown", archive, without)


def grammar_cases() -> Iterator[Case]:
    """Shuffles stand where a question is ranked, and only there."""
    events = RANKED.events()
    end = next(place for place, (kind, _) in enumerate(events) if kind == "EndShuffles")
    archive = assemble([*events[:end], *events[end + 1 :]])
    yield Case("shuffles without end", "R-BOX-11", "invalid", "opened while shuffling", archive, acts(RANKED, archive))
    archive = assemble(replace(THRESHOLD, shuffles=RANKED.shuffles, stop="Shuffle").events())
    yield Case("shuffle of choices", "R-BOX-11", "invalid", "no question is ranked", archive, acts(THRESHOLD, archive))
