"""Texts that a line does not show, so that the text branch cannot ignore the text (Reed et al., ICML 2016)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

EDIT_RATE = 0.15


@dataclass(frozen=True)
class Mismatch:
    """A wrong text, and for each of its characters whether the line shows it all the same."""

    text: str
    shown: tuple[bool, ...]


def mismatches(texts: Sequence[str], random: np.random.Generator, edited_share: float) -> list[Mismatch]:
    """Return a wrong text per line: another line's of the batch, or the line's own with a few characters edited."""
    edit = random.random(len(texts)) < edited_share
    return [
        edited(text, _alphabet(texts), random) if edit[row] else _other_line(row, texts, random)
        for row, text in enumerate(texts)
    ]


def _alphabet(texts: Sequence[str]) -> list[str]:
    return sorted(set("".join(texts)) | {"a", "e", "n"})


def _other_line(row: int, texts: Sequence[str], random: np.random.Generator) -> Mismatch:
    others = [text for text in texts if text != texts[row]]
    if not others:
        return edited(texts[row], _alphabet(texts), random)
    text = others[int(random.integers(len(others)))]
    return Mismatch(text, (False,) * len(text))


def edited(text: str, alphabet: Sequence[str], random: np.random.Generator) -> Mismatch:
    """Return ``text`` with about 15 % of its characters (at least one) replaced, inserted, dropped or swapped."""
    characters, shown = list(text), [True] * len(text)
    for _ in range(max(1, round(EDIT_RATE * len(text)))):
        _edit_once(characters, shown, alphabet, random)
    changed = "".join(characters)
    # Spaces at an end or doubled would vanish when the charset normalizes the text.
    if changed == text or " ".join(changed.split()) != changed:
        return edited(text, alphabet, random)
    return Mismatch(changed, tuple(shown))


def _edit_once(characters: list[str], shown: list[bool], alphabet: Sequence[str], random: np.random.Generator) -> None:
    at, kind = int(random.integers(len(characters))), int(random.integers(4))
    new = alphabet[int(random.integers(len(alphabet)))]
    following = min(at + 1, len(characters) - 1)
    if kind == 0 or len(characters) < 3:
        shown[at] = shown[at] and new == characters[at]
        characters[at] = new
    elif kind == 1:
        characters.insert(at, new)
        shown.insert(at, False)
    elif kind == 2:
        del characters[at], shown[at]
        shown[min(at, len(shown) - 1)] = False
    elif characters[at] != characters[following]:
        characters[at], characters[following] = characters[following], characters[at]
        shown[at] = shown[following] = False
