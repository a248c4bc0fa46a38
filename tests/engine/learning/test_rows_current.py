"""What still holds of everything ever told."""

from __future__ import annotations

from engine.learning.current import current_facts, same_slot
from engine.learning.facts import Fact, facts_in


def _facts(*messages: str) -> list[Fact]:
    return [fact for message in messages for fact in facts_in(message).facts]


def test_the_same_fact_fifty_times_is_one() -> None:
    standing = current_facts(_facts(*["My cat is called Mia.", "my cat's name is Mia"] * 25))
    (held,) = standing.current
    assert held.told == 50
    assert not standing.superseded


def test_the_later_word_wins_over_a_contradiction() -> None:
    standing = current_facts(_facts("My cat is called Mia.", "I live in Graz.", "My cat's name is Mirtle."))
    assert [fact.value for fact in standing.facts] == ["Mirtle", "Graz"]
    assert [fact.value for fact in standing.superseded] == ["Mia"]
    assert [old.value for old in standing.current[0].replaced] == ["Mia"]


def test_a_value_that_comes_back_is_no_longer_wrong() -> None:
    standing = current_facts(_facts("My code is 11.", "My code is 22.", "No, my code is 11."))
    (held,) = standing.current
    assert held.fact.value == "11"
    assert [old.value for old in held.replaced] == ["22"]


def test_one_may_like_many_things_but_live_in_one_place() -> None:
    standing = current_facts(_facts("I like pizza.", "I like jazz.", "I live in Graz.", "I moved to Linz."))
    assert [fact.value for fact in standing.facts] == ["pizza", "jazz", "Linz"]


def test_a_correction_of_one_of_many_takes_only_what_it_denies() -> None:
    standing = current_facts(_facts("I like pizza.", "I like jazz.", "I like opera, not jazz."))
    assert {fact.value for fact in standing.facts} == {"pizza", "opera"}


def test_slots_see_through_wording_but_not_through_persons() -> None:
    def same(one: str, other: str) -> bool:
        (a,), (b,) = facts_in(one).facts, facts_in(other).facts
        return same_slot(a, b)

    assert same("My cat is called Mia.", "my cat's name is Mirtle")
    assert same("I have a cat called Mia.", "Mirtle is my cat.")
    assert same("My sister lives in Graz.", "My sister Noor lives in Linz.")
    assert same("Noor lives in Graz.", "My sister Noor lives in Linz.")
    assert same("The code for the garage is 1.", "The garage code is 2.")
    assert same("The meeting is on Monday.", "No, the meeting is on Tuesday.")
    assert same("We have a dog called Rex.", "My dog is called Max.")
    assert same("We moved to Graz.", "I live in Linz.")
    assert same("My mum lives in Cork.", "mum lives in Dublin")
    assert not same("My sister Noor lives in Graz.", "My sister Ingeborg lives in Oslo.")
    assert not same("My cat is called Mia.", "My dog is called Rex.")
    assert not same("My favourite colour is red.", "My favourite food is rice.")
    assert not same("I used to live in Berlin.", "I live in Graz.")
    assert not same("Olufsen invented the glimmerphone.", "Olufsen invented the tidewheel.")
