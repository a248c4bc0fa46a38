"""What may be shown and what not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.speech.checking import Flaw, Rules, first_sentence_end, flaw_in, in_english

GOOD = "Perhaps bees are the only ones that remember everything."


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        (GOOD, None),
        ("", Flaw.EMPTY),
        (" . ", Flaw.EMPTY),
        ("Well then.", Flaw.SHORT),
        ("The sea is wide and the sky is high and " + " ".join(f"wave{n}" for n in range(60)) + ".", Flaw.LONG),
        ("Here it is: <|im_end|> and more.", Flaw.DEBRIS),
        ("The sea is wide. User: and now?", Flaw.DEBRIS),
        ("Topic: the sea is wide.", Flaw.DEBRIS),
        ("See https://example.com for more.", Flaw.DEBRIS),
        ("As an AI language model I have no opinion.", Flaw.MACHINE),
        ("I'm sorry, but I can't help with that.", Flaw.MACHINE),
        ("It was very very very cold.", Flaw.CIRCLES),
        ("the cat and the dog and the cat and the dog and the cat and the dog.", Flaw.CIRCLES),
        ("1234 5678 90 12 34 and 56.", Flaw.LETTERS),
        ("I want a boat! I want a boat!", Flaw.CIRCLES),
        ("Nobody knows where the old river goes", Flaw.UNFINISHED),
    ],
)
def test_each_flaw_is_seen(text: str, flaw: Flaw | None) -> None:
    assert flaw_in(text, Rules()) is flaw


def test_copies_of_the_prompt_are_seen_but_a_word_in_common_is_none() -> None:
    rules = Rules(sources=("What would the moon say if it could talk?",))
    assert flaw_in("What would the moon say if it could sing?", rules) is Flaw.COPY
    assert flaw_in("The moon would ask for a blanket.", rules) is None


def test_the_beginning_that_was_given_is_neither_short_nor_copied() -> None:
    rules = Rules(fewest=2, sources=("I wonder why people sing.",))
    assert flaw_in("I wonder why people fall asleep.", rules, lead="I wonder why people") is None
    assert flaw_in("I wonder why people", rules, lead="I wonder why people") is Flaw.EMPTY


def test_something_new_is_more_than_what_is_known() -> None:
    rules = Rules(known=("Breakfast is the most important meal of the day",), news=2)
    assert flaw_in("It is the most important of all the meals.", rules) is Flaw.STALE
    assert flaw_in("It gives you strength for the morning and for school.", rules) is None


def test_another_language_is_seen() -> None:
    rules = Rules(english=True)
    assert flaw_in("Muitos, no que vamos a Portugal, por favor está ela.", rules) is Flaw.LANGUAGE
    assert flaw_in("We shall see the old town of Porto first.", rules) is None
    assert flaw_in("Bom dia.", rules) is Flaw.SHORT
    assert in_english("How far away is the planet Saturn?") and not in_english("Wie weit ist der Saturn?")


def test_words_that_may_not_be_said() -> None:
    rules = Rules(never=frozenset({"my"}))
    assert flaw_in("I wonder where my keys are.", rules) is Flaw.ASIDE
    assert flaw_in("I wonder where the keys are.", rules) is None


def test_keeping_to_the_matter() -> None:
    rules = Rules(about=frozenset({"bees", "bee"}))
    assert flaw_in(GOOD, rules) is None
    assert flaw_in("Perhaps the weather will be fine.", rules) is Flaw.ASIDE


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("One. Two.", 4),
        ("Dr. No came. Then", 12),
        ("It costs 3.50 today", None),
        ("He said 'no.' Then", 13),
        ("a line\nand another.", 6),
        ("空は青い。海も", 5),
        ("", None),
    ],
)
def test_sentences_end_where_they_end(text: str, end: int | None) -> None:
    assert first_sentence_end(text) == end


@given(st.text(max_size=300), st.text(max_size=60))
def test_no_text_breaks_it(text: str, lead: str) -> None:
    flaw_in(text, Rules(sources=(lead,)), lead)
    end = first_sentence_end(text)
    assert end is None or 0 <= end <= len(text)
