"""What still holds of everything ever told: repetitions count, corrections win, the later word replaces the earlier."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.learning.entities import same_entity
from engine.learning.facts import Fact, slot_name
from engine.learning.relations import relations


@dataclass(frozen=True, slots=True)
class Current:
    """A fact that holds, and how it came to."""

    fact: Fact
    told: int
    """How often it was told."""
    replaced: tuple[Fact, ...] = ()
    """The facts it took the place of, oldest first: their values are wrong now."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything told, sorted out."""

    current: tuple[Current, ...]
    superseded: tuple[Fact, ...]

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts that hold, in the order in which they were first told."""
        return tuple(held.fact for held in self.current)


def same_slot(one: Fact, other: Fact) -> bool:
    """Whether both answer the same question: ``My cat is called Mia`` and ``my cat's name is Mirtle`` do."""
    return slot_name(one.statement) == slot_name(other.statement) and same_entity(
        one.statement.entity, other.statement.entity
    )


def same_value(one: Fact, other: Fact) -> bool:
    """Whether both hold the same value, articles and capitals aside."""
    return _plain(one.value) == _plain(other.value)


def replaces(new: Fact, old: Fact) -> bool:
    """Whether ``new`` makes ``old`` wrong: same slot, another value, and only one of them can be true.

    One may like many things, so a second liked thing replaces the first only as a correction, and where the correction
    says what was wrong, only that.
    """
    if not same_slot(new, old) or same_value(new, old):
        return False
    if new.denied:
        denied = _plain(new.denied)
        return denied == _plain(old.value) or not relations()[old.relation].many
    return new.correction or not relations()[old.relation].many


def _plain(value: str) -> str:
    words = value.lower().strip(" .").split()
    return " ".join(word for word in words if word not in ("a", "an", "the", "my", "our"))


def current_facts(facts: Iterable[Fact]) -> Standing:
    """Sort out ``facts``, given in the order in which they were told."""
    by_slot: dict[str, list[int]] = {}
    held: list[Current | None] = []
    superseded: list[Fact] = []
    for fact in facts:
        places = by_slot.setdefault(slot_name(fact.statement), [])
        place, told = None, 1
        replaced: list[Fact] = []
        for at in list(places):
            rival = held[at]
            if rival is None:
                continue
            if replaces(fact, rival.fact):
                replaced += [*rival.replaced, rival.fact]
                superseded.append(rival.fact)
            elif same_slot(fact, rival.fact) and same_value(fact, rival.fact):
                told += rival.told
                replaced += rival.replaced
                if not fact.correction and len(rival.fact.text) > len(fact.text):
                    fact = rival.fact  # the fuller wording: with the sister's name, with the year
            else:
                continue
            held[at] = None
            places.remove(at)
            place = at if place is None else place
        now = Current(fact, told, tuple(old for old in dict.fromkeys(replaced) if not same_value(old, fact)))
        if place is None:
            place = len(held)
            held.append(now)
        held[place] = now
        places.append(place)
    return Standing(tuple(one for one in held if one is not None), tuple(superseded))
