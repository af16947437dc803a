"""What each officer of a secret ballot works out alone: list keeper, trustee, clerk, member. Nothing here is sent.

Every function gives the data of one act (``spec/elections.md``), or the bytes that such an act names by their hash; who
signs and submits it is the caller's business. The demonstration and the commands both go through here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from majlis.ballot import Election as BallotElection
from majlis.ballot import Opening as Opened
from majlis.ballot import (
    Tally,
    TrusteeKey,
    check_shuffle,
    counted_rankings,
    decrypt_share,
    format_credentials,
    format_result,
    give_lot_share,
    open_box,
    parse_credentials,
    parse_trustees,
    prove_sidecar,
    read_entries,
    read_records,
    sign_petition,
    sort_points,
)
from majlis.crypto import ED25519, Chance, Point, Proof, SecretScalar
from majlis.errors import Fault, Malformed, Missing, Refused
from majlis.host.box import Box
from majlis.institutions import State
from majlis.institutions.elections import (
    count_result,
    first_preferences,
    lot_case,
    lot_seed,
    paper,
    profile_of,
)
from majlis.institutions.state import Election
from majlis.record import Tree, encode_base64, leaf_hash, prove_inclusion

__all__ = [
    "Contents",
    "Listing",
    "Opening",
    "contents_of",
    "decrypt",
    "head_data",
    "list_data",
    "lot_data",
    "make_listing",
    "needs_lot",
    "open_data",
    "open_result",
    "petition_list_data",
    "prove_listed",
    "read_listing",
    "result_data",
    "set_up",
    "shuffle_data",
    "shuffled",
    "trustee_key_data",
]

Data = dict[str, Any]


# --- the list keeper


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """The anonymous list of one vote: derived keys by their bytes, and the payload that states them."""

    points: tuple[Point, ...]
    payload: bytes

    @property
    def credentials(self) -> str:
        """SHA-256 of the payload, in hex."""
        return sha256(self.payload).hexdigest()

    @property
    def tree(self) -> Tree:
        """The Merkle tree over the keys, as the acts print them."""
        return Tree(leaf_hash(bytes.fromhex(ED25519.format(point))) for point in self.points)

    @property
    def root(self) -> str:
        """Its root, in hex."""
        return self.tree.root().hex()


def make_listing(points: Iterable[Point]) -> Listing:
    """The list of these keys, in the one order that tells nothing of the members. Raises: Refused, for one twice."""
    ordered = sort_points(points)
    return Listing(points=tuple(ordered), payload=format_credentials(ordered))


def read_listing(payload: bytes) -> Listing:
    """The list that the payload states. Raises: Malformed, Forged."""
    weights = parse_credentials(ED25519, payload).weights
    return Listing(points=tuple(ED25519.check(ED25519.parse(text)) for text in weights), payload=payload)


def list_data(election: str, listing: Listing) -> Data:
    """Of ``election.list``."""
    return {
        "election": election,
        "credentials": listing.credentials,
        "root": listing.root,
        "voters": len(listing.points),
    }


def petition_list_data(petition: str, listing: Listing) -> Data:
    """Of ``petition.list``."""
    return {"petition": petition, "root": listing.root, "listed": len(listing.points)}


# --- the member


def prove_listed(secret: SecretScalar, listing: Listing, vote: str, choice: str, chance: Chance) -> Data:
    """A listed member's signature, as petitions and objections carry it. ``secret``: derived for this very vote.

    Raises: Missing, when the list does not hold the member's key.
    """
    point = ED25519.raise_generator_secretly(secret)
    if point not in listing.points:
        raise Missing("your key is not on this list; go to the registrar with your leaf of the roll")
    index, tree = listing.points.index(point), listing.tree
    proof = sign_petition(secret, vote, choice, chance)
    return {
        "key": ED25519.format(point),
        "index": index,
        "path": [encode_base64(step) for step in prove_inclusion(index, tree.size, tree.read)],
        **_proof_data(proof),
    }


# --- the trustee


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """A trustee's part of the opening: the share for the archive, and the blob with its sidecar proofs."""

    share: bytes
    sidecar: bytes

    def commit_data(self, election: str, last: bytes = b"") -> Data:
        """Of ``decryption.commit``. ``last``: the payload of the last shuffle, where there is one."""
        data = {"election": election, "commitment": sha256(self.share).hexdigest()}
        return data | {"after": sha256(last).hexdigest()} if last else data

    def reveal_data(self, election: str) -> Data:
        """Of ``decryption.reveal``."""
        digests = {"payload": sha256(self.share).hexdigest(), "sidecar": sha256(self.sidecar).hexdigest()}
        return {"election": election, **digests}


def trustee_key_data(election: str, key: TrusteeKey) -> Data:
    """Of ``trustee.key``."""
    return {"election": election, "public_key": ED25519.format(key.public_key), **_proof_data(key.proof)}


def decrypt(box: Box, tally: Tally, owner: int, secret: SecretScalar, chance: Chance) -> Opening:
    """Trustee number ``owner``'s part. Made once: the same is committed to and shown. ``tally``: of ``shuffled``."""
    share = decrypt_share(box.election, tally, secret, chance)
    sidecar = prove_sidecar(box.election, tally, owner=owner, share=share, secret=secret, chance=chance)
    return Opening(share=share, sidecar=sidecar)


def lot_data(election_id: str, election: Election, secret: SecretScalar, chance: Chance) -> Data:
    """Of ``lot.share``: the one possible share of this trustee in the election's public lot."""
    share = give_lot_share(lot_case(election), secret, chance)
    return {"election": election_id, "value": ED25519.format(share.value), **_proof_data(share.proof)}


