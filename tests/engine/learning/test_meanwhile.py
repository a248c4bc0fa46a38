"""What was told in a conversation is newer than what was learned."""

from __future__ import annotations

import pytest

from engine.learning.meanwhile import answering


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("What is my cat's name?", ["By the way, my cat is called Mia now."]),
        ("what is my cat called", ["Hello there!", "Actually, my cat's name is Mia."]),
        ("Where does my sister Noor live?", ["My sister Noor has moved to Oslo."]),
        ("What is the code for the attic door?", ["The code for the attic door is 6604.", "No, it is 5829."]),
        ("When does project Lantern start?", ["That has changed: project Lantern starts in May."]),
    ],
)
def test_a_question_is_answered_by_what_was_just_told(question: str, told: list[str]) -> None:
    assert answering(question, told) and max(answering(question, told)) == len(told) - 1


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("What is my cat's name?", []),
        ("What is my cat's name?", ["My cat is ill today.", "The weather is lovely.", "What is my cat's name?"]),
        ("What is my cat's name?", ["My dog's name is Rex."]),
        ("Where does my sister Noor live?", ["My sister Noor plays the harp."]),
        ("Where does my sister Noor live?", ["My brother Anselm lives in Graz."]),
        ("What is the capital of France?", ["The capital of Marneth is Kelpast."]),
        ("", ["My cat is called Mia."]),
        ("?!", ["My cat is called Mia."]),
    ],
)
def test_other_talk_answers_nothing(question: str, told: list[str]) -> None:
    assert answering(question, told) == set()
