"""How hurried people type: in small letters, without a question mark, with a letter dropped, doubled or swapped."""

from __future__ import annotations

import random
import re


def mistyped(question: str, rng: random.Random) -> str | None:
    """``question`` with one error in one longer word, never in a name; None if no word fits."""
    places = [
        match for match in re.finditer(r"[A-Za-z]{4,}", question) if match.start() == 0 or match.group().islower()
    ]
    if not places:
        return None
    place = rng.choice(places)
    word = place.group()
    at = rng.randrange(1, len(word) - 1)
    kind = rng.choice(("drop", "double", "swap"))
    if kind == "swap" and word[at] != word[at + 1]:
        word = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    elif kind == "double":
        word = word[: at + 1] + word[at] + word[at + 1 :]
    else:
        word = word[:at] + word[at + 1 :]
    return question[: place.start()] + word + question[place.end() :]


def hurried(text: str, rng: random.Random) -> str:
    """The question ``text`` as somebody in a hurry types it: in small letters, or mistyped, or both."""
    small = rng.random() < 0.6
    if not small or rng.random() < 0.3:
        text = mistyped(text, rng) or text
    return text.rstrip("?. ").lower() if small else text
