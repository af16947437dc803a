"""Ballot boxes in the format of Belenios: made, grown event by event, opened, and verified from first byte to last.

To hold an election: ``make_trustee_key``, ``format_trustees``, ``format_election``, ``format_credentials``; an
``ArchiveWriter`` for the box; ``seal`` at the voter's, ``check_ballot`` at intake; ``compute_tally``, where votes are
ranked ``shuffle_tally`` and ``check_shuffle``, ``decrypt_share`` and ``prove_sidecar`` at each trustee's; ``open_box``
and ``format_result``. To check one: ``verify_archive``.

A key that any t of n trustees use: ``draw_channel_key``, ``certify``, ``deal``, ``may_show`` and ``collect`` at each
trustee's; ``check_certificates``, ``check_polynomials``, ``make_input`` and ``format_parameters`` at everybody's.
"""

from majlis.ballot.accusation import accuse, check_accusation
from majlis.ballot.audit_ballots import MapOfBatches
from majlis.ballot.ballot import Ballot, check_ballot, tracker_of
from majlis.ballot.ceremony import (
    Certificate,
    Certificates,
    Polynomial,
    certificate_commitment,
    check_answer,
    check_certificate,
    check_certificates,
    check_parameters,
    check_polynomial,
    check_polynomials,
    format_parameters,
    make_input,
    polynomial_commitment,
)
from majlis.ballot.channel import ChannelKey, draw_channel_key
from majlis.ballot.checks import CHECKS, CheckRule
from majlis.ballot.code import (
    CODE_ROLL,
    Code,
    Half,
    check_half,
    code_label,
    code_secret,
    draw_code,
    format_code,
    join_codes,
    parse_code,
    prove_half,
)
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
from majlis.ballot.dealing import Collected, certify, check_finished, collect, deal, may_show, open_share
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
from majlis.ballot.lot import LotShare, check_lot_share, draw_lot, give_lot_share, lot_base
from majlis.ballot.mix import shuffle_tally
from majlis.ballot.pedersen import Pedersen, parse_pedersen
from majlis.ballot.process import Process, RollAct, ShuffleAct
from majlis.ballot.report import Check, Failure, Report, Verdict
from majlis.ballot.result import Opening, Result, counted_rankings, format_result, open_box, open_tally
from majlis.ballot.seal import BLANK, seal
from majlis.ballot.shuffle import check_shuffle
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
from majlis.ballot.verify import NO_HEAD, verify_archive
from majlis.ballot.writer import ArchiveWriter, Written, whole_events

__all__ = [
    "BLANK",
    "CHECKS",
    "CODE_ROLL",
    "NO_HEAD",
    "ArchiveWriter",
    "Ballot",
    "Certificate",
    "Certificates",
    "ChannelKey",
    "Check",
    "CheckRule",
    "ChoiceQuestion",
    "Code",
    "Collected",
    "Credentials",
    "Election",
    "Entry",
    "Failure",
    "Half",
    "LotShare",
    "MapOfBatches",
    "Opening",
    "Owner",
    "Pedersen",
    "Polynomial",
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
    "accuse",
    "certificate_commitment",
    "certify",
    "check_accusation",
    "check_answer",
    "check_ballot",
    "check_certificate",
    "check_certificates",
    "check_enrolment",
    "check_finished",
    "check_half",
    "check_lot_share",
    "check_parameters",
    "check_petition_signature",
    "check_polynomial",
    "check_polynomials",
    "check_share",
    "check_shuffle",
    "check_sidecar",
    "check_trustees",
    "code_label",
    "code_secret",
    "collect",
    "compute_tally",
    "counted_rankings",
    "deal",
    "decrypt_share",
    "derive_credential",
    "derive_point",
    "derive_secret",
    "draw_channel_key",
    "draw_code",
    "draw_lot",
    "election_uuid",
    "enrolment_point",
    "format_code",
    "format_credentials",
    "format_election",
    "format_parameters",
    "format_result",
    "format_trustee_key",
    "format_trustees",
    "give_lot_share",
    "join_codes",
    "key_prefix",
    "looks_like_archive",
    "lot_base",
    "make_input",
    "make_member_secret",
    "make_trustee_key",
    "may_show",
    "open_box",
    "open_share",
    "open_tally",
    "parse_code",
    "parse_credentials",
    "parse_election",
    "parse_pedersen",
    "parse_trustee_key",
    "parse_trustees",
    "polynomial_commitment",
    "prove_enrolment",
    "prove_half",
    "prove_sidecar",
    "read_entries",
    "read_records",
    "roll_leaf",
    "seal",
    "shuffle_tally",
    "sign_petition",
    "sort_points",
    "tracker_of",
    "verify_archive",
    "whole_events",
]
