"""Slips of the finger in what is asked: a word that nobody knows, one slip away from a word that was told.

Four of five misspellings are one letter too many or too few, a wrong one, or two that changed places (Damerau, "A
technique for computer detection and correction of spelling errors", 1964). A name that was learned is recognised letter
by letter, so what was learned is recalled from the message as it was meant; the bare base reads it as it was typed.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from engine.learning.verb_forms import lexicon
from engine.speech.recovery import cased, common_words, one_stroke_undone

if TYPE_CHECKING:
    from engine.composition.composition import Composition
    from engine.memory.journal import Journal

_WORD = re.compile(r"[^\W\d_]{4,30}")
_LONGEST = 1000
"""Characters of a text that may have slips; a longer one is pasted."""
_BESIDE = {
    key: row[max(0, at - 1) : at] + row[at + 1 : at + 2]
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    for at, key in enumerate(row)
}
"""The keys to the left and to the right of each."""


def mended(text: str, told: Collection[str], known: Collection[str]) -> str:
    """``text`` with its slips mended.

    A word is taken for a slip where neither it nor its singular is among the ``told`` or the ``known`` words, and one
    single told word with the same first letter is one slip away. Both are in small letters.
    """

    def meant(match: re.Match[str]) -> str:
        word = match.group().lower()
        if any(one in words for one in (word, word.removesuffix("s")) for words in (told, known)):
            return match.group()
        # No list has all words: a hostel is no slip of a hotel, though one letter longer. A name is known by no list.
        likely = {one for one in _slip_undone(word) if one in told}
        likely |= {one for one in _any_letter_undone(word) if one in told and one not in known}
        if len(likely) != 1:
            return match.group()
        (one,) = likely
        return one.upper() if match.group().isupper() else cased(one, match.group())

    return _WORD.sub(meant, text)


def _slip_undone(word: str) -> set[str]:
    """``word`` with a letter less where two are the same, one more, one beside it on the keyboard, or two swapped."""
    beside = {word[:at] + key + word[at + 1 :] for at in range(1, len(word)) for key in _BESIDE.get(word[at], "")}
    return beside | {one for one in one_stroke_undone(word, clean=True) if one[:1] == word[:1]}


def _any_letter_undone(word: str) -> set[str]:
    """``word`` with any one letter but the first replaced, or left out."""
    left_out = {word[:at] + word[at + 1 :] for at in range(1, len(word))}
    return left_out | {one for one in one_stroke_undone(word) if len(one) == len(word) and one[:1] == word[:1]}


def words_of(texts: Iterable[str]) -> frozenset[str]:
    """The words of four letters or more, in small letters."""
    return frozenset(word.lower() for text in texts for word in _WORD.findall(text))


class Slips:
    """Knows which words were told and learned, and which words there are; finds out anew after each night."""

    def __init__(self) -> None:
        self._of: tuple[weakref.ref[Composition], int] | None = None
        self._told: frozenset[str] = frozenset()
        self._known: frozenset[str] = frozenset()

    def mended(self, text: str, composition: Composition, journal: Journal) -> str:
        """``text`` as it was probably meant; nothing is mended before the first night."""
        if not composition.learned or len(text) > _LONGEST:
            return text
        now = weakref.ref(composition), composition.scaffold.version
        if self._of != now:
            vocabulary = composition.base.tokenizer.get_vocab()
            self._known = frozenset(common_words(vocabulary)) | frozenset(lexicon())
            self._told = words_of(one.text for one in journal.memories.all() if one.current and one.sleeps)
            self._of = now
        return mended(text, self._told, self._known)
