"""An identity as people say it: twelve words of five letters for its first 24 bytes.

    16 bits, most significant first     cccc vv cccc vv cccc
    a word                              consonant vowel consonant vowel consonant      babad, dosik, zuzuz

    consonants 0 to 15    b d f g h j k l m n p r s t v z
                          ب د ف غ ه ج ك ل م ن ش ر س ت خ ز
    vowels 0 to 3         a  i  o  u
                          ا  ي  او و

The words are the same in every language. The Arabic letters are another way of writing the same syllables, for those
who read Latin letters slowly: where Arabic has no such sound (p, v) a letter stands that no other syllable uses, and
the vowel *o* is ``او``, as in ساوباولو. A consonant follows every vowel, so both spellings read back in one way only.
Source: ``docs/decisions/0005-identity-words.md``; the five letters follow proquints (Wilkerson, 2009).
"""

from __future__ import annotations

import re
from typing import Final

from majlis.errors import Forged, Malformed

BYTES: Final = 24
COUNT: Final = 12
CONSONANTS: Final = "bdfghjklmnprstvz"
VOWELS: Final = "aiou"
ARABIC: Final = dict(
    zip(CONSONANTS + VOWELS, (*"بدفغهجكلمنشرستخز", "ا", "ي", "او", "و"), strict=True),
)
_LATIN: Final = {arabic: latin for latin, arabic in ARABIC.items()}
_WORD: Final = re.compile(f"[{CONSONANTS}][{VOWELS}][{CONSONANTS}][{VOWELS}][{CONSONANTS}]\\Z")
_IDENTITY: Final = re.compile(r"[0-9a-f]{64}\Z")


def format_words(identity: str) -> tuple[str, ...]:
    """The twelve words of an identity, or of a key (64 hex digits).

    Raises: Malformed when it is not 64 hex digits.
    """
    if not _IDENTITY.match(identity):
        raise Malformed(f"an identity is 64 hex digits in small letters, found {identity[:70]!r}")
    raw = bytes.fromhex(identity)[:BYTES]
    return tuple(_word(int.from_bytes(raw[at : at + 2], "big")) for at in range(0, BYTES, 2))


def _word(bits: int) -> str:
    return "".join(
        (
            CONSONANTS[bits >> 12],
            VOWELS[bits >> 10 & 3],
            CONSONANTS[bits >> 6 & 15],
            VOWELS[bits >> 4 & 3],
            CONSONANTS[bits & 15],
        )
    )


def arabic_word(word: str) -> str:
    """The same five sounds in Arabic letters. Raises: Malformed when it is no word of this alphabet."""
    return "".join(ARABIC[letter] for letter in _check_word(word))


def parse_words(text: str) -> bytes:
    """The 24 bytes that twelve words say, in Latin or Arabic letters, parted by blanks or hyphens.

    Raises: Malformed naming the word that does not read, or their number.
    """
    words = re.split(r"[\s\-]+", text.strip())
    if len(words) != COUNT:
        raise Malformed(f"an identity is {COUNT} words, found {len(words)}; ask for all of them")
    return b"".join(_bits(_latin_word(word.lower())).to_bytes(2, "big") for word in words)


def check_words(identity: str, text: str) -> None:
    """Returns when the words are those of the identity.

    Raises: Malformed when the words do not read; Forged naming the first that differs.
    """
    expected = format_words(identity)
    raw = parse_words(text)
    for number, word in enumerate(expected):
        said = _word(int.from_bytes(raw[2 * number : 2 * number + 2], "big"))
        if said != word:
            raise Forged(f"word {number + 1} is '{said}' and this identity has '{word}': it is another body")


def _check_word(word: str) -> str:
    if not _WORD.match(word):
        raise Malformed(
            f"'{word[:40]}' is no word of an identity: five letters such as 'dosik', of {CONSONANTS}{VOWELS}"
        )
    return word


def _bits(word: str) -> int:
    first, second, third = (CONSONANTS.index(word[at]) for at in (0, 2, 4))
    return first << 12 | VOWELS.index(word[1]) << 10 | second << 6 | VOWELS.index(word[3]) << 4 | third


def _latin_word(word: str) -> str:
    """The word in Latin letters; ``او`` is read before ``ا``, since no vowel follows a vowel."""
    if word.isascii():
        return _check_word(word)
    latin = "".join(_LATIN.get(letters, "?") for letters in re.findall("او|.", word, re.DOTALL))
    return _check_word(latin)
