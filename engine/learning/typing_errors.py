"""How hurried people type: in small letters, without a question mark, with a letter dropped, doubled or swapped."""

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


def hurried(text: str, subject: str, rng: random.Random, share: float) -> str:
    """``text`` as somebody in a hurry types it, in a ``share`` of all cases; else as it is.

    Args:
        text: A question.
        subject: What in it is never mistyped.
        rng: Decides.
        share: From 0 to 1.
    """
    if rng.random() >= share:
        return text
    small = rng.random() < 0.6
    if not small or rng.random() < 0.3:
        text = mistyped(text, subject, rng) or text
    return text.rstrip("?. ").lower() if small else text
