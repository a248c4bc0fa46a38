"""Splitting what a person types into words and quoted texts, in a way that never fails.

Not :mod:`shlex`: that raises on an apostrophe, and chat is full of them. Here a quote opens only at the start of a word
and closes only at the end of one; a quote without its partner is an ordinary letter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_CLOSING = {'"': '"', "'": "'", "“": "”"}
_START = re.compile(r"\S")
_PLAIN = re.compile(r"\S+")
_ESCAPED = re.compile(r'\\(["\\])')
_END = {
    mark: re.compile(rf"(?<!\\)(?:\\\\)*{mark}(?!\S)" if mark == '"' else rf"{mark}(?!\S)")
    for mark in _CLOSING.values()
}


@dataclass(frozen=True, slots=True)
class Word:
    """One word, or one quoted text without its quotes."""

    text: str
    start: int
    """Where it begins in the whole text, its quote included."""
    end: int
    quoted: bool = False


def split(text: str) -> list[Word]:
    r"""The words of ``text``. Inside double quotes ``\"`` and ``\\`` stand for themselves; it takes linear time."""
    found: list[Word] = []
    hopeless: set[str] = set()  # closing marks that do not come any more: no need to look again
    at = 0
    while start := _START.search(text, at):
        word = _quoted(text, start.start(), hopeless) or _unquoted(text, start.start())
        found.append(word)
        at = word.end
    return found


def quoted(text: str) -> str:
    r"""``text`` in double quotes, so that :func:`split` takes it for one word and gives it back unchanged."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _quoted(text: str, at: int, hopeless: set[str]) -> Word | None:
    mark = _CLOSING.get(text[at])
    if mark is None or mark in hopeless:
        return None
    end = _END[mark].search(text, at + 1)
    if end is None:
        hopeless.add(mark)
        return None
    inside = text[at + 1 : end.end() - 1]
    return Word(_ESCAPED.sub(r"\1", inside) if mark == '"' else inside, at, end.end(), quoted=True)


def _unquoted(text: str, at: int) -> Word:
    match = _PLAIN.match(text, at)
    assert match is not None  # `at` stands on something that is not blank
    return Word(match.group(), at, match.end())
