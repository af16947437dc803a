"""Ballot boxes in the format of Belenios: made, grown event by event, opened, and verified from first byte to last.

To hold an election: ``make_trustee_key``, ``format_trustees``, ``format_election``, ``format_credentials``; an
``ArchiveWriter`` for the box; ``seal`` at the voter's, ``check_ballot`` at intake; ``compute_tally``, ``decrypt_share``
and ``prove_sidecar`` at each trustee's; ``open_tally`` and ``format_result``. To check one: ``verify_archive``.
"""

from majlis.ballot.audit_ballots import MapOfBatches
from majlis.ballot.ballot import Ballot, check_ballot, tracker_of
from majlis.ballot.checks import CHECKS, CheckRule
from majlis.ballot.credential import (
    check_enrolment,
    check_petition_signature,
    derive_point,
    derive_secret,
    election_uuid,
    enrolment_point,
    make_member_secret,
    prove_enrolment,
    roll_leaf,
    sign_petition,
)
from majlis.ballot.credentials import (
    Credentials,
    derive_credential,
    format_credentials,
    parse_credentials,
    sort_points,
)
from majlis.ballot.decryption import check_share, check_sidecar, decrypt_share, prove_sidecar
from majlis.ballot.election import (
    ChoiceQuestion,
    Election,
    Question,
    RankedQuestion,
    format_election,
    parse_election,
)
from majlis.ballot.event import Entry, read_entries
from majlis.ballot.process import Process, RollAct, ShuffleAct
from majlis.ballot.report import Check, Failure, Report, Verdict
from majlis.ballot.result import Result, format_result, open_tally
from majlis.ballot.seal import BLANK, seal
from majlis.ballot.tally import Tally, compute_tally
from majlis.ballot.tar import looks_like_archive, read_records
from majlis.ballot.trustee_key import (
    TrusteeKey,
    format_trustee_key,
    key_prefix,
    make_trustee_key,
    parse_trustee_key,
)
from majlis.ballot.trustees import Owner, Trustees, check_trustees, format_trustees, parse_trustees
from majlis.ballot.verify import verify_archive
from majlis.ballot.writer import ArchiveWriter, Written, whole_events

__all__ = [
    "BLANK",
    "CHECKS",
    "ArchiveWriter",
    "Ballot",
    "Check",
    "CheckRule",
    "ChoiceQuestion",
    "Credentials",
    "Election",
    "Entry",
    "Failure",
    "MapOfBatches",
    "Owner",
    "Process",
    "Question",
    "RankedQuestion",
    "Report",
    "Result",
    "RollAct",
    "ShuffleAct",
    "Tally",
    "TrusteeKey",
    "Trustees",
    "Verdict",
    "Written",
    "check_ballot",
    "check_enrolment",
    "check_petition_signature",
    "check_share",
    "check_sidecar",
    "check_trustees",
    "compute_tally",
    "decrypt_share",
    "derive_credential",
    "derive_point",
    "derive_secret",
    "election_uuid",
    "enrolment_point",
    "format_credentials",
    "format_election",
    "format_result",
    "format_trustee_key",
    "format_trustees",
    "key_prefix",
    "looks_like_archive",
    "make_member_secret",
    "make_trustee_key",
    "open_tally",
    "parse_credentials",
    "parse_election",
    "parse_trustee_key",
    "parse_trustees",
    "prove_enrolment",
    "prove_sidecar",
    "read_entries",
    "read_records",
    "roll_leaf",
    "seal",
    "sign_petition",
    "sort_points",
    "tracker_of",
    "verify_archive",
    "whole_events",
]
