"""The words for what records name by code: kinds of act, offices, roles, rules. Marked here, translated where printed.

The words are those of the glossary. A rule is explained by its family: what the family guards, in one plain sentence.
"""

from __future__ import annotations

from typing import Final

N_ = str

KINDS: Final = {
    "found": N_("Founding of the body"),
    "founding.confirm": N_("The founding is confirmed"),
    "charter.amend": N_("The charter is amended"),
    "dissolve": N_("The body dissolves itself"),
    "host.move": N_("The record is moved to another log key"),
    "host.confirm": N_("The members confirm where their record is kept"),
    "fork.show": N_("A fork of the record is shown"),
    "fork.settle": N_("The members settle a fork of the record"),
    "act.deliver": N_("An act for another record was handed in here"),
    "delivery.show": N_("An act is shown to have been handed in elsewhere"),
    "key.enrol": N_("A key is enrolled"),
    "key.suspend": N_("A key is suspended by its holder"),
    "key.replace": N_("A key is replaced"),
    "charterkey.replace": N_("A charter key is replaced by decision"),
    "office.appoint": N_("Appointment to an office"),
    "office.remove": N_("Removal from an office"),
    "tick": N_("The time, attested by witnesses"),
    "state.digest": N_("Digest of what is in force"),
    "act.excess": N_("Acts beyond the quotas of their keys, as one hash"),
    "census.publish": N_("Count of inhabitants"),
    "census.countersign": N_("Another body countersigns the count"),
    "federation.join": N_("Joining an assembly"),
    "federation.leave": N_("Leaving an assembly"),
    "plan.adopt": N_("The plan of seats is adopted"),
    "plan.amend": N_("Another plan of seats is put forward"),
    "plan.accept": N_("Another plan of seats is accepted"),
    "plan.ratify": N_("A body comes under another plan of seats"),
    "plan.challenge": N_("A plan is laid beside that of seats"),
    "federation.admit": N_("A body is admitted"),
    "federation.depart": N_("A body's leaving is noted"),
    "motion.table": N_("A motion is tabled"),
    "session.call": N_("A meeting is called"),
    "decision.hand": N_("Decision by show of hands"),
    "recall.petition": N_("Petition to recall a delegate"),
    "decision.contest": N_("A decision is contested"),
    "petition.list": N_("The anonymous list for a petition"),
    "petition.sign": N_("Signatures under a petition"),
    "roll.commit": N_("The roll is committed"),
    "candidacy.declare": N_("Somebody stands for election"),
    "election.announce": N_("A secret ballot is announced"),
    "trustee.key": N_("A trustee's key for a ballot box"),
    "trustee.certify": N_("A trustee begins on a joint key"),
    "trustee.promise": N_("A trustee commits to a part of a joint key"),
    "trustee.deal": N_("A trustee deals shares of a joint key"),
    "trustee.share": N_("A trustee's share of a joint key"),
    "trustee.accuse": N_("A trustee is shown to lie"),
    "election.list": N_("The voters' anonymous list"),
    "election.open": N_("The ballot box opens"),
    "box.head": N_("How far the ballot box has grown"),
    "election.close": N_("The ballot box closes"),
    "objection.raise": N_("A member objects to the box"),
    "objection.settle": N_("The members settle objections to a box"),
    "box.shuffle": N_("A trustee shuffles the ballots"),
    "decryption.commit": N_("A trustee commits to a decryption"),
    "decryption.reveal": N_("A trustee shows a decryption"),
    "lot.share": N_("A trustee's share of the public lot"),
    "trustee.forget": N_("A trustee says that the secret of a ballot is destroyed"),
    "lot.dice": N_("Dice of two bodies for the public lot"),
    "election.paper": N_("Delegates elected on paper"),
    "election.result": N_("Result of a secret ballot"),
    "mandate.give": N_("A mandate is given"),
    "mandate.deliver": N_("A mandate reaches the assembly"),
    "session.attend": N_("A delegate is present"),
    "session.open": N_("A meeting is opened"),
    "vote.cast": N_("A delegate votes"),
    "motion.close": N_("Result of a roll call"),
    "seat.fill": N_("A seat is filled"),
    "seat.vacate": N_("A seat is vacated"),
    "head.show": N_("How far the record of a member was seen"),
    "gift.receive": N_("A gift is received"),
    "spend.order": N_("An order to spend"),
    "spend.pay": N_("A payment"),
}
UNREADABLE: Final = N_("An entry that is no act")
UNKNOWN_KIND: Final = N_("An act of a kind that the rules do not know")

