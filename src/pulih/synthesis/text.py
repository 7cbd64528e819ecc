"""What stands on a line: words with punctuation, numbers, dates, names and abbreviations, all within the charset."""

from collections.abc import Iterator
from itertools import chain

import numpy as np

from pulih.data.charset import Charset
from pulih.data.lines import Split
from pulih.synthesis.config import SynthesisConfig
from pulih.synthesis.spelling import allowed, respell
from pulih.synthesis.vocabulary import Vocabulary, from_texts, from_word_lists

GIVEN_NAMES = (
    "Abraham Adriaen Anthonij Arnoldus Balthasar Barent Carel Catharina Christoffel Claes Cornelis Daniel David Dirck "
    "Elisabeth Ephraim Frans Frederick Gerrit Gijsbert Harmen Hendrick Herman Isaac Jacob Jan Jeremias Joan Johannes "
    "Joost Josua Laurens Leendert Lucas Margareta Maria Marten Matthijs Maurits Michiel Nicolaes Paulus Pieter "
    "Reynier Rijckloff Roelof Salomon Sara Simon Steven Susanna Theodorus Thomas Willem Wouter Abdul Achmat Daeng "
    "Fatima Hassan Ibrahim Intje Ismail Kitjil Mansur Mohamad Radja Sulayman"
).split()
SURNAMES = (
    "Adriaensz Backer Bontekoe Brouwer Camphuys Claesz Coen Cornelisz Dircksz Elsevier Feith Goens Haan Hartsinck "
    "Hurdt Imhoff Jansz Kemp Leeuw Linde Maetsuyker Mossel Outhoorn Overbeeck Pietersz Riebeeck Roos Saint-Martin "
    "Speelman Specx Swaerdecroon Tak Thedens Valckenier Visscher Vlaming Vos Wees Willemsz Witsen Zwart"
).split()
PLACES = (
    "Amboina Amsterdam Atchin Baly Banda Bantam Batavia Bengale Borneo Boutton Ceylon Chirebon Cochin Colombo Coromandel "
    "Delft Enckhuysen Grisse Hoorn Jacatra Jambij Japara Java Johor Macassar Malacca Manado Middelburg Negapatnam "
    "Nangasacki Padang Palembang Persia Rotterdam Samarang Siam Sourabaya Suratta Tagal Ternate Texel Tidore Timor"
).split()
MONTHS = "January February Maart April Mey Juny July Augusti September October November December".split()
ABBREVIATIONS = (
    "Ed. Ed: Comp. Comp: Compie d'E. d'Hr. Mr. Sr. Capt. Lieut. Gouvr. Genl. Secrets. voorsz. voorn. No. N: fol. etc. "
    "&c. pr. p: Rds. rxds. fl. lb. st. pic. catt. ult. prox. jongstl. passo. ordt. gecommt. U.E. V.O.C. W.I."
).split()
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
        self.names = self._allowed(GIVEN_NAMES)
        self.surnames, self.places = self._allowed(SURNAMES), self._allowed(PLACES)
        self.months, self.abbreviations = self._allowed(MONTHS), self._allowed(ABBREVIATIONS)
        self.prefixes = [p for p in PREFIXES if all(allowed(word, split) for word in p.split())]

    def _allowed(self, words: list[str]) -> list[str]:
        return [word for word in words if allowed(word, self.split) and not self.charset.unknown(word)]

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
        assert self.vocabulary is not None  # noqa: S101 - tokens() serves the user's texts before
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
