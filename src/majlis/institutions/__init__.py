"""The rules: a pure fold of signed acts into the state of a body, one folder for each institution."""

from majlis.institutions.act import (
    MAX_ENTRY,
    NOBODY,
    Act,
    Seen,
    SignedAct,
    act_id,
    format_text,
    open_act,
    parse_act,
    sign_text,
)
from majlis.institutions.certificate import Certificate
from majlis.institutions.charter import Charter, charter_hash
from majlis.institutions.evidence import Evidence, NoEvidence
from majlis.institutions.fold import GENESIS, Finding, fold, fold_signed
from majlis.institutions.state import State
from majlis.institutions.table import KINDS
from majlis.institutions.trace import Step, trace

__all__ = [
    "GENESIS",
    "KINDS",
    "MAX_ENTRY",
    "NOBODY",
    "Act",
    "Certificate",
    "Charter",
    "Evidence",
    "Finding",
    "NoEvidence",
    "Seen",
    "SignedAct",
    "State",
    "Step",
    "act_id",
    "charter_hash",
    "fold",
    "fold_signed",
    "format_text",
    "open_act",
    "parse_act",
    "sign_text",
    "trace",
]
