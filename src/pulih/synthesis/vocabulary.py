"""The words that lines are made of: word lists with weights, or the words of the user's texts in their order."""

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pulih.common.errors import InputError
from pulih.data.charset import Charset
from pulih.data.lines import Split
from pulih.synthesis.config import SynthesisConfig
from pulih.synthesis.spelling import allowed

LONGEST = 16
# Frequencies to this power: frequent words stay frequent, and rare ones are seen often enough to learn letters from.
FLATTENING = 0.5


@dataclass(frozen=True)
class Vocabulary:
    """Words with their cumulated probabilities."""

    words: tuple[str, ...]
    cumulated: np.ndarray

    def draw(self, random: np.random.Generator) -> str:
        """Return one word."""
        return self.words[min(int(np.searchsorted(self.cumulated, random.random())), len(self.words) - 1)]


@functools.lru_cache(maxsize=8)
def _word_list(language: str, size: int) -> tuple[tuple[str, float], ...]:
    import wordfreq

    try:
        words = wordfreq.top_n_list(language, size)
        frequencies = wordfreq.get_frequency_dict(language)
    except LookupError as err:
        known = ", ".join(sorted(wordfreq.available_languages()))
        raise InputError("a language of wordfreq in 'languages'", repr(language), f"Take from: {known}.") from err
    unknown = Charset().unknown
    kept = [w for w in words if w.isalpha() and len(w) <= LONGEST and (w.isascii() or not unknown(w))]
    return tuple((word, frequencies[word]) for word in kept)


def from_word_lists(config: SynthesisConfig, split: Split) -> Vocabulary:
    """Return the words of ``config.languages`` that may be used in ``split``."""
    weights: dict[str, float] = {}
    total = sum(config.languages.values())
    for language, weight in sorted(config.languages.items()):
        words = [(word, freq**FLATTENING) for word, freq in _word_list(language, config.vocabulary)]
        scale = weight / total / sum(freq for _, freq in words)
        for word, freq in words:
            if allowed(word, split):
                weights[word] = weights.get(word, 0.0) + freq * scale
    cumulated = np.cumsum(list(weights.values()))
    return Vocabulary(tuple(weights), cumulated / cumulated[-1])


@functools.lru_cache(maxsize=8)
def read_text(path: str, unknown_characters: str) -> tuple[str, ...]:
    """Return the words of a UTF-8 text file, with their punctuation, in order.

    Raises:
        InputError: the file cannot be read, has no word, or has characters outside the charset (they, the first
            line with one and the way out are named).
    """
    try:
        text = Path(path).expanduser().read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as err:
        raise InputError(f"a UTF-8 text at {path}", str(err), "Correct 'text_files' or convert the file.") from err
    charset = Charset()
    if unknown_characters == "refuse" and (unknown := charset.unknown(text)):
        number = next(n for n, line in enumerate(text.splitlines(), start=1) if charset.unknown(line))
        found = f"{''.join(sorted(unknown))!r}, first in line {number}"
        fix = "Replace them, or set unknown_characters to 'skip' to leave such words out."
        raise InputError(f"text within the charset in {path}", found, fix)
    words = tuple(word for word in charset.normalize(text).split(" ") if word and not charset.unknown(word))
    if not words:
        raise InputError(f"some words in {path}", "none", "Give another text.")
    return words


def from_texts(config: SynthesisConfig, split: Split) -> tuple[str, ...]:
    """Return the words of the user's texts that may be used in ``split``; raises InputError when there is none."""
    words = [word for path in config.text_files for word in read_text(path, config.unknown_characters)]
    kept = tuple(word for word in words if len(word) <= 2 * LONGEST and all(allowed(w, split) for w in _parts(word)))
    if not any(character.isalpha() for word in kept for character in word):
        found = f"none among the {len(words)} words of {', '.join(config.text_files)}"
        raise InputError(f"words for the split '{split}'", found, "Give longer texts: words are shared out by hash.")
    return kept


def _parts(word: str) -> Iterator[str]:
    yield word
    yield from (part for part in word.replace("=", "-").split("-") if part)
