"""Making sense of garbled text: what was probably meant, seen from the garbled text alone.

Each word is looked up among the words of the base's own vocabulary, which is sorted by how common they are; one that is
not there is tried with single changes taken back. Where several words may have been meant, the sentence decides. What
belongs to another script is set aside, and named.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from engine.speech.corruption import LEET
from engine.speech.examples import word_list

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_UNLEET = str.maketrans({**{digit: letter for letter, digit in LEET.items()}, "@": "a", "$": "s", "!": "i", "|": "l"})
_FEWEST = 4
"""Letters of a word of the vocabulary; its shorter pieces are mostly no words, so those that are have a list."""
_MOST_READINGS = 4
"""Words among which the sentence decides."""
_SCRIPTS = {
    "HIRAGANA": "Japanese", "KATAKANA": "Japanese", "CJK": "Chinese", "HANGUL": "Korean", "CYRILLIC": "Cyrillic",
    "GREEK": "Greek", "ARABIC": "Arabic", "HEBREW": "Hebrew", "DEVANAGARI": "Devanagari", "THAI": "Thai",
}  # fmt: skip
_WORD = re.compile(r"\S+")
_EDGES = ".,;:!?\"'()[]{}<>«»“”…#*~_=+-/\\"


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was probably meant.

    Attributes:
        text: The guess; empty when nothing could be made out.
        flair: Scripts that were set aside, such as ``Japanese``.
    """

    text: str
    flair: tuple[str, ...] = ()


def common_words(vocabulary: Mapping[str, int]) -> dict[str, int]:
    """The whole words of a tokenizer's vocabulary, in lower case, each with its rank: lower is commoner.

    Args:
        vocabulary: Tokens as the tokenizer writes them (a word begins with ``Ġ`` or ``▁``), and their ids.
    """
    ranks: dict[str, int] = {}
    short = word_list("words", "short")
    for token, id in vocabulary.items():
        word = token[1:].lower()
        if token[:1] in "Ġ▁" and word.isascii() and word.isalpha() and (len(word) >= _FEWEST or word in short):
            ranks[word] = min(id, ranks.get(word, id))
    return ranks


def recover(text: str, ranks: Mapping[str, int], likely: Callable[[str], float] | None = None) -> Recovered:
    """The most probable reading of ``text``.

    Args:
        text: What was garbled.
        ranks: As of :func:`common_words`.
        likely: How likely a sentence is; decides between words where it is given, and the commoner word does else.
    """
    ranks = dict.fromkeys(word_list("words", "short"), len(ranks)) | dict(ranks)
    found: list[list[str]] = []
    flair: dict[str, None] = {}
    for match in _WORD.finditer(_ungarbled(text)):
        word = match.group()
        script = _script(word)
        if script is not None:
            flair[script] = None
            continue
        if meant := _meant(word, ranks):
            found.append(meant)
    if found:
        found[0] = list(dict.fromkeys(word[:1].upper() + word[1:] for word in found[0]))
    return Recovered(" ".join(_settled(found, likely)), tuple(flair))


def _settled(found: list[list[str]], likely: Callable[[str], float] | None) -> list[str]:
    """One word of each list: the first, or the one that makes the sentence most likely."""
    words = [readings[0] for readings in found]
    if likely is None:
        return words
    for place, readings in enumerate(found):
        if len(readings) > 1:
            ways = [[*words[:place], one, *words[place + 1 :]] for one in readings]
            words = max(ways, key=lambda way: likely(" ".join(way)))
    return words


def _ungarbled(text: str) -> str:
    """Without invisible characters, accents and letters in the wrong encoding."""
    text = "".join(letter for letter in text if unicodedata.category(letter) not in ("Cf", "Cc") or letter.isspace())

    def read_again(match: re.Match[str]) -> str:
        try:
            return match.group().encode("latin-1").decode("utf-8")
        except UnicodeError:
            return match.group()

    text = re.sub(r"[\u00c2-\u00df][\u0080-\u00bf]", read_again, text)
    plain = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(one for one in plain if not "\u0300" <= one <= "\u036f"))


def _script(word: str) -> str | None:
    """The script that ``word`` is mostly written in, where that is not ours."""
    letters = [letter for letter in word if letter.isalpha()]
    names = [unicodedata.name(letter, "").split(" ")[0].split("-")[0] for letter in letters]
    foreign = [_SCRIPTS[name] for name in names if name in _SCRIPTS]
    if "Japanese" in foreign:
        return "Japanese"  # its words hold Chinese characters, too
    return foreign[0] if len(foreign) * 2 > len(letters) else None


def _meant(word: str, ranks: Mapping[str, int]) -> list[str]:
    """What one word may have been, the commonest first; nothing for mere noise."""
    head = word.rstrip(_EDGES)
    mark = next((one for one in word[len(head) :] if one in ".,;:!?"), "")
    bare = head.lstrip(_EDGES)
    if not bare or (bare.isdigit() and (len(word) - len(bare) > 1 or len(bare) > 4)):
        return []
    if bare.isdigit():
        return [bare + mark]
    lower = bare.casefold()
    if lower == "i":
        return ["I" + mark]
    plural = len(lower) > _FEWEST and lower.endswith("s") and lower[:-1] in ranks
    if lower in ranks or lower.removesuffix("'s") in ranks or plural:
        return list(dict.fromkeys([_cased(lower, bare) + mark, lower + mark]))
    for readings in _readings(lower.translate(_UNLEET), clean=bare.isalpha()):
        likely = sorted((one for one in readings if one in ranks), key=ranks.__getitem__)[:_MOST_READINGS]
        if likely:
            # A word of letters alone that nobody knows may still be one: purr.
            rare = [bare] if bare.isalpha() and bare.isascii() and len(bare) >= _FEWEST else []
            return [one + mark for one in (*(_cased(one, bare) for one in likely), *rare)]
    return [bare + mark]


def _cased(word: str, written: str) -> str:
    """``word`` with the capital that ``written`` has at its start."""
    return word[:1].upper() + word[1:] if written[:1].isupper() and written[1:] != written[1:].upper() else word


def _readings(word: str, *, clean: bool) -> Iterator[set[str]]:
    """What ``word`` may have been: as it is, then with one stroke of noise undone, the likeliest strokes first.

    In a short ``clean`` word, all of letters, none stands for another one: too many are one letter apart.
    """
    cuts = _cuts(word)
    single = {a + b[1:] for a, b in cuts if a[-1:] == b[:1] and b}
    yield {word}
    yield single | {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
    yield {a + letter + b for a, b in cuts for letter in _LETTERS}
    if not clean or len(word) > _FEWEST:
        yield {a + letter + b[1:] for a, b in cuts if b for letter in _LETTERS}
    yield {a + letter + b for one in single for a, b in _cuts(one) for letter in _LETTERS}


def _cuts(word: str) -> list[tuple[str, str]]:
    return [(word[:at], word[at:]) for at in range(len(word) + 1)]