def _proof_data(proof: Proof) -> Data:
    return {"challenge": str(proof.challenge), "response": str(proof.response)}


# --- the clerk


def set_up(path: Path, state: State, election_id: str, trustees: bytes, listing: Listing, timestamp: int) -> Box:
    """The box of this election, set up on disk; one that was set up alike, and has no ballot yet, is taken up again.

    ``trustees``: of ``trustees_payload``. Raises: Refused, when another is there, or the list is another.
    """
    election = state.elections[election_id]
    if listing.root != election.list_root:
        raise Refused("this is not the list whose root was published; ask the list keeper", rule="R-ELECT-15")
    paper_bytes = paper(state, election)
    if not path.exists():
        return Box.create(
            path, timestamp=timestamp, election=paper_bytes, trustees=trustees, credentials=listing.payload
        )
    box = Box.open(path)
    is_same = box.election.raw == paper_bytes and box.trustees == trustees
    if box.height != 0 or not is_same or box.credentials.hash != listing.credentials:
        raise Refused("another box of this election is here already; put it aside and look at both", where=str(path))
    return box


def open_data(election: str, box: Box) -> Data:
    """Of ``election.open``."""
    return {"election": election, "fingerprint": box.election.fingerprint, "head": box.head}


def head_data(election: str, box: Box) -> Data:
    """Of ``box.head`` and ``election.close``."""
    return {"election": election, "height": box.height, "head": box.head, "ballots": box.count}


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """How far an archive has come. ``ballots`` and ``voters``: the bytes and the key of each, in order.

    ``shuffles``: in order; ``shares``: by trustee number.
    """

    ballots: tuple[bytes, ...]
    voters: tuple[str, ...]
    is_closed: bool
    tally: bytes
    shuffles: tuple[bytes, ...]
    are_shuffled: bool
    shares: Mapping[int, bytes]
    result: bytes


class _Owner(msgspec.Struct, frozen=True):
    owner: int


class _Voter(msgspec.Struct, frozen=True):
    credential: str


_Read = TypeVar("_Read", _Owner, _Voter)


def contents_of(path: Path) -> Contents:
    """What the archive holds so far. Raises: Missing, Malformed."""
    try:
        archive = path.read_bytes()
    except FileNotFoundError:
        raise Missing("there is no such ballot box; take a newer copy of the record", where=str(path)) from None
    ballots: list[bytes] = []
    shuffles: list[bytes] = []
    shares: dict[int, bytes] = {}
    once: dict[str, bytes] = {}
    for entry in read_entries(read_records(archive)):
        payloads = [record.payload for record in entry.records]
        match entry.type:
            case "Ballot":
                ballots.append(payloads[0])
            case "Shuffle":
                shuffles.append(payloads[0])
            case "PartialDecryption":
                shares[_read(payloads[1], _Owner, path).owner] = payloads[0]
            case _:
                once[entry.type] = payloads[0] if payloads else b""
    return Contents(
        ballots=tuple(ballots),
        voters=tuple(_read(raw, _Voter, path).credential for raw in ballots),
        is_closed="EndBallots" in once,
        tally=once.get("EncryptedTally", b""),
        shuffles=tuple(shuffles),
        are_shuffled="EndShuffles" in once,
        shares=shares,
        result=once.get("Result", b""),
    )


def _read(payload: bytes, kind: type[_Read], box: Path) -> _Read:
    """Raises: Malformed, where this is not of that kind."""
    try:
        return msgspec.json.decode(payload, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Malformed(
            f"a record of this ballot box does not say whose it is ({error}); take it from elsewhere",
            where=str(box),
        ) from None


def shuffled(election: BallotElection, tally: Tally, shuffles: Iterable[bytes]) -> Tally:
    """What the trustees decrypt: the tally, or what its shuffles leave of it, each checked.

    Raises: what ``check_shuffle`` raises, naming the shuffle.
    """
    for number, raw in enumerate(shuffles, start=1):
        try:
            tally = check_shuffle(election, tally, raw)
        except Fault as fault:
            raise fault.at(f"shuffle {number}") from None
    return tally


def shuffle_data(election: str, position: int, before: bytes, payload: bytes) -> Data:
    """Of ``box.shuffle``. ``before``: the payload of the tally or of the shuffle that this one continues."""
    digests = {"before": sha256(before).hexdigest(), "payload": sha256(payload).hexdigest()}
    return {"election": election, "position": position, **digests}


def open_result(box: Box, tally: Tally, shares: Mapping[int, bytes]) -> tuple[bytes, Opened]:
    """The payload of the result, and what it says; a false share is named, and left out.

    ``tally``: after the last shuffle. Raises: Missing, naming false shares too, while too few true ones are there.
    """
    opened = open_box(box.election, parse_trustees(ED25519, box.trustees), tally, shares)
    return format_result(opened.result), opened


def result_data(act: str, election: Election, box: Box, opened: Opened) -> Data:
    """Of ``election.result``: first preferences, where ballots rank."""
    if election.is_ranked:
        profile = profile_of(counted_rankings(opened.result, opened.spoilt, 0), box.election.questions[0].answers)
        first, blank = first_preferences(profile)
        return {"election": act, "head": box.head, "votes": list(first), "blank": blank}
    blank, *votes = (count for count in opened.result[0] if isinstance(count, int))
    return {"election": act, "head": box.head, "votes": votes, "blank": blank}


def needs_lot(election: Election, opened: Opened) -> bool:
    """Whether candidates are tied, so that the count waits for a lot that was not drawn yet."""
    if election.purpose != "delegates" or lot_seed(election) is not None:
        return False
    try:
        count_result(election, opened.result, opened.spoilt, None)
    except Refused:
        return True
    return False
