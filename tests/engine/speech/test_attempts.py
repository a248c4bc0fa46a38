"""Second thoughts: what is shown, what is tried again, and what a stop leaves."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lives import Ear, mouth

from engine.api import Progress, TextChunk
from engine.composition.prompt import Turn
from engine.lifeform import Lifeform
from engine.speech import Interrupted
from engine.speech.attempts import Wish, best_of, say, several
from engine.speech.checking import Flaw, Rules
from engine.speech.prompting import in_chat


@pytest.fixture
def wish(life: Lifeform) -> Wish:
    return Wish(in_chat(life, [Turn("user", "hello")], "Perhaps", 30), "Perhaps", Rules(sentences=2), 30)


def test_good_sentences_are_shown_one_by_one(life: Lifeform, wish: Wish, monkeypatch: pytest.MonkeyPatch) -> None:
    mouth(monkeypatch, [" the sea is wide. It is cold as well. And a third one."])
    ear = Ear()
    said = say(life, ear, [wish])
    assert said.text == "Perhaps the sea is wide. It is cold as well."
    assert [chunk.text for chunk in ear.of(TextChunk)] == ["Perhaps the sea is wide.", " It is cold as well."]
    assert said.flaw is None and said.stats.stop_reason == "end"
    assert said.stats.tokens == sum(chunk.tokens for chunk in ear.of(TextChunk))
    assert said.stats.confidence == pytest.approx(0.6)


def test_what_is_no_good_is_tried_again_and_never_shown(
    life: Lifeform, wish: Wish, monkeypatch: pytest.MonkeyPatch
) -> None:
    mouth(monkeypatch, [" as an AI language model I do not know.", " the sea is wide and cold."])
    ear = Ear()
    assert say(life, ear, [wish, wish]).text == "Perhaps the sea is wide and cold."
    assert "AI" not in ear.text


def test_a_bad_second_sentence_is_left_out(life: Lifeform, wish: Wish, monkeypatch: pytest.MonkeyPatch) -> None:
    mouth(monkeypatch, [" the sea is wide. User: what is that? More."])
    assert say(life, Ear(), [wish]).text == "Perhaps the sea is wide."


@pytest.mark.parametrize("tries", [(" so it was and then", " hm"), (" hm", " so it was and then")])
def test_when_all_goes_wrong_the_least_flawed_is_shown(
    life: Lifeform, wish: Wish, monkeypatch: pytest.MonkeyPatch, tries: tuple[str, str]
) -> None:
    mouth(monkeypatch, tries)
    ear = Ear()
    said = say(life, ear, [wish, wish])
    assert (said.text, said.flaw) == ("Perhaps so it was and then", Flaw.UNFINISHED)
    assert ear.text == said.text


def test_what_is_gravely_wrong_is_never_shown(life: Lifeform, wish: Wish, monkeypatch: pytest.MonkeyPatch) -> None:
    mouth(monkeypatch, ["\nUser: hm"])
    silent = Ear()
    assert say(life, silent, [wish]).text == ""
    assert silent.of(TextChunk) == []
    (tried,) = several(life, silent, [wish], "thinking")
    assert best_of([tried], len).text == ""


def test_shown_otherwise_than_said(life: Lifeform, wish: Wish, monkeypatch: pytest.MonkeyPatch) -> None:
    mouth(monkeypatch, [" the sea is wide. It is cold as well."])
    ear = Ear()
    assert say(life, ear, [wish], str.upper).text == ear.text == "PERHAPS THE SEA IS WIDE. IT IS COLD AS WELL."


def test_a_stop_before_a_word_changes_nothing(life: Lifeform, wish: Wish, monkeypatch: pytest.MonkeyPatch) -> None:
    mouth(monkeypatch, [" the sea is wide. It is cold as well."])
    with pytest.raises(Interrupted):
        say(life, Ear(patience=0), [wish])
    with pytest.raises(Interrupted):
        several(life, Ear(patience=9), [wish] * 3, "thinking")


def test_a_stop_later_keeps_what_was_shown(life: Lifeform, wish: Wish, monkeypatch: pytest.MonkeyPatch) -> None:
    mouth(monkeypatch, [" the sea is wide. It is cold as well."])
    said = say(life, Ear(patience=7), [replace(wish, rules=Rules(sentences=9))])
    assert said.text == "Perhaps the sea is wide."
    assert said.stats.stop_reason == "stopped"


def test_several_tell_how_far_they_are_and_say_nothing(
    life: Lifeform, wish: Wish, monkeypatch: pytest.MonkeyPatch
) -> None:
    mouth(monkeypatch, [" hm", " the sea is wide and cold.", " the bread is warm and soft."])
    ear = Ear()
    found = several(life, ear, [wish] * 3, "thinking")
    assert [one.text for one in found] == ["Perhaps the sea is wide and cold.", "Perhaps the bread is warm and soft."]
    assert [(one.done, one.total) for one in ear.of(Progress)] == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert ear.of(TextChunk) == []


def test_of_several_that_are_all_flawed_the_least_flawed_are_left(
    life: Lifeform, wish: Wish, monkeypatch: pytest.MonkeyPatch
) -> None:
    mouth(monkeypatch, [" hm", " so it was and then\nUser: more", " it it it it was."])
    found = several(life, Ear(), [wish] * 3, "thinking")
    assert [(one.text, one.flaw) for one in found] == [("Perhaps so it was and then", Flaw.UNFINISHED)]


def test_the_best_is_worth_most(life: Lifeform, wish: Wish, monkeypatch: pytest.MonkeyPatch) -> None:
    mouth(monkeypatch, [" the sea is wide.", " the bread is warm and soft."])
    found = several(life, Ear(), [wish] * 2, "thinking")
    assert best_of(found, len).text == "Perhaps the bread is warm and soft."
    assert best_of(found, lambda text: -len(text)).text == "Perhaps the sea is wide."


def test_the_real_decoder_fits_in(life: Lifeform, wish: Wish) -> None:
    ear = Ear()
    said = say(life, ear, [wish] * 2)
    assert ear.text == said.text
    assert said.stats.tokens <= 30