TYPES: Final = {
    "committee": N_("Committee"),
    "assembly": N_("Assembly of delegates"),
    "affiliate": N_("Affiliate, without a vote"),
}

STATUSES: Final = {
    "in-force": N_("in force"),
    "void": N_("void"),
    "waiting": N_("waiting"),
    "missing": N_("incomplete"),
    "copy": N_("copy"),
}
STATUS_MEANINGS: Final = {
    "in-force": N_("It counts: it has the warrant that it needs."),
    "void": N_("It stands in the record and has no effect: it breaks a rule."),
    "waiting": N_("More signatures are needed before it is judged."),
    "missing": N_("What it rests on is not at hand here; nothing is known to be wrong."),
    "copy": N_("The same act stands earlier in this record; it has effect once."),
}

OFFICES: Final = {
    "clerk": N_("clerk"),
    "teller": N_("teller"),
    "registrar": N_("registrar"),
    "list_keeper": N_("list keeper"),
    "trustee": N_("trustee"),
    "counter": N_("census counter"),
    "treasurer": N_("treasurer"),
    "storekeeper": N_("storekeeper"),
    "spokesperson": N_("spokesperson"),
}

HOLDERS: Final = {**OFFICES, "charter": N_("a charter key")}
"""How somebody is called who appears under no name."""

ROLES: Final = {
    "decision": N_("by this decision"),
    "motion": N_("on this motion"),
    "notice": N_("at a meeting called by this notice"),
    "roll": N_("counted against this roll"),
    "census": N_("of people counted here"),
    "figure": N_("for this figure"),
    "counter": N_("by this counter's office"),
    "candidacy": N_("with this candidate"),
    "membership": N_("as a member by this joining"),
    "announcement": N_("in the ballot announced here"),
    "list": N_("for the voters on this list"),
    "close": N_("after this closing"),
    "petition": N_("upon this petition"),
    "election": N_("by a delegate elected here"),
    "seat": N_("by a delegate seated here"),
    "vote": N_("with this vote"),
    "head": N_("as far as this district's record was seen"),
    "plan": N_("under this plan of seats"),
    "acceptance": N_("as accepted by this body"),
    "admission": N_("for the body admitted here"),
    "ratification": N_("ratified by this body"),
    "order": N_("under this order"),
    "move": N_("for the record moved here"),
    "fork": N_("for the fork shown here"),
}
ROLE_BY_CERTIFICATE: Final = N_("by this certificate")

CHOICES: Final = {"yes": N_("for"), "no": N_("against"), "abstain": N_("abstaining"), "free": N_("free vote")}

COUNTING: Final = {
    "plurality/1": N_("most votes"),
    "scottish/1": N_("single transferable vote, as in Scottish local elections"),
    "meek/1": N_("single transferable vote, by Meek's method"),
    "irv/1": N_("instant runoff"),
}

LABELS: Final = {
    "kept": N_("kept the mandate"),
    "broken": N_("broke the mandate"),
    "free": N_("free: no mandate"),
    "void": N_("void: no longer sits"),
}

HOW: Final = {
    "hand": N_("by show of hands"),
    "box": N_("by secret ballot"),
    "rollcall": N_("by open roll call"),
}

PURPOSES: Final = {
    "delegates": N_("Election of delegates"),
    "motion": N_("Secret ballot on a motion"),
    "recall": N_("Recall vote"),
}

AIMS: Final = {"recall": N_("Petition to recall a delegate"), "contest": N_("Petition against a decision")}

VERDICTS: Final = {
    "valid": N_("valid"),
    "valid-v1": N_("valid in the older format"),
    "incomplete": N_("incomplete"),
    "invalid": N_("not valid"),
}

CHECKS: Final = {"passed": N_("passed"), "failed": N_("failed"), "missing": N_("not possible here")}

