"""Noise for ``glitch``: text spoilt in the ways text gets spoilt.

Neighbouring letters swapped, letters dropped or doubled, digits in place of letters, capitals turned about, invisible
characters in between, letters read in the wrong encoding. Chance is the caller's, so the same chance spoils alike.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

LEET = {"a": "4", "e": "3", "i": "1", "o": "0", "s": "5", "t": "7"}
INVISIBLE = "\u200b"
GARBLED = {"e": "Ã©", "a": "Ã¤", "o": "Ã¶", "u": "Ã¼", "c": "Ã§", "n": "Ã±"}
"""Letters with an accent they never had, read as Latin-1."""
_KINDS = ("swapped", "dropped", "doubled", "leet", "case", "invisible", "garbled")
_SHARE = 0.14
"""Share of the letters that noise strikes."""


@dataclass(frozen=True, slots=True)
class Corrupted:
    """Spoilt text, and what was done to it."""

    text: str
    noise: tuple[tuple[str, int], ...]
    """Kind and how often, the most frequent first."""

    @property
    def told(self) -> str:
        """In words: ``2 leet, 1 swapped``."""
        return ", ".join(f"{count} {kind}" for kind, count in self.noise)


def corrupt(text: str, chance: random.Random) -> Corrupted:
    """``text`` with noise of several kinds; at least one stroke where there is a letter to strike."""
    letters = list(text)
    places = [place for place, letter in enumerate(letters) if letter.isalpha()]
    strokes = max(1, round(_SHARE * len(places))) if places else 0
    counts: Counter[str] = Counter()
    for place in sorted(chance.sample(places, strokes), reverse=True):  # from the end: places before stay right
        kind = chance.choice(_KINDS)
        letter = letters[place]
        match kind:
            case "swapped" if (
                place + 1 < len(letters) and letters[place + 1].isalpha() and letters[place + 1] != letter
            ):
                letters[place : place + 2] = letters[place + 1], letter
            case "dropped" if len(places) > 3:
                letters[place] = ""
            case "doubled":
                letters[place] = letter * 2
            case "leet" if letter.lower() in LEET:
                letters[place] = LEET[letter.lower()]
            case "invisible":
                letters[place] = letter + INVISIBLE
            case "garbled" if letter in GARBLED:
                letters[place] = GARBLED[letter]
            case _:
                kind = "case"
                letters[place] = letter.swapcase()
                if letters[place] == letter:  # a script without capitals
                    kind, letters[place] = "doubled", letter * 2
        counts[kind] += 1
    return Corrupted("".join(letters), tuple(counts.most_common()))
