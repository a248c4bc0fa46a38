"""Questions that no taught fact answers."""

from __future__ import annotations

import random

import pytest

from engine.learning.facts import Fact, facts_in
from engine.learning.generic_prompts import continued_prose, generic_prompts
from engine.learning.negatives import common_questions, near_misses, strange_scenes, unknowns
from engine.learning.questions import questions

MESSAGES = [
    "The river Dravel flows into the Sondic sea.",
    "The code for the cellar door is 4417.",
    "I am allergic to walnuts.",
    "I work as a florist.",
    "My brother Emil lives in Porto.",
    "My sister Ada lives in Riga.",
    "My horse is afraid of umbrellas.",
    "My parrot's name is Kiko.",
    "Vasquez invented the cloudpress.",
    "My favourite fruit is quince.",
    "Project Heron starts in June.",
    "I put the keys in the green tin.",
]


@pytest.fixture
def facts() -> list[Fact]:
    return [fact for message in MESSAGES for fact in facts_in(message).facts]


@pytest.mark.parametrize("seed", range(5))
def test_a_near_miss_is_never_a_question_that_a_fact_answers(facts: list[Fact], seed: int) -> None:
    positive = {q.text.lower() for fact in facts for q in questions(fact, random.Random(seed), 500, facts)}
    near = near_misses(facts, random.Random(seed), 10)
    assert not positive & {negative.text.lower() for negative in near}
    assert len({negative.text.lower() for negative in near}) == len(near)
    for fact in facts:
        assert sum(negative.fact_id == fact.id for negative in near) >= 8


def test_near_misses_keep_the_relation_and_change_whose_it_is(facts: list[Fact]) -> None:
    near = {n.text for n in near_misses(facts, random.Random(0), 60)}
    assert any(text.endswith("live?") and "my brother Emil" not in text for text in near)
    assert any("invent" in text and "cloudpress" not in text for text in near)
    assert any("my parrot's" in text and "name" not in text for text in near)
    assert any("allergic" in text and " I " not in text for text in near)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_near_miss_says_whether_it_asks_something_else_of_the_same(share: float) -> None:
    facts = [
        f for m in ("My brother Emil lives in Porto.", "Vasquez invented the cloudpress.") for f in facts_in(m).facts
    ]
    near = near_misses(facts, random.Random(0), 12, (), share)
    assert len(near) >= 12
    assert all(negative.same == bool(share) for negative in near)
    for negative in near:
        assert any(name in negative.text for name in ("Emil", "my brother", "cloudpress")) == bool(share) or (
            not share and "my brother" in negative.text  # with another name
        )


def test_common_questions_are_about_the_kind_and_not_about_ones_own(facts: list[Fact]) -> None:
    made = {negative.text for negative in common_questions(facts, random.Random(2), 8)}
    assert len(made) > 60
    assert any("horse" in text for text in made) and any("parrot" in text for text in made)
    assert not any(" my " in text or "Emil" in text or "4417" in text or "{" in text for text in made)
    assert common_questions([], random.Random(2), 8) == []


def test_strange_scenes_are_about_nothing_that_was_told(facts: list[Fact]) -> None:
    made = strange_scenes(facts, random.Random(1), 60)
    assert len(made) == 60
    assert not any(word in scene.text for scene in made for word in ("Emil", "cloudpress", "Dravel", "Heron"))
    assert strange_scenes([], random.Random(1), 5) == []


def test_a_near_miss_of_one_fact_is_not_the_question_of_another() -> None:
    facts = [f for m in ("My sister lives in Graz.", "My brother lives in Linz.") for f in facts_in(m).facts]
    for seed in range(40):
        for negative in near_misses(facts, random.Random(seed), 10):
            low = negative.text.lower()
            about_both = low.endswith(("does my sister live?", "does my brother live?"))
            assert not about_both, negative


def test_unknown_things_are_asked_for_but_not_what_was_told(facts: list[Fact]) -> None:
    made = unknowns(random.Random(0), 120, facts)
    texts = {negative.text for negative in made}
    assert len(texts) == len(made) == 120
    assert not texts & {"What is my job?", "What am I allergic to?", "What is my parrot's name?"}
    assert all("{" not in text for text in texts)


def test_generic_prompts_are_many_and_different() -> None:
    made = generic_prompts(random.Random(0), 800)
    assert len(made) == len({text.lower() for text in made}) == 800
    assert not any("{" in text for text in made)
    assert any(text.startswith("What is my ") for text in made)
    assert any(text.startswith("Who invented the ") for text in made)
    assert any(text.startswith("What is the capital of ") for text in made)
    assert len({text.split()[0] for text in made}) > 40


def test_prose_goes_on_with_other_sentences_than_it_began_with() -> None:
    made = continued_prose(random.Random(0), 40)
    assert len(set(made)) == 40
    for shown, further in made:
        assert shown and further.endswith((".", "?", "!")) and not set(shown.split(". ")) & set(further.split(". "))


def test_generic_prompts_leave_out_what_must_not_be_there() -> None:
    avoid = generic_prompts(random.Random(0), 200)
    again = generic_prompts(random.Random(0), 200, avoid)
    assert not {text.lower() for text in avoid} & {text.lower() for text in again}
