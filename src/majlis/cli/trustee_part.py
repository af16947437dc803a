"""A trustee's place in one election, by the copy of the record that lies on their own machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from majlis.cli.desk import PERSON, Desk, ref
from majlis.cli.signing import at_hand, write
from majlis.errors import Forged, Missing, Refused

if TYPE_CHECKING:
    from majlis.ballot import ChannelKey
    from majlis.crypto import SecretScalar
    from majlis.host.federation import Federation
    from majlis.host.keyring import KeyEntry
    from majlis.host.node import Known
    from majlis.institutions.state import Election, Trustee

TRUSTEE = "trustee"


class Part:
    """One trustee's part. ``number``: from 1."""

    def __init__(self, desk: Desk) -> None:
        """Raises: Missing, for no such election; Refused, for somebody who is no trustee of it."""
        from majlis.institutions.kinds import current

        self.desk = desk
        self.body: Known
        self.federation: Federation
        self.body, self.federation, state = at_hand(desk)
        self.act = ref(state, desk.args.election)
        if self.act not in state.elections:
            raise Missing(
                f"act {desk.args.election} announces no secret ballot in the copy that is here; take a newer one, or "
                f"see 'majlis act list {self.body.slug}'"
            )
        self.election: Election = state.elections[self.act]
        self.keyring = desk.keyring(desk.args.person)
        own = {entry.public for entry in self.keyring.entries() if entry.kind == PERSON}
        keys = [current(state, trustee.key) for trustee in self.election.trustees]
        places = [number for number, key in enumerate(keys, start=1) if key in own]
        if not places:
            raise Refused(f"{desk.args.person!r} is no trustee of this ballot; its announcement says who is")
        self.number = places[0]
        self.name = f"election {self.election.uuid}"

    @property
    def own(self) -> Trustee:
        """What this trustee published so far."""
        return self.election.trustees[self.number - 1]

    @property
    def entry(self) -> KeyEntry:
        """The secret made for this election. Raises: Missing, Forged."""
        entry = self.keyring.get(self.name)
        published = self.own.verification if self.election.is_threshold else self.own.public_key
        if published and published != entry.public:
            raise Forged("the key published in your name is not the one in your keyring; tell clerk and members")
        return entry

    def channel(self) -> ChannelKey:
        """The key of the ceremony, from the seed in the keyring. Raises: Missing, Forged."""
        from majlis.ballot import ChannelKey

        return ChannelKey(self.entry.secret.reveal())

    def secret(self) -> SecretScalar:
        """What decrypts: the trustee's own secret, or their share of the joint one. Raises: Missing, Forged."""
        from majlis.host.trustees import share_of

        if not self.election.is_threshold:
            return self.entry.scalar()
        return share_of(self.election, self.number, self.channel())

    def blob(self, digest: str) -> bytes:
        """What an act of the ceremony names. Raises: Missing."""
        return self.desk.node.blobs.get(digest)

    def write(self, kind: str, data: dict[str, object], blobs: dict[str, bytes] | None = None) -> int:
        """An act about this election by its trustee."""
        return write(self.desk, self.body, self.federation, kind, data, blobs=blobs)
