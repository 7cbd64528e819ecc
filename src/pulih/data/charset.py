"""The characters a recognizer knows; index 0 is the CTC blank."""

import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from pulih.common.config import read_json
from pulih.common.errors import InputError
from pulih.common.files import write_json

BLANK = 0
LATIN = (
    " abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    ".,;:!?'\"()-/&=+"
    "ÀÁÂÄÇÈÉÊËÌÍÎÏÑÒÓÔÖÙÚÛÜàáâäçèéêëìíîïñòóôöùúûüÿſ"
)


class Charset:
    """An ordered set of characters, each with an index from 1 on."""

    def __init__(self, characters: str = LATIN) -> None:
        if len(set(characters)) != len(characters):
            raise InputError("each character once in a charset", repr(characters), "Remove the repeated ones.")
        self.characters = characters
        self._index = {character: number for number, character in enumerate(characters, start=1)}

    def __len__(self) -> int:
        """Return the number of classes, the blank included."""
        return len(self.characters) + 1

    def normalize(self, text: str) -> str:
        """Return ``text`` in Unicode NFC with runs of white space made one space."""
        return " ".join(unicodedata.normalize("NFC", text).split())

    def unknown(self, text: str) -> set[str]:
        """Return the characters of the normalized ``text`` that are not in the charset."""
        return set(self.normalize(text)) - set(self.characters)

    def encode(self, text: str) -> list[int]:
        """Return the indices of the normalized ``text``; raises InputError naming every unknown character."""
        if unknown := self.unknown(text):
            found = f"{''.join(sorted(unknown))!r} in {text[:60]!r}"
            raise InputError("text within the charset", found, "Replace them, or extend the charset and train again.")
        return [self._index[character] for character in self.normalize(text)]

    def decode(self, indices: Iterable[int]) -> str:
        """Return the text of ``indices``; blanks are left out."""
        return "".join(self.characters[index - 1] for index in indices if index != BLANK)

    def collapse(self, best: Sequence[int]) -> str:
        """Return the text of a CTC path: repeats merged, then blanks removed (Graves et al. 2006)."""
        kept = [index for position, index in enumerate(best) if position == 0 or index != best[position - 1]]
        return self.decode(kept)

    def save(self, path: Path) -> None:
        """Write the charset as JSON."""
        write_json(path, {"characters": self.characters})

    @classmethod
    def load(cls, path: Path) -> "Charset":
        """Read a charset written by ``save``."""
        return cls(read_json(path)["characters"])
