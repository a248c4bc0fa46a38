"""One typing error, as fingers make it: a letter dropped, doubled, or swapped with its neighbour."""

from __future__ import annotations

import random
import re


def mistyped(question: str, subject: str, rng: random.Random) -> str | None:
    """``question`` with one error in one longer word, never in ``subject`` or a name; None if no word fits."""
    kept = {word.lower() for word in re.findall(r"\w+", subject)}
    places = [
        match
        for match in re.finditer(r"[A-Za-z]{4,}", question)
        if match.group().lower() not in kept and (match.start() == 0 or match.group().islower())
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
