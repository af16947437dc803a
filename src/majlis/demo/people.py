"""The people of the demonstration: every one of them invented, every key made for this run and kept in its keyring."""

from __future__ import annotations

from hashlib import sha256

from majlis.ballot import derive_secret, enrolment_point, roll_leaf
from majlis.crypto import ED25519, Chance, SecretScalar, SigningKey, draw_scalar
from majlis.host.author import key_id
from majlis.record import Tree, leaf_hash

# First names in use across the region, in both scripts; a letter after them tells people apart.
NAMES = (
    ("Amal", "أمل"), ("Bassam", "بسام"), ("Dalia", "داليا"), ("Fadi", "فادي"), ("Ghada", "غادة"), ("Hani", "هاني"),
    ("Iman", "إيمان"), ("Jamal", "جمال"), ("Karima", "كريمة"), ("Louay", "لؤي"), ("Maha", "مها"), ("Nabil", "نبيل"),
    ("Ola", "علا"), ("Qasim", "قاسم"), ("Rima", "ريما"), ("Samir", "سمير"), ("Thuraya", "ثريا"), ("Usama", "أسامة"),
    ("Wafa", "وفاء"), ("Yasin", "ياسين"), ("Zeina", "زينة"), ("Adnan", "عدنان"), ("Hala", "هالة"), ("Tariq", "طارق"),
)  # fmt: skip


class Person:
    """Somebody who acts in the open: an officer, a trustee, a candidate. ``tag`` tells persons of one body apart."""

    def __init__(self, label: str, chance: Chance, name: str = "") -> None:
        self.label = label
        self.name = name
        self.key = SigningKey(chance(32))
        self.tag = sha256(b"majlis-demo-tag|" + label.encode() + self.key.public_key).hexdigest()[:32]

    @property
    def id(self) -> str:
        """The key id under which they sign."""
        return key_id(self.key)


class Member:
    """An ordinary member, nameless everywhere: the secret on their phone, and what the two offices keep of them.

    The registrar keeps the public point and the salt of the leaf; the list keeper the point and the tweak key.
    """

    def __init__(self, place: str, chance: Chance) -> None:
        self.secret: SecretScalar = draw_scalar(chance)
        self.point = enrolment_point(self.secret)
        self.tweak = chance(32)
        self.salt = chance(32)
        self.place = place
        self.tag = chance(16).hex()

    def leaf(self) -> bytes:
        """The salted leaf of the roll."""
        return roll_leaf(salt=self.salt, point=self.point, place=self.place, tag=self.tag)

    def for_vote(self, act: str) -> SecretScalar:
        """The secret that signs in the election or petition opened by ``act``, and nowhere else."""
        return derive_secret(self.secret, self.tweak, act)


def roll_root(members: list[Member]) -> str:
    """The Merkle root, in hex, over the leaves in the order of the roll."""
    return Tree(leaf_hash(member.leaf()) for member in members).root().hex()


def derived_tree(points: list[bytes]) -> Tree:
    """The tree over derived keys, 64 hex digits each as the acts print them; already in the list's order."""
    return Tree(leaf_hash(bytes.fromhex(ED25519.format(point))) for point in points)  # type: ignore[arg-type]


def person_name(number: int) -> str:
    """A name for candidate ``number`` in both scripts, such as ``Amal B. أمل ب``."""
    latin, arabic = NAMES[number % len(NAMES)]
    turn = number // len(NAMES)
    return f"{latin} {chr(ord('A') + turn % 26)}. · {arabic}"
