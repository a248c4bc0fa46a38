"""What may be shown and what not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.speech.checking import Flaw, Rules, first_sentence_end, flaw_in, in_another_language, in_english

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
        ("Dear [Name of the boss], the sea is wide.", Flaw.DEBRIS),
        ("See https://example.com for more.", Flaw.DEBRIS),
        ("As an AI language model I have no opinion.", Flaw.MACHINE),
        ("I'm sorry, but I can't help with that.", Flaw.MACHINE),
        ("I can't help but laugh at the snow.", None),
        ("It was very very very cold.", Flaw.CIRCLES),
        ("the cat and the dog and the cat and the dog and the cat and the dog.", Flaw.CIRCLES),
        ("1234 5678 90 12 34 and 56.", Flaw.LETTERS),
        ("I want a boat! I want a boat!", Flaw.CIRCLES),
        ("It is a majestic stallion, a proud and majestic stallion.", Flaw.CIRCLES),
        ("Nobody knows where the old river goes", Flaw.UNFINISHED),
        ('Perhaps it would say that, "the river is old.', Flaw.UNFINISHED),
        ("Well, I'm a helpful little AI, and I know that.", Flaw.MACHINE),
        ("Keep a list of the names. A friend may keep a list of the dates.", Flaw.CIRCLES),
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
    assert flaw_in("Porto e alegre, não?", rules) is Flaw.LANGUAGE
    assert in_english("How far away is the planet Saturn?") and not in_english("Wie weit ist der Saturn?")


@pytest.mark.parametrize(
    "text",
    [
        "Porto e alegre! Alejos e lhacho! Nesse país de caba",
        "Muitos, PORTO e LOS, no que vamos a Portugal.",
        "Das ist ein guter Tag, und ich freue mich.",
        "空は青い。",
        "Привет, как дела?",
    ],
)
def test_other_languages_are_told_by_their_little_words_and_letters(text: str) -> None:
    assert in_another_language(text)


@pytest.mark.parametrize(
    "text",
    [
        "The Café de Flore is in Paris, and the El Niño is in the sea.",
        "1. Tomatoes 2. Basil 3. Lettuce",
        "def double(number): return number * 2",
        "",
        "123 !",
    ],
)
def test_names_lists_and_code_are_no_other_language(text: str) -> None:
    assert not in_another_language(text)


def test_a_word_that_comes_twice_is_a_circle_where_each_may_come_once() -> None:
    once = Rules(each_once=True)
    assert flaw_in("Perhaps rivers are the rivers that you crossed.", Rules()) is None
    assert flaw_in("Perhaps rivers are the rivers that you crossed.", once) is Flaw.CIRCLES
    assert flaw_in("Perhaps a cat is what all cats dream of.", once) is Flaw.CIRCLES
    assert flaw_in("The sky is mysterious and full of mysteries.", once) is Flaw.CIRCLES
    assert flaw_in("Perhaps the sea is what the sky remembers of the rain.", once) is None
    given = "Cats may be cleaner than other cats, but"
    assert flaw_in(f"{given} dogs are brave.", once, given) is None
    assert flaw_in(f"{given} dogs are braver than cats.", once, given) is Flaw.CIRCLES
    assert (
        flaw_in(f"{given} dogs are braver than cats.", Rules(each_once=True, again=frozenset({"cats"})), given) is None
    )


def test_flaws_are_in_the_order_of_how_bad_they_are() -> None:
    assert [flaw.badness for flaw in Flaw] == list(range(len(Flaw), 0, -1))
    assert Flaw.EMPTY.badness > Flaw.LANGUAGE.badness > Flaw.COPY.badness > Flaw.UNFINISHED.badness == 1


def test_a_list_is_finished_where_lists_are_looked_for() -> None:
    for text in ("Here are three of them:", "Here they are:\n\n1. A warm bath", "Take these:\n- bread\n- a lamp"):
        assert flaw_in(text, Rules(paragraphs=True)) is None
        assert flaw_in(text, Rules()) is Flaw.UNFINISHED


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
        ("1. A bath helps. 2", 16),
        ("Well:\n 12. A bath helps.", 5),
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