RULES: Final = {
    "ACT": N_(
        "An act must be whole, signed by the keys that it names, written for this very body, and not out of date."
    ),
    "KEY": N_("Only whoever holds the right office, seat or key at that moment may sign such an act."),
    "OFFICE": N_("An office is held by decision and for a term, and nobody holds two that guard each other."),
    "FOUND": N_("A body is founded once, by all whom it names, and the members confirm it; only they can end it."),
    "CHARTER": N_("A charter keeps its floors, and only the members change it, by the majority it asks for."),
    "MOVE": N_("A record is moved by its charter keys, drops nothing that was safe, and the members confirm it."),
    "FORK": N_("Where a log signed two histories, nothing binds until the members settle which goes on."),
    "DELIVER": N_("What was handed in for another record is noted with its time, and judged in that record alone."),
    "HEAD": N_("What the record of a member had undone, when its mirrors saw it last, is undone here as well."),
    "FED": N_("A body joins and leaves by its own decision, and is admitted as the plan of seats says."),
    "CENSUS": N_("A count of people stands once a counter of another body has countersigned it."),
    "ROLL": N_("The roll is a number and a commitment that fit each other."),
    "ELECT": N_("A secret ballot needs its roll, officers of two bodies, notice and voting time."),
    "TRUSTEE": N_("Each trustee makes one new key for each ballot and proves to hold it."),
    "BOXHEAD": N_("A ballot box only grows; a ballot that was in it stays in it."),
    "OBJECT": N_("An objection is raised in its window, by a member on the list, with that member's own key."),
    "OPEN": N_("Nothing is decrypted before the objections are over, nor out of turn, nor from too few ballots."),
    "LOT": N_("A lot is drawn by trustees after the box is closed, so that nobody can choose it."),
    "SHUFFLE": N_("Ranked votes are shuffled by trustees, one after the other, before anybody decrypts."),
    "PAPER": N_("Delegates are elected on paper only where a box would be too small, before somebody of another body."),
    "COUNTING": N_("Delegates are counted by the rule that the charter names."),
    "RESULT": N_("A result counts if the archive of the box proves every number of it."),
    "DECIDE": N_("A decision needs its notice, its quorum and tellers, and numbers that can be true."),
    "WARRANT": N_(
        "No act without a warrant: it must cite a decision that binds, allows just this, and is not used up."
    ),
    "PETITION": N_("A petition is signed by members on its list, in its window, each once."),
    "RECALL": N_("A recall is asked for by those who sent the delegate, in the time the charter leaves for it."),
    "MANDATE": N_("A mandate is given by a member body, by its own decision, on a motion of the assembly."),
    "SEAT": N_("A seat is filled by the newest election of its district, until recall or the end of the term."),
    "ASSEMBLY": N_("A meeting needs notice, and a majority of all seats and of all bodies."),
    "VOTE": N_("Only a delegate who sits votes, once, on an open motion of an open meeting."),
    "FUND": N_("Nothing leaves the fund without an order, nor more than the order, nor more than there is."),
    "CERT": N_("An act of another body counts here only if it is safe, and in force in its own record."),
    "TICK": N_("Time comes from enough witnesses who saw this very record, and never goes back."),
    "DIGEST": N_("A digest equals what the entries before it make."),
}
UNNAMED_RULE: Final = N_("It does not follow the rules that this body's charter pins.")

