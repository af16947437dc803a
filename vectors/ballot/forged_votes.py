"""Boxes that break a check of ballots, tally, decryption, result or head."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec
from material import (
    BLANK_ALLOWED,
    BLANK_SOUND,
    MEMBERS,
    SOUND,
    VOTES,
    Case,
    Counter,
    Parts,
    broken,
    bumped,
    election_text,
    outside,
    resign,
    secret,
    sha,
    written,
)

from majlis.ballot import ChoiceQuestion, parse_election, seal
from majlis.crypto import prove_knowledge


def ballot_cases() -> Iterator[Case]:
    """Ballots, by voters who sign what they like. The second voter's ballot stays as it was."""
    ballot = json.loads(SOUND.ballots[0])
    answer = ballot["answers"][0]

    def case(check: str, name: str, why: str, first: bytes, verdict: str = "invalid", base: Parts = SOUND) -> Case:
        return broken(name, check, why, replace(base, ballots=(first, base.ballots[1])), verdict)

    def answered(**changes: Any) -> bytes:
        return resign(ballot | {"answers": [answer | changes]}, MEMBERS[0])

    def altered(proof: dict[str, str]) -> dict[str, str]:
        return proof | {"response": bumped(proof["response"])}

    yield case(
        "R-BOX-36",
        "ballot with a blank",
        "the same ballot in another text",
        SOUND.ballots[0].replace(b",", b", ", 1),
        "non-canonical",
    )
    zeros = [
        [
            answer["individual_proofs"][0][0] | {"response": "0" + answer["individual_proofs"][0][0]["response"]},
            answer["individual_proofs"][0][1],
        ],
        *answer["individual_proofs"][1:],
    ]
    yield case(
        "R-BOX-36",
        "scalar with a leading zero",
        "deep inside the ballot",
        answered(individual_proofs=zeros),
        "non-canonical",
    )
    yield case(
        "R-BOX-36",
        "ballot with another field",
        "a field that the format does not know",
        resign({"election_uuid": ballot["election_uuid"], "mood": "good", **ballot}, MEMBERS[0]),
        "non-canonical",
    )
    yield case("R-BOX-36", "no ballot", "an empty object", b"{}")
    elsewhere = parse_election(election_text(uuid="MajotherBoxXX1"))
    yield case(
        "R-BOX-37",
        "ballot of another election",
        "sound there",
        seal(elsewhere, MEMBERS[0], [VOTES[0]], Counter("R-BOX-37")),
    )
    yield case(
        "R-BOX-37",
        "ballot relabelled to another text",
        "its proofs are for this election, and its voter signed another hash of the election",
        resign(ballot | {"election_hash": "A" * 43}, MEMBERS[0]),
    )
    yield case(
        "R-BOX-37",
        "ballot relabelled to another election",
        "its proofs are for this election, and its voter signed another identifier",
        resign(ballot | {"election_uuid": "MajotherBoxXX1"}, MEMBERS[0]),
    )
    here = parse_election(SOUND.election)
    yield case(
        "R-BOX-38",
        "stuffed ballot",
        "sealed rightly by somebody who is not on the list",
        seal(here, secret("stranger"), [VOTES[0]], Counter("R-BOX-38")),
    )
    other_hash = "A" * 43
    proof = prove_knowledge(MEMBERS[0], f"sig|{other_hash}|", Counter("R-BOX-39"))
    signature = {"hash": other_hash, "proof": {"challenge": str(proof.challenge), "response": str(proof.response)}}
    yield case(
        "R-BOX-39",
        "signature of another text",
        "the signed hash is not the ballot's",
        written(ballot | {"signature": signature}),
    )
    signature = ballot["signature"] | {"proof": altered(ballot["signature"]["proof"])}
    yield case("R-BOX-40", "altered signature", "the response is another", written(ballot | {"signature": signature}))
    yield case(
        "R-BOX-41",
        "two answers to one question",
        "the answer is repeated",
        resign(ballot | {"answers": [answer, answer]}, MEMBERS[0]),
    )
    yield case(
        "R-BOX-41",
        "choice without proof",
        "one proof too few",
        answered(individual_proofs=answer["individual_proofs"][:1]),
    )
    question = ChoiceQuestion(question="", answers=("yes", "no"), min=1, max=1)
    unblank = msgspec.structs.replace(parse_election(BLANK_ALLOWED), questions=(question,))
    yield case(
        "R-BOX-42",
        "no blank slot",
        "blank is allowed, and the ballot has no place for it",
        seal(unblank, MEMBERS[0], [VOTES[0]], Counter("R-BOX-42")),
        base=BLANK_SOUND,
    )
    choices = [answer["choices"][0] | {"alpha": outside(answer["choices"][0]["alpha"])}, *answer["choices"][1:]]
    yield case("R-BOX-43", "ciphertext outside the group", "plus the point of order two", answered(choices=choices))
    individual = [
        [altered(answer["individual_proofs"][0][0]), answer["individual_proofs"][0][1]],
        *answer["individual_proofs"][1:],
    ]
    yield case("R-BOX-44", "choice not proven", "the response is another", answered(individual_proofs=individual))
    yield case(
        "R-BOX-45",
        "number of choices not proven",
        "the response is another",
        answered(overall_proof=[altered(answer["overall_proof"][0])]),
    )
    blank_ballot = json.loads(BLANK_SOUND.ballots[0])
    blank_answer = blank_ballot["answers"][0]
    forged = blank_answer | {"blank_proof": [altered(blank_answer["blank_proof"][0]), blank_answer["blank_proof"][1]]}
    yield case(
        "R-BOX-46",
        "blank not proven",
        "the response is another",
        resign(blank_ballot | {"answers": [forged]}, MEMBERS[0]),
        base=BLANK_SOUND,
    )
    yield broken(
        "ballot copied",
        "R-BOX-48",
        "the first ballot stands in the box again",
        replace(SOUND, ballots=(*SOUND.ballots, SOUND.ballots[0])),
    )
    yield broken("too few ballots", "R-BOX-71", "the charter opens no box under three", SOUND, minimum_ballots=3)


