"""Spelling as in Dutch, Malay and English papers of the 17th and 18th century, by rules of our own.

A rule may only change what ``base_form`` does not see, so that every spelling of a word keeps its base form, and
with it the word's split.
"""

import functools
import hashlib
import re
import unicodedata

import numpy as np

from pulih.data.lines import Split

TENTHS = 10
LONG_S = "\u017f"
_SAME_LETTER = str.maketrans({"j": "i", "y": "i", "v": "u", "c": "k", "z": "s", LONG_S: "s", "h": None, "e": None})
_REPEATED = re.compile(r"(.)\1+")
_NO_LETTER = re.compile(r"[^a-zß]")

# (pattern, replacements, chance): each is tried once per word, from the first to the last.
_RULES: tuple[tuple[re.Pattern[str], tuple[str, ...], float], ...] = tuple(
    (re.compile(pattern), choices, chance)
    for pattern, choices, chance in (
        (r"lijk", ("lijck", "lyck", "lyk", "lick"), 0.8),
        (r"ij", ("y", "ÿ", "ij"), 0.7),
        (r"(?<=[ae])i(?![aeiouy])", ("y", "ij"), 0.5),
        (r"aa", ("ae",), 0.6),
        (r"uu", ("ue", "u"), 0.6),
        (r"g(?=$|e|i)", ("gh",), 0.35),
        (r"(?<=[a-z])k$", ("ck",), 0.6),
        (r"(?<=[aeiou])k(?=[aeiou])", ("ck", "k"), 0.3),
        (r"^k(?=[alou])", ("c",), 0.3),
        (r"d$", ("dt",), 0.2),
        (r"t$", ("th",), 0.05),
        (r"^v", ("u",), 0.1),
        (r"^u(?=[a-z])", ("v",), 0.3),
        (r"(?<=[aeio])v(?=[aeio])", ("u",), 0.25),
        (r"^j(?=[aeou])", ("i", "J"), 0.3),
        (r"^z", ("s",), 0.25),
        (r"(?<=[aeou])s$", ("sz", "ss", "s"), 0.15),
        (r"(?<=[a-z]{3})f$", ("ff",), 0.5),
        (r"(?<=[^aeiou])i$", ("ij", "y"), 0.4),
        (r"y$", ("ij", "ie", "y"), 0.15),
    )
)


def base_form(word: str) -> str:
    """Return the form that all spellings of ``word`` share: no case, accents, doubled letters, h or e."""
    plain = word.lower()
    if not plain.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFD", plain) if not unicodedata.combining(c))
    letters = _NO_LETTER.sub("", plain.translate(_SAME_LETTER))
    return _REPEATED.sub(r"\1", letters.replace("dt", "d"))


@functools.lru_cache(maxsize=1 << 17)
def split_of(word: str) -> str:
    """Return ``train``, ``validation`` or ``test``: where a word may be used, by the hash of its base form."""
    tenth = hashlib.sha256(base_form(word).encode()).digest()[0] % TENTHS
    return "validation" if tenth == 0 else "test" if tenth in (1, 2) else "train"


def allowed(word: str, split: Split) -> bool:
    """Return whether a word may be used in a split; one without letters may be used in all."""
    return not any(c.isalpha() for c in word) or split_of(word) == split.partition("_")[0]


def respell(word: str, random: np.random.Generator) -> str:
    """Return ``word`` (lower case) with some of its letters spelled as they were."""
    for pattern, choices, chance in _RULES:
        if pattern.search(word) and random.random() < chance:
            word = pattern.sub(choices[int(random.integers(len(choices)))], word, count=1)
    return word


def with_long_s(word: str) -> str:
    """Return ``word`` with the long s wherever it was written: anywhere but at the end and before f."""
    return re.sub(r"s(?=[a-eg-zà-ÿ])", LONG_S, word)
