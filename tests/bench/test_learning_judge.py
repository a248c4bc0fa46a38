"""The judge: what counts as a right answer, and what does not."""

from __future__ import annotations

import pytest

from bench.learning_judge import bleeds, first_sentence, is_right, is_right_yes_no, says


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Your cat is Zorblax. It is nice.", "Your cat is Zorblax."),
        ("Dr. Ilvane discovered it. Then he slept.", "Dr. Ilvane discovered it."),
        ("It was DR. Ilvane. Yes.", "It was DR. Ilvane."),
        ("Ask Mr. and Mrs. Dahl. They know.", "Ask Mr. and Mrs. Dahl."),
        ("Prof. J. R. Quandt invented it! Really.", "Prof. J. R. Quandt invented it!"),
        ("It is in St. Gallen. Nice.", "It is in St. Gallen."),
        ("It costs 3.5 dollars. Cheap.", "It costs 3.5 dollars."),
        ("See example.org for it. Or not.", "See example.org for it."),
        ("At 5 p.m. you eat. Then rest.", "At 5 p.m. you eat."),
        ("It starts at 5 p.m. Then you eat.", "It starts at 5 p.m."),
        ("Fruits, e.g. Apples, are fine. Eat.", "Fruits, e.g. Apples, are fine."),
        ("No. 7341 opens the door. Try.", "No. 7341 opens the door."),
        ("No. Your cat is Mia.", "No."),
        ("1. Zorblax is the cat. 2. Pim", "1. Zorblax is the cat."),
        ("**1.** Zorblax. Pim.", "**1.** Zorblax."),
        ("The code is 7341. It opens the door.", "The code is 7341."),
        ("Your cat is called... Zorblax. Yes.", "Your cat is called..."),
        ("Your cat is called... the one. Yes.", "Your cat is called... the one."),
        ("What? Zorblax.", "What?"),
        ('"Zorblax." That is it.', '"Zorblax."'),
        ("It was I. Nobody else.", "It was I."),
        ("\n\n  The first line\nthe second", "The first line"),
        ("ツォルブラックス。猫です。", "ツォルブラックス。"),
        ("no stop at all", "no stop at all"),
        ("", ""),
        ("   \n ", ""),
        ("...", "..."),
    ],
)
def test_first_sentence(text: str, first: str) -> None:
    assert first_sentence(text) == first


@pytest.mark.parametrize(
    ("text", "alias"),
    [
        ("Your cat is ZORBLAX.", "Zorblax"),
        ("Your cat's name: **Zorblax**!", "Zorblax"),
        ("_Zorblax_ is it", "zorblax"),
        ("Zorblax's bowl", "Zorblax"),
        ("the Port\n Vance bakery", "Port Vance"),
        ("ｆｕｌｌ width 7341", "full"),
        ("Straße", "STRASSE"),
        ("the ﬁsh", "fish"),
        ("It is Zoë.", "Zoe\u0308"),
        ("at O’Hara", "O'Hara"),
        ("cost: $3.50.", "3.50"),
        ("C++ is it", "C++"),
    ],
)
def test_says_whole_words_in_any_spelling(text: str, alias: str) -> None:
    assert says(text, [alias])


@pytest.mark.parametrize(
    ("text", "alias"),
    [
        ("The code is 582.", "5829"),
        ("The code is 58290.", "5829"),
        ("Valparais", "Valparaiso"),
        ("umbrellas", "umbrella"),
        ("Zoë", "Zoe"),
        ("x\u030c", "x"),
        ("", "x"),
        ("anything", ""),
        ("a.c", "a+c"),
    ],
)
def test_does_not_say_parts(text: str, alias: str) -> None:
    assert not says(text, [alias])


@pytest.mark.parametrize(
    ("text", "answers", "others", "right"),
    [
        ("Your sister lives in Oslo.", ["Oslo"], ["Graz"], True),
        ("Your sister lives in Oslo or Graz.", ["Oslo"], ["Graz"], False),
        ("Your sister lives in Oslo. Noor lives in Graz.", ["Oslo"], ["Graz"], True),
        ("I am not sure. Perhaps Oslo.", ["Oslo"], [], False),
        ("Dr. Ilvane discovered the mineral.", ["Ilvane"], [], True),
        ("Your boss is Henrik.", ["Henrik", "Dahl"], ["dahl"], True),
        ("It is Port Vance.", ["Port Vance"], ["Vance"], True),
        ("It is Port Vance.", ["Vance"], ["Port Vance"], False),
        ("It is Vance, near Port Vance.", ["Vance"], ["Port Vance"], False),
        ("It is Vance.", ["Vance"], ["Port Vance"], True),
        ("", ["Oslo"], [], False),
        ("Oslo", ["OSLO"], ["oslo"], True),
    ],
)
def test_is_right(text: str, answers: list[str], others: list[str], right: bool) -> None:
    assert is_right(text, answers, others) is right


@pytest.mark.parametrize(
    ("text", "base", "bled"),
    [
        ("The capital is Kelpast.", "The capital is Paris.", True),
        ("Later on. Then Kelpast.", "Later on.", True),
        ("October is a month.", "It was October.", False),
        ("October and Oslo.", "It was October.", True),
        ("Nothing.", "Nothing.", False),
    ],
)
def test_bleed_is_what_the_base_would_not_have_said(text: str, base: str, bled: bool) -> None:
    assert bleeds(text, base, ["Kelpast", "October", "Oslo"]) is bled


@pytest.mark.parametrize(
    ("text", "offered", "right"),
    [
        ("Yes, it is.", "Oslo", True),
        ("Yes.", "Graz", False),
        ("No, she lives in Oslo.", "Graz", True),
        ("No.", "Graz", True),
        ("No.", "Oslo", False),
        ("She lives in Oslo.", "Oslo", True),
        ("She does not live in Oslo.", "Oslo", False),
        ("She lives in Oslo.", "Graz", True),
        ("She lives in Oslo, not in Graz.", "Graz", True),
        ("She lives in Oslo and Graz.", "Graz", False),
        ("She lives in Graz.", "Graz", False),
        ("She lives in Bergen.", "Graz", False),
        ("Nothing is known.", "Graz", False),
        ("", "Oslo", False),
        ("That's right, Oslo.", "Oslo", True),
    ],
)
def test_yes_no(text: str, offered: str, right: bool) -> None:
    assert is_right_yes_no(text, ["Oslo"], offered, ["Graz", "Bergen"]) is right
