"""One prompt answered by itself: in the asker's language, streamed, and written down once."""

from __future__ import annotations

import pytest
from lives import Ear, mouth

from engine.api import TextChunk
from engine.lifeform import Lifeform
from engine.speech.generate import generate

FOREIGN = "Muitos, Porto e os outros, no que vamos a Portugal de uma vez por todas."
ENGLISH = "Take a warm jacket, good shoes and a book for the long way by train."


def test_an_answer_that_begins_in_another_language_is_begun_anew(
    life: Lifeform, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = mouth(monkeypatch, [FOREIGN, FOREIGN, ENGLISH])
    ear = Ear()
    answer = generate(life, ear, "What should I pack for a week in Portugal?")
    assert answer.text == ear.text == ENGLISH and len(asked) == 3
    (record,) = life.journal.last(5)
    assert (record.command, record.response, record.trainable) == ("generate", ENGLISH, True)


def test_after_three_tries_it_is_shown_as_it_is(life: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = mouth(monkeypatch, [FOREIGN])
    ear = Ear()
    assert generate(life, ear, "What should I pack?").text == ear.text == FOREIGN
    assert len(asked) == 3


@pytest.mark.parametrize(
    ("text", "temperature"), [("Was soll ich für eine Woche mit auf die Reise nehmen?", None), ("Hello", 0.0)]
)
def test_it_is_tried_once_where_nothing_is_to_be_gained(
    life: Lifeform, monkeypatch: pytest.MonkeyPatch, text: str, temperature: float | None
) -> None:
    asked = mouth(monkeypatch, [FOREIGN])
    generate(life, Ear(), text, temperature=temperature)
    assert len(asked) == 1


def test_it_streams_once_the_language_is_told(life: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    mouth(monkeypatch, [ENGLISH])
    ear = Ear(patience=12)
    answer = generate(life, ear, "What should I pack?")
    assert answer.stats.stop_reason == "stopped"
    assert 1 < len(ear.of(TextChunk)) < len(ENGLISH.split())
    assert ENGLISH.startswith(ear.text) and ear.text


@pytest.mark.parametrize("text", ["Yes.", "print(1)", ""])
def test_a_short_answer_is_shown_whole(life: Lifeform, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    asked = mouth(monkeypatch, [text])
    ear = Ear()
    assert generate(life, ear, "Is it?").text == ear.text == text
    assert len(asked) == 1


def test_a_stop_shows_what_was_held_back(life: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    mouth(monkeypatch, [ENGLISH])
    ear = Ear(patience=4)
    answer = generate(life, ear, "What should I pack?")
    assert answer.text == ear.text and answer.text.startswith("Take a")
