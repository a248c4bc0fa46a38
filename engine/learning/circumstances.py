"""When or where something was done, beside what was done: a statement may answer more than one question."""

from __future__ import annotations

from engine.learning.being import PLACE_PREPOSITIONS
from engine.learning.clauses import Clause, bare
from engine.learning.entities import PREPOSITIONS, Entity
from engine.learning.statement import Statement, stated, stripped, value_of
from engine.learning.values import time_kind, value_kind
from engine.learning.word_lists import PEOPLE


def circumstance(clause: Clause, entity: Entity) -> Statement | None:
    """``We are expecting a baby in November`` as what answers *when*; None where there is an object or a time alone."""
    words = list(clause.rest)
    if clause.verb == "be" or clause.negative or clause.participle or bare(words[0]) in PREPOSITIONS:
        return None
    for at in range(1, len(words) - 1):
        preposition = bare(words[at])
        if preposition not in PLACE_PREPOSITIONS or bare(words[at - 1]) in PREPOSITIONS:
            continue
        value = value_of(words[at + 1 :])
        time = time_kind(value, preposition)
        if not value or (not time and _someone(value)):
            continue
        return stated(
            clause,
            entity,
            relation="verb_time" if time else "verb_place",
            value=value,
            kind=time or "place",
            preposition=preposition,
            phrase=f"{clause.verb} {stripped(words[:at])}",
        )
    return None


def _someone(value: str) -> bool:
    """Whether ``value`` is no place: ``my wife``, ``forty euros``."""
    return value.split()[-1].lower() in PEOPLE or value_kind(value) == "number"
