"""A name and a role of which a message speaks apart belong together, unless they cannot."""

from __future__ import annotations

import pytest

from engine.learning.facts import Fact, facts_in
from engine.learning.in_passing import TOLD_OF


def called(message: str) -> list[tuple[str, str]]:
    """Who is thought to be called what, without it being said."""
    return [
        (fact.subject, fact.circumstance.value)
        for fact in facts_in(message).facts
        if fact.relation == TOLD_OF and fact.circumstance and fact.circumstance.relation == "name"
    ]


@pytest.mark.parametrize(
    ("message", "who", "name"),
    [
        ("Morwenna borrowed my ladder again. I like my neighbour, but I need that ladder.", "my neighbour", "Morwenna"),
        ("Skittle chewed through the cable today. Not bad for a rabbit.", "my rabbit", "Skittle"),
        ("Ottokar's got the flu and there's no other babysitter we trust.", "my babysitter", "Ottokar"),
        ("The dog needs pills. Dr Varnholt says two a day, and she is the vet after all.", "my vet", "Dr Varnholt"),
    ],
)
def test_a_name_and_a_role_that_nobody_else_has(message: str, who: str, name: str) -> None:
    assert called(message) == [(who, name)]


def test_what_is_learned_are_the_users_own_sentences() -> None:
    fact = next(fact for fact in facts_in("Skittle ate a cable. Not bad for a rabbit.").facts if fact.circumstance)
    assert fact.text == "Skittle ate a cable; not bad for a rabbit."


@pytest.mark.parametrize(
    "message",
    [
        "Graz is lovely. My sister lives there.",  # a place
        "My sister Runa is a smith. Odwin laughed.",  # she has a name
        "Odwin laughed. My brother and my uncle cooked.",  # which of them?
        "Odwin laughed and Runa cried. My brother cooked.",  # who of them?
        "Mrs Varnholt says so. My son agrees.",  # nobody says Mrs to his son
        "My cousin is called Runa. Odwin visited my cousin.",
        "Odwin laughed. Her new boss did not.",
    ],
)
def test_no_guess_where_it_may_be_somebody_else(message: str) -> None:
    assert called(message) == []


def test_a_guess_takes_the_place_of_a_worse_one() -> None:
    def values(facts: tuple[Fact, ...]) -> list[tuple[str, str]]:
        return [(fact.subject, fact.value) for fact in facts if fact.relation == TOLD_OF]

    assert values(facts_in("Quorla woke up today and went for my toe. Not bad for a tortoise.").facts) == [
        ("my tortoise", "Quorla")
    ]
