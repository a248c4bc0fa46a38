"""What was told in a conversation is newer than what was learned."""

from __future__ import annotations

import pytest

from engine.learning import told
from engine.learning.meanwhile import Heard


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
    answering = Heard().answering(question, told)
    assert answering and answering[-1] == len(told) - 1


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
    assert Heard().answering(question, told) == []


def test_a_conversation_is_read_once_as_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    whole = told.facts_in

    def counted(text: str, *context: object) -> object:
        read.append(text)
        return whole(text, *context)  # type: ignore[arg-type]

    monkeypatch.setattr(told, "facts_in", counted)
    said = ["My cat is called Mia.", "It rains.", "My dog is called Rex."]
    heard = Heard()
    for until in range(len(said) + 1):
        heard.answering("What is my cat's name?", said[:until])
    assert read == said
    assert heard.answering("What is my dog's name?", [*said[1:], "It snows."]) == [1]
    assert heard.answering("What is my cat's name?", [*said[1:], "It snows."]) == []
    assert read == [*said, "It snows."]
    assert heard.answering("What is my cat's name?", ["Hello.", said[0]]) == [1]