def opening_cases() -> Iterator[Case]:
    """Tally, decryption and result."""
    tally, data = json.loads(SOUND.tally), json.loads(SOUND.tally_data)
    exchanged = written([tally[0][::-1]])
    yield broken(
        "columns exchanged",
        "R-BOX-49",
        "yes counted as no",
        replace(SOUND, tally=exchanged, tally_data=written(data | {"encrypted_tally": sha(exchanged)})),
    )
    spaced = SOUND.tally.replace(b",", b", ", 1)
    yield broken(
        "tally with a blank",
        "R-BOX-49",
        "the same tally in another text",
        replace(SOUND, tally=spaced, tally_data=written(data | {"encrypted_tally": sha(spaced)})),
        "non-canonical",
    )
    yield broken(
        "number of ballots",
        "R-BOX-50",
        "one more than there are",
        replace(SOUND, tally_data=written(data | {"num_tallied": 3})),
    )
    yield broken(
        "total weight",
        "R-BOX-51",
        "one more than there is",
        replace(SOUND, tally_data=written(data | {"total_weight": 3})),
    )
    (_, first), (_, second) = SOUND.shares
    share = json.loads(first)
    deciding = replace(SOUND, stop="PartialDecryption")

    def with_first(name: str, check: str, why: str, verdict: str = "invalid", **changes: Any) -> Case:
        return broken(name, check, why, replace(deciding, shares=((1, written(share | changes)), (2, second))), verdict)

    factors, proofs = share["decryption_factors"], share["decryption_proofs"]
    yield with_first("factor without proof", "R-BOX-56", "one proof too few", decryption_proofs=[proofs[0][:1]])
    yield broken("trustee 3 of 2", "R-BOX-57", "nobody's share", replace(SOUND, shares=(*SOUND.shares, (3, second))))
    yield broken(
        "trustee 1 twice",
        "R-BOX-58",
        "the share again",
        replace(SOUND, shares=(SOUND.shares[0], SOUND.shares[0], SOUND.shares[1])),
    )
    yield with_first(
        "factor outside the group",
        "R-BOX-59",
        "plus the point of order two",
        decryption_factors=[[outside(factors[0][0]), factors[0][1]]],
    )
    yield with_first(
        "factors exchanged", "R-BOX-60", "each proof is for the other", decryption_factors=[factors[0][::-1]]
    )
    yield broken(
        "one trustee of two", "R-BOX-61", "a result without the second share", replace(SOUND, shares=SOUND.shares[:1])
    )
    other = {"1": sha(first), "2": sha(first)}
    yield broken(
        "another share signed for", "R-BOX-62", "the act of trustee 2 names another share", SOUND, decryption_acts=other
    )
    yield broken(
        "another share committed to",
        "R-BOX-63",
        "trustee 2 had committed to another share",
        SOUND,
        decryption_commitments=other,
    )
    sidecar = json.loads(SOUND.sidecars[1])
    sidecar["proofs"][0][0]["response"] = bumped(sidecar["proofs"][0][0]["response"])
    yield broken(
        "sidecar altered",
        "R-BOX-64",
        "the response is another",
        replace(SOUND, sidecars={**SOUND.sidecars, 1: written(sidecar)}),
    )
    yield broken(
        "sidecar of another trustee",
        "R-BOX-64",
        "trustee 2's in the place of 1's",
        replace(SOUND, sidecars={1: SOUND.sidecars[2], 2: SOUND.sidecars[2]}),
    )
    yield broken(
        "result of one answer", "R-BOX-65", "the other is not there", replace(SOUND, result=b'{"result":[[1]]}')
    )
    yield broken(
        "result with a blank",
        "R-BOX-65",
        "the same result in another text",
        replace(SOUND, result=b'{"result": [[1,1]]}'),
        "non-canonical",
    )
    yield broken("false result", "R-BOX-66", "two votes for yes", replace(SOUND, result=b'{"result":[[2,0]]}'))
    yield broken(
        "another head cosigned", "R-BOX-69", "the body's record names another end", SOUND, head=sha(b"another")
    )
    yield broken("rewritten box", "R-BOX-70", "event 2 was another when seen", SOUND, heads_seen=[[2, sha(b"another")]])
    yield broken("shortened box", "R-BOX-70", "event 40 was seen", SOUND, heads_seen=[[40, sha(b"another")]])
