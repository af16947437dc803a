"""Everything that touches the world: disk, databases, clock, chance, other bodies' files. Trusted for being there only.

A host keeps records (``Host``), folds them together (``Federation``), and hands out receipts, ticks and certificates. A
reader opens a public folder (``open_folder``) and verifies it from its files alone (``verify_folder``).
"""

from majlis.host.author import key_id, write_act
from majlis.host.federation import Federation, Record
from majlis.host.folder import Folder, open_folder
from majlis.host.host import Host, Receipt
from majlis.host.trust import format_trust, parse_trust
from majlis.host.verify import Verdict, verify_folder

__all__ = [
    "Federation",
    "Folder",
    "Host",
    "Receipt",
    "Record",
    "Verdict",
    "format_trust",
    "key_id",
    "open_folder",
    "parse_trust",
    "verify_folder",
    "write_act",
]
