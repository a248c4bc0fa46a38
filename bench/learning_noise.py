"""The canonical question as hurried people type it: with typos, in small letters, or offering an answer to confirm.

All by rule and seed, so that two systems are asked the same.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bench.learning_facts import Fact
from bench.learning_judge import normalised

_WORD = re.compile(r"[^\W\d_]{4,}")
_NEIGHBOURS = {
    row[i]: row[max(0, i - 1) : i] + row[i + 1 : i + 2]
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    for i in range(len(row))
}


@dataclass(frozen=True, slots=True)
class Noisy:
    """A disturbed question: ``kind`` is ``typo``, ``lower``, ``yes`` or ``no``; ``offered`` what it offers, if any."""

    kind: str
    text: str
    offered: str = ""


def noisy_questions(fact: Fact, facts: Sequence[Fact], seed: int) -> list[Noisy]:
    """The disturbed forms of the canonical question of ``fact``; ``facts`` lend wrong values to offer."""
    chance = random.Random(f"{seed} {fact.id}")
    made = [
        Noisy("typo", with_typo(fact.question, chance)),
        Noisy("lower", fact.question.lower().rstrip("?!. ")),
        Noisy("yes", _offering(fact.question, fact.answers[0]), fact.answers[0]),
    ]
    if wrong := _wrong_value(fact, facts, chance):
        made.append(Noisy("no", _offering(fact.question, wrong), wrong))
    return made


def with_typo(text: str, chance: random.Random) -> str:
    """``text`` with one slip in one of its words of four letters or more: swapped, left out, doubled or beside it."""
    words = list(_WORD.finditer(text))
    if not words:
        return text
    while True:
        word = chance.choice(words)
        place = chance.randrange(1, len(word.group()) - 1)  # first and last letter carry the word
        letters = list(word.group())
        match chance.randrange(4):
            case 0:
                place = min(place, len(letters) - 3)
                letters[place], letters[place + 1] = letters[place + 1], letters[place]
            case 1:
                del letters[place]
            case 2:
                letters.insert(place, letters[place])
            case _:
                letters[place] = chance.choice(_NEIGHBOURS.get(letters[place].lower(), letters[place]))
        slipped = "".join(letters)
        if slipped != word.group():
            return text[: word.start()] + slipped + text[word.end() :]


def _offering(question: str, value: str) -> str:
    return f"{question} Is it {value}?"


def _wrong_value(fact: Fact, facts: Sequence[Fact], chance: random.Random) -> str:
    """Another fact's answer, of the same question's opening words where there is one."""
    own = {normalised(answer) for answer in fact.answers}
    others = [other for other in facts if not own & {normalised(answer) for answer in other.answers}]
    if not others:
        return ""
    opening = fact.question.split()[:3]
    alike = [other for other in others if other.question.split()[:3] == opening]
    return chance.choice(alike or others).answers[0]
