"""Making sense of garbled text: what was probably meant, seen from the garbled text alone.

A noisy channel (Kernighan, Church & Gale, A Spelling Correction Program Based on a Noisy Channel Model, 1990): a word
may be any of the base's own vocabulary that one or two strokes of noise turn into it, and of all these the sentence is
taken that is likely and needs few strokes. What belongs to another script is set aside, and named.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from engine.speech.corruption import LEET
from engine.speech.examples import word_list

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_UNLEET = str.maketrans({**{digit: letter for letter, digit in LEET.items()}, "@": "a", "$": "s", "!": "i", "|": "l"})
_FEWEST = 4
"""Letters of a word of the vocabulary; its shorter pieces are mostly no words, so those that are have a list."""
_LONG, _LONGEST_TWICE, _LONGEST = 5, 14, 30
"""Letters of a word that may have been struck twice, from and to, and of one that is looked up at all."""
_MOST_READINGS, _MOST_OTHERS = 6, 4
"""Words among which the sentence decides, and those among which it does where the word that is written is one."""
_FEW = 40
"""Words of a text of which all are doubted; in a longer one those that are known are what they are."""
_JUDGED, _BESIDE = 80, 6
"""Places at which the sentence decides, and words of it that are read before and behind each."""
_STROKE, _RARE = 4.0, 9.0
"""What a stroke of noise costs a reading, in nats, and what it costs that nobody knows the word."""
_SCRIPTS = {
    "HIRAGANA": "Japanese", "KATAKANA": "Japanese", "CJK": "Chinese", "HANGUL": "Korean", "CYRILLIC": "Cyrillic",
    "GREEK": "Greek", "ARABIC": "Arabic", "HEBREW": "Hebrew", "DEVANAGARI": "Devanagari", "THAI": "Thai",
}  # fmt: skip
_WORD = re.compile(r"(?<=\S  )(?=\S)|\S+")
"""A word, or where a word of one letter is missing between two blanks."""
_MISSING = {"": 0.0, "I": 4.0, "a": 4.0}
"""What may have stood there, and what each costs, in nats."""
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
        likely: Log-probability of a sentence, in nats; without it the fewest strokes decide, then the commoner word.
    """
    ranks = dict.fromkeys(word_list("words", "short"), len(ranks)) | dict(ranks)
    found: list[dict[str, float]] = []
    flair: dict[str, None] = {}
    written = _WORD.findall(_ungarbled(text))
    for word in written:
        if not word:
            found.append(_MISSING)
            continue
        script = _script(word)
        if script is not None:
            flair[script] = None
            continue
        if meant := _meant(word, ranks, doubted=len(written) <= _FEW):
            found.append(meant)
    if found:
        found[0] = {word[:1].upper() + word[1:]: cost for word, cost in reversed(found[0].items())}
    return Recovered(" ".join(filter(None, _settled(found, likely))), tuple(flair))


def _settled(found: list[dict[str, float]], likely: Callable[[str], float] | None) -> list[str]:
    """One word of each: the first of the least cost, or the one that makes the sentence most likely for its cost."""
    words = [min(readings, key=readings.__getitem__) for readings in found]
    if likely is None:
        return words

    def worth(place: int, word: str) -> float:
        before, behind = words[max(0, place - _BESIDE) : place], words[place + 1 : place + 1 + _BESIDE]
        return likely(" ".join(filter(None, [*before, word, *behind]))) - found[place][word]

    open_places = [place for place, readings in enumerate(found) if len(readings) > 1]
    for place in open_places[:_JUDGED]:
        words[place] = max(found[place], key=partial(worth, place))
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


def _meant(word: str, ranks: Mapping[str, int], *, doubted: bool) -> dict[str, float]:
    """What one word may have been, and what each reading costs, in nats; nothing for mere noise.

    Only where words are ``doubted`` a known one is tried otherwise, and an unknown one as struck twice.
    """
    head = word.rstrip(_EDGES)
    mark = next((one for one in word[len(head) :] if one in ".,;:!?"), "")
    bare = head.lstrip(_EDGES)
    if not bare or (bare.isdigit() and (len(word) - len(bare) > 1 or len(bare) > 4)):
        return {}
    if bare.isdigit():
        return {bare + mark: 0.0}
    lower = bare.casefold()
    if lower == "i":
        return {"I" + mark: 0.0}
    plural = len(lower) > _FEWEST and lower.endswith("s") and lower[:-1] in ranks
    known = lower in ranks or lower.removesuffix("'s") in ranks or plural
    found = {cased(lower, bare): 0.0, lower: 0.0} if known else {}
    if not known and bare.isalpha() and bare.isascii() and len(bare) >= _FEWEST:
        found[bare] = _RARE  # a word that nobody knows may still be one: purr
    plain = lower.translate(_UNLEET)
    if known and not doubted:
        return {one + mark: cost for one, cost in found.items()}
    levels = _readings(plain, clean=bare.isalpha(), twice=doubted and not known)
    legible = plain != lower and plain in ranks  # with no more than digits for letters
    for strokes, readings in enumerate([{plain}, *levels] if legible else levels, 0 if legible else 1):
        likely = sorted((one for one in readings if one in ranks and one != lower), key=ranks.__getitem__)
        for one in likely[: (_MOST_OTHERS if known else _MOST_READINGS) - len(found)]:
            found.setdefault(cased(one, bare), strokes * _STROKE)
    return {one + mark: cost for one, cost in found.items()} or {bare + mark: 0.0}


def cased(word: str, written: str) -> str:
    """``word`` with the capital that ``written`` has at its start."""
    return word[:1].upper() + word[1:] if written[:1].isupper() and written[1:] != written[1:].upper() else word


def _readings(word: str, *, clean: bool, twice: bool) -> list[set[str]]:
    """What ``word`` may have been: with one stroke of noise undone, and, if ``twice``, with two.

    In a ``clean`` word, all of letters, one rarely stands for another one: in a short one that is not tried.
    """
    if len(word) > _LONGEST:
        return []
    once = one_stroke_undone(word, clean=clean)
    if not twice or not _LONG <= len(word) <= _LONGEST_TWICE:
        return [once]
    return [
        once,
        {two for one in once for two in one_stroke_undone(one, clean=clean)} | one_stroke_undone(word, clean=False),
    ]


def one_stroke_undone(word: str, *, clean: bool = False) -> set[str]:
    """``word`` with one stroke undone: a letter that was doubled, dropped, swapped with the next, or replaced.

    In a ``clean`` word none was replaced.
    """
    cuts = _cuts(word)
    single = {a + b[1:] for a, b in cuts if a[-1:] == b[:1] and b}
    swapped = {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
    whole = {a + letter + b for a, b in cuts for letter in _LETTERS}
    other = set() if clean else {a + letter + b[1:] for a, b in cuts if b for letter in _LETTERS}
    return single | swapped | whole | other


def _cuts(word: str) -> list[tuple[str, str]]:
    return [(word[:at], word[at:]) for at in range(len(word) + 1)]
