"""Transcriptions of real lines in the characters that a recognizer knows; every change is counted.

Editors mark what they see: ``^`` before a superscript, ``>..<`` around what is struck out, a caret for an insertion.
The marks are no ink and go; the letters that they mark are on the page and stay. What one hand writes and two editors
encode in two ways (dashes, apostrophes, superscript letters) gets one character.
"""

import unicodedata
from collections import Counter
from dataclasses import dataclass

from pulih.data.charset import Charset

MARKS = dict.fromkeys("^><⟦⟧‸⎀|", "")
EQUIVALENTS = {
    **dict.fromkeys("\N{RIGHT SINGLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}\N{MODIFIER LETTER APOSTROPHE}", "'"),
    **dict.fromkeys("“”„«»", '"'),
    **dict.fromkeys("—\N{EN DASH}¬", "-"),
    **{"⸗": "=", "[": "(", "]": ")"},
    **{"œ": "oe", "Œ": "Oe", "æ": "ae", "Æ": "Ae", "ß": "ss", "°": "o", "⁊": "&"},
}
SUPERSCRIPT = "COMBINING LATIN SMALL LETTER "


@dataclass(frozen=True)
class Normalized:
    """``text`` within the charset but for the characters ``unknown``; ``changes`` counts ``old -> new``."""

    text: str
    changes: Counter[str]
    unknown: frozenset[str]


def normalized(text: str, charset: Charset) -> Normalized:
    """Bring a transcription to ``charset``; a character that the charset has is never changed."""
    changes: Counter[str] = Counter()
    written = []
    for character in charset.normalize(text):
        new = character if character in charset.characters else _replacement(character)
        if new != character:
            changes[f"{character} -> {new or 'nothing'}"] += 1
        written.append(new)
    answer = charset.normalize("".join(written))
    return Normalized(answer, changes, frozenset(charset.unknown(answer)))


def _replacement(character: str) -> str:
    """Return what stands for ``character``; itself when nothing is known to."""
    for table in (MARKS, EQUIVALENTS):
        if character in table:
            return table[character]
    name = unicodedata.name(character, "")
    if name.startswith(SUPERSCRIPT) and len(name) == len(SUPERSCRIPT) + 1:
        return name[-1].lower()
    if unicodedata.combining(character):
        return ""
    plain = unicodedata.normalize("NFKD", character)
    return "".join(c for c in plain if not unicodedata.combining(c))
