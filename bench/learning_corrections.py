"""Taking back what was told: a new value for a fact, and how people say so."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bench.learning_facts import Correction, Fact
from bench.learning_failure import BenchError
from bench.learning_judge import normalised


def _words(line: str) -> tuple[str, ...]:
    return tuple(line.split())


_KINDS = (
    _words("January February March April May June July August September October November December"),
    _words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
    _words("Mondays Tuesdays Wednesdays Thursdays Fridays Saturdays Sundays"),
    _words("amber beige crimson indigo ivory lavender maroon mauve ochre olive teal turquoise violet magenta"),
    _words("baker barber carpenter cook dentist florist gardener jeweller locksmith mason nurse plumber tailor welder"),
    _words("almonds apricots barley celery eggs kiwi lupins milk mustard peanuts sesame shrimp soy walnuts wheat"),
    _words("bells bicycles brooms drums feathers fireworks ladders mirrors puddles scissors stairs umbrellas whistles"),
    _words("accordion banjo bassoon cello clarinet flute harp oboe trombone trumpet ukulele viola"),
)
"""Words that can stand for one another."""
_NAMES = _words(
    "Abellin Brastow Cendric Dovarel Elmorin Fenwyck Garrowby Hestrin Ivarran Jorlund Keswyn Lorvane Merrick Norveth "
    "Ostwyn Pellam Quorin Rastmoor Selvik Tarrowin Ulmeth Varncott Wistrel Yandorf Zelbrook"
)
_THINGS = _words("lantern pebble saffron thistle walnut velvet copper marble willow ember juniper tinsel")
_LEAD_IN = re.compile(r"^(by the way|oh|well|also|so|you know)\s*,\s*", re.IGNORECASE)
_SAID = ("No, {}", "Actually, {}", "That has changed: {}", "I was wrong before. {}")
_KEEPS_ITS_CAPITAL = re.compile(r"^(I\b|I')")


def corrected(facts: Sequence[Fact], share: float, seed: int) -> dict[str, Correction]:
    """New values for a ``share`` of ``facts``, by id; the file's own corrections where it has them.

    Raises:
        BenchError: A statement does not hold its answer as it is spelled, so it cannot be reworded.
    """
    chance = random.Random(f"corrections {seed}")
    chosen = chance.sample(list(facts), max(1, round(share * len(facts))))
    taken = {normalised(answer) for fact in facts for answer in fact.answers}
    made: dict[str, Correction] = {}
    for fact in chosen:
        correction = fact.correction or _reworded(fact, taken, chance)
        taken |= {normalised(answer) for answer in correction.answers}
        made[fact.id] = correction
    return made


def after_correction(fact: Fact, corrections: dict[str, Correction]) -> Fact:
    """``fact`` as it stands once the corrections have been told."""
    correction = corrections.get(fact.id)
    return replace(fact, answers=correction.answers) if correction else fact


def _reworded(fact: Fact, taken: Iterable[str], chance: random.Random) -> Correction:
    old = next((answer for answer in fact.answers if answer in fact.statement), None)
    if old is None:
        raise BenchError(f"fact {fact.id}: its statement spells the answer otherwise; give it a correction of its own")
    new = _new_value(old, set(taken), chance)
    statement = _LEAD_IN.sub("", fact.statement.replace(old, new, 1))
    first = statement.split()[0]
    template = chance.choice(_SAID)
    ends_sentence = template.startswith("I was wrong")
    if not ends_sentence and not _KEEPS_ITS_CAPITAL.match(statement) and first in ("The", "My", "Our", "Your"):
        statement = first.lower() + statement[len(first) :]
    return Correction(template.format(statement), (new,))


def _new_value(old: str, taken: set[str], chance: random.Random) -> str:
    """A value of the same kind that no fact has."""
    if old.isdigit():
        while True:
            new = "".join(chance.choice("0123456789") for _ in old)
            if new not in taken and new[0] != "0":
                return new
    kind = next((words for words in _KINDS if old in words), _NAMES if old[:1].isupper() else _THINGS)
    free = [word for word in kind if normalised(word) not in taken]
    if not free:
        raise BenchError(f"no value is left to correct {old!r} with; give the facts corrections of their own")
    return chance.choice(free)
