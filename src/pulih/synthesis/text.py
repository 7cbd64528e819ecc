"""What stands on a line: words with punctuation, numbers, dates, names and abbreviations, all within the charset."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

from pulih.data.charset import Charset
from pulih.data.lines import Split
from pulih.synthesis.config import SynthesisConfig
from pulih.synthesis.spelling import allowed, respell
from pulih.synthesis.vocabulary import Vocabulary, from_texts, from_word_lists

WORDING = TypeAdapter(dict[str, list[str]]).validate_json(Path(__file__).with_name("wording.json").read_bytes())
PREFIXES = ("van", "van der", "de", "van den", "du")
MARKS = ((",", 0.09), (".", 0.05), (";", 0.012), (":", 0.02), ("!", 0.003), ("?", 0.005), ("=", 0.006), ("-", 0.004))


class TextSource:
    """Endless words for the lines of one split."""

    def __init__(self, config: SynthesisConfig, split: Split) -> None:
        self.split: Split = split
        self.historical = config.historical_spelling
        self.charset = Charset()
        self.texts = from_texts(config, split) if config.text_files else ()
        self.vocabulary: Vocabulary | None = None if self.texts else from_word_lists(config, split)
        self.names, self.surnames = self._allowed("given_names"), self._allowed("surnames")
        self.places, self.months = self._allowed("places"), self._allowed("months")
        self.abbreviations = self._allowed("abbreviations")
        self.prefixes = [p for p in PREFIXES if all(allowed(word, split) for word in p.split())]

    def _allowed(self, kind: str) -> list[str]:
        return [word for word in WORDING[kind] if allowed(word, self.split) and not self.charset.unknown(word)]

    def tokens(self, random: np.random.Generator) -> Iterator[str]:
        """Yield the tokens of a line, from a random place on; tokens are what a space parts."""
        if self.vocabulary is None:
            start = int(random.integers(len(self.texts)))
            while True:
                yield from chain(self.texts[start:], self.texts[:start])
        capital = random.random() < 0.3
        while True:
            for token in self._phrase(random):
                marked = self._mark(token[0].upper() + token[1:] if capital else token, random)
                capital = marked[-1] in ".!?" and random.random() < 0.7
                yield marked

    def _phrase(self, random: np.random.Generator) -> list[str]:
        kind = random.random()
        if kind < 0.84:
            return [self._word(random)]
        if kind < 0.89:
            return self._name(random)
        if kind < 0.92:
            return self._one_of(self.abbreviations, random)
        if kind < 0.95:
            return self._date(random)
        if kind < 0.985:
            return [self._number(random)]
        return [str(random.choice(["&", "+", "/"]))]

    def _word(self, random: np.random.Generator) -> str:
        assert self.vocabulary is not None
        word = self.vocabulary.draw(random)
        if random.random() < self.historical:
            word = respell(word, random)
        style = random.random()
        return word.upper() if style < 0.01 else word[0].upper() + word[1:] if style < 0.11 else word

    def _name(self, random: np.random.Generator) -> list[str]:
        kind = random.random()
        if kind < 0.4:
            return self._one_of(self.places, random)
        prefix = self._one_of(self.prefixes, random)[0].split() if self.prefixes and kind < 0.6 else []
        return [*self._one_of(self.names, random), *prefix, *self._one_of(self.surnames, random)]

    def _date(self, random: np.random.Generator) -> list[str]:
        day, year = int(random.integers(1, 32)), int(random.integers(1602, 1800))
        if self.months and random.random() < 0.7:
            return [str(day), *self._one_of(self.months, random), str(year)]
        return [f"{day}/{int(random.integers(1, 13))}", str(year)]

    def _number(self, random: np.random.Generator) -> str:
        number = int(10 ** random.uniform(0, 5))
        kind = random.random()
        return f"{number}:{int(random.integers(20)):02d}:-" if kind < 0.2 else str(number)

    def _mark(self, token: str, random: np.random.Generator) -> str:
        draw = random.random()
        if draw > 0.99 and token[-1].isalpha():
            opening, closing = [("(", ")"), ('"', '"'), ("'", "'")][int(random.integers(3))]
            return f"{opening}{token}{closing}"
        for mark, chance in MARKS:
            if draw < chance:
                return token if token[-1] in ".:&+/-" else token + mark
            draw -= chance
        return token

    @staticmethod
    def _one_of(words: list[str], random: np.random.Generator) -> list[str]:
        return [words[int(random.integers(len(words)))]] if words else []
