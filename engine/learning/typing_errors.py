"""How hurried people type: in small letters, without a question mark, with a slip of one key."""

from __future__ import annotations

import random
import re

_NEIGHBOURS = {
    letter: row[max(0, at - 1) : at] + row[at + 1 : at + 2]
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    for at, letter in enumerate(row)
}


def mistyped(question: str, rng: random.Random) -> str | None:
    """``question`` with one slip inside one longer word, a name perhaps; None if no word fits."""
    places = list(re.finditer(r"[A-Za-z]{4,}", question))
    if not places:
        return None
    place = rng.choice(places)
    word = place.group()
    at = rng.randrange(1, len(word) - 1)
    kind = rng.choice(("drop", "double", "swap", "beside"))
    if kind == "swap" and word[at] != word[at + 1]:
        word = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    elif kind == "double":
        word = word[: at + 1] + word[at] + word[at + 1 :]
    elif kind == "beside":
        word = word[:at] + rng.choice(_NEIGHBOURS[word[at].lower()]) + word[at + 1 :]
    else:
        word = word[:at] + word[at + 1 :]
    return question[: place.start()] + word + question[place.end() :]


def hurried(text: str, rng: random.Random) -> str:
    """The question ``text`` as somebody in a hurry types it: in small letters, or mistyped, or both."""
    small = rng.random() < 0.6
    if not small or rng.random() < 0.3:
        text = mistyped(text, rng) or text
    return text.rstrip("?. ").lower() if small else text