FIELDS: Final = {
    "names": N_("Names"),
    "name": N_("Name"),
    "type": N_("Type"),
    "threshold": N_("Charter keys needed together"),
    "quorum": N_("Mirrors needed for safety"),
    "languages": N_("Languages"),
    "charter_keys": N_("Charter keys"),
    "officers": N_("First officers"),
    "office": N_("Office"),
    "key": N_("Key"),
    "new": N_("New key"),
    "next": N_("Fingerprint of the next recovery key"),
    "of": N_("From body"),
    "term_days": N_("Term in days"),
    "inhabitants": N_("Inhabitants"),
    "places": N_("Places"),
    "source": N_("Source (attached file)"),
    "figure": N_("Figure"),
    "move": N_("Move of the record"),
    "fork": N_("Fork of the record"),
    "body": N_("For the body"),
    "act": N_("Act handed in"),
    "entry": N_("Fingerprint of the act as handed in"),
    "assembly": N_("Assembly"),
    "charter": N_("Charter"),
    "plan": N_("Plan of seats"),
    "district": N_("District"),
    "seats": N_("Seats"),
    "districts": N_("Districts"),
    "text": N_("Wording (attached file)"),
    "grants": N_("What it allows"),
    "motions": N_("Motions"),
    "motion": N_("Motion"),
    "session": N_("Meeting"),
    "present": N_("Present"),
    "yes": N_("For"),
    "no": N_("Against"),
    "abstain": N_("Abstaining"),
    "delegate": N_("Delegate"),
    "reason": N_("Reason (attached file)"),
    "decision": N_("Decision"),
    "petition": N_("Petition"),
    "listed": N_("Keys on the list"),
    "signatures": N_("Signatures"),
    "root": N_("Commitment"),
    "leaves": N_("Members on the roll"),
    "paper": N_("Of whom vote on paper"),
    "replaced": N_("Leaves that others of the same members replaced"),
    "throws": N_("Dice"),
    "purpose": N_("Purpose"),
    "subject": N_("Subject"),
    "candidates": N_("Candidates"),
    "election": N_("Ballot"),
    "public_key": N_("Public key"),
    "credentials": N_("Fingerprint of the list"),
    "voters": N_("Voters on the list"),
    "fingerprint": N_("Fingerprint of the ballot paper"),
    "head": N_("Newest event of the box"),
    "height": N_("Events in the box"),
    "ballots": N_("Ballots"),
    "commitment": N_("Commitment"),
    "payload": N_("Fingerprint of what is shown"),
    "letters": N_("Fingerprint of the sealed shares"),
    "answer": N_("Fingerprint of the signed key"),
    "accused": N_("Trustee who is accused, by number"),
    "accusation": N_("Fingerprint of the accusation"),
    "position": N_("Place in the row, from 0"),
    "before": N_("Fingerprint of what is shuffled"),
    "after": N_("Fingerprint of the last shuffle"),
    "count": N_("Number of acts held back"),
    "ids": N_("Fingerprint of the list of these acts"),
    "sidecar": N_("Fingerprint of its proofs"),
    "value": N_("Share of the lot"),
    "votes": N_("Votes"),
    "sheets": N_("Tally sheets (attached files)"),
    "blank": N_("Blank votes"),
    "choice": N_("Vote"),
    "instruction": N_("Instruction"),
    "amount": N_("Amount"),
    "unit": N_("Currency"),
    "conditions": N_("Conditions (attached file)"),
    "order": N_("Order"),
    "payee": N_("Payee (a hash, never a name)"),
    "certificate": N_("Certificate"),
    "size": N_("Entries covered"),
    "parent": N_("Split from body"),
    "charter_hash": N_("Fingerprint of the charter"),
}

CHARTER: Final = {
    "rules": N_("Version of the rules"),
    "seat_ratio": N_("Inhabitants for one delegate"),
    "rounding": N_("Rounding of seats"),
    "max_magnitude": N_("Most delegates elected together"),
    "term_days": N_("Term of delegates and officers"),
    "notice_days": N_("Notice of meetings and ballots"),
    "quorum": N_("Quorum"),
    "majority": N_("Majority"),
    "amend_majority": N_("Majority to amend the charter"),
    "contest_days": N_("Time to contest a decision by hand"),
    "contest_share": N_("Members who can contest, as a share"),
    "contest_members": N_("Members who can contest, at most"),
    "tellers": N_("Tellers of a count by hand"),
    "voting_days": N_("Least time a box stays open"),
    "objection_days": N_("Time for objections to a box"),
    "objection_limit": N_("Objections borne before the members must settle them"),
    "min_ballots": N_("Least ballots for a box to be opened"),
    "recall_petition": N_("Signatures that ask for a recall"),
    "recall_window_days": N_("Time to sign a recall petition"),
    "recall_notice_days": N_("Notice of a recall vote"),
    "recall_floor": N_("Votes that recall"),
    "recall_cooling_days": N_("Wait after a recall that failed"),
    "ratify_bodies": N_("Bodies that must ratify"),
    "ratify_inhabitants": N_("Inhabitants whose bodies must ratify, more than"),
    "trustee_share": N_("Trustees who open a box, more than"),
    "shufflers": N_("Trustees who shuffle ranked ballots"),
    "one_seat": N_("How one delegate is elected"),
    "more_seats": N_("How several delegates are elected"),
    "most_candidates": N_("Most candidates on a paper"),
    "pay_signers": N_("Signers of a payment"),
    "care_days": N_("Time without a tick before officers only take care"),
    "head_days": N_("How long the newest head of a district speaks, and a roll call waits for it"),
    "act_quota": N_("Acts of one key between two ticks"),
}
ROUNDINGS: Final = {
    "nearest": N_("nearest, an exact half up"),
    "commune": N_("nearest, an exact half down"),
    "floor": N_("down"),
    "ceil": N_("up"),
}
BASES: Final = {
    "roll": N_("of the roll"),
    "present": N_("of those present"),
    "cast": N_("of the votes cast"),
    "valid": N_("of the votes for and against"),
}


def family(rule: str) -> str:
    """The sentence that explains the family of a rule id; one for all where the family is unknown."""
    parts = rule.split("-")
    return RULES.get(parts[1], UNNAMED_RULE) if len(parts) > 2 else UNNAMED_RULE
