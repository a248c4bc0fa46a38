"""One prompt answered by itself: the best first sentence, in the asker's language, streamed, and written down once."""

from __future__ import annotations

import pytest
from lives import Ear, marks, mouth

from engine.api import Progress, TextChunk
from engine.lifeform import Lifeform
from engine.speech import Interrupted, answering
from engine.speech.answering import OPENINGS
from engine.speech.generate import generate

FOREIGN = "Muitos, Porto e os outros, no que vamos a Portugal de uma vez por todas."
ENGLISH = "Take a warm jacket and good shoes for the long way by train."
FURTHER = " The evenings by the sea are cool. Museums close on Mondays there."
ASKED = "What should I pack for a week in Portugal?"
LISTED = "Name the things that I should pack for a week in Portugal."


@pytest.fixture(autouse=True)
def longest_is_best(life: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    """A random model cannot tell what goes with what; and there is room for a choice."""
    monkeypatch.setattr(answering, "fitness", lambda base, text, asked: float(len(text)))
    life.config.set("max_new_tokens", 100)


def test_the_first_sentence_is_the_best_of_several_and_the_rest_follows(
    life: Lifeform, monkeypatch: pytest.MonkeyPatch
) -> None:
    openings = [FOREIGN, "Take a book for the train.", ENGLISH, FOREIGN, "There is a lot to see.", "Yes."]
    asked = mouth(monkeypatch, [*openings, FURTHER])
    ear = Ear()
    answer = generate(life, ear, ASKED, 100)
    assert answer.text == ear.text == ENGLISH + FURTHER
    assert len(asked) == OPENINGS + 1 and asked[-1] == asked[0] + ENGLISH
    assert [one.done for one in ear.of(Progress)] == list(range(OPENINGS + 1))
    (record,) = life.journal.last(5)
    assert (record.command, record.response, record.trainable) == ("generate", answer.text, True)
    assert answer.stats.tokens == sum(chunk.tokens for chunk in ear.of(TextChunk))
    assert answer.stats.confidence == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("further", "shown"),
    [
        (" Take a warm jacket and good shoes for the evenings.", ""),
        (" The evenings are cool. The jacket is warm. The sea is blue.", " The evenings are cool."),
        (" The evenings are cool there. As an AI I can not", " The evenings are cool there."),
        (" Do not forget:\n\n1. The tickets.\n2. Your", " Do not forget:\n\n1. The tickets."),
        (" The evenings are cool there. Do not forget:\n\n", " The evenings are cool there."),
    ],
    ids=["says it again", "adds nothing", "a machine", "a list that gets lost", "a list that does not come"],
)
def test_it_ends_where_it_gets_lost(life: Lifeform, monkeypatch: pytest.MonkeyPatch, further: str, shown: str) -> None:
    mouth(monkeypatch, [ENGLISH] * OPENINGS + [further])
    ear = Ear()
    assert generate(life, ear, LISTED).text == ear.text == ENGLISH + shown


def test_a_list_is_told_to_whom_it_was_asked_for(life: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    for text, shown in ((LISTED, " Do not forget:\n\n1. The tickets.\n2. Your hats."), (ASKED, "")):
        asked = mouth(monkeypatch, [ENGLISH] * OPENINGS + [" Do not forget:\n\n1. The tickets.\n2. Your hats.\n"])
        assert generate(life, Ear(), text).text == ENGLISH + shown
        assert ("short sentence" in asked[0]) == (text == ASKED)


def test_without_a_budget_it_says_a_few_sentences_at_the_most(life: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    further = (
        " Maps help strangers. Hats keep heads dry. Lamps show dark stairs. Ropes hold heavy bags."
        " Knives cut cheese. Towels dry wet hair. Tents stop cold wind."
    )
    for text, budget, sentences in ((ASKED, None, 1), (LISTED, None, 5), (ASKED, 200, 8)):
        mouth(monkeypatch, [ENGLISH] * OPENINGS + [further])
        assert generate(life, Ear(), text, budget).text.count(".") == sentences


@pytest.mark.parametrize("text", ["Yes.", "print(1)", "", FOREIGN])
def test_where_no_first_sentence_is_good_it_streams_as_it_comes(
    life: Lifeform, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    asked = mouth(monkeypatch, [text])
    ear = Ear()
    assert generate(life, ear, "Is it?").text == ear.text == text
    assert len(asked) == OPENINGS + 1


@pytest.mark.parametrize(
    ("text", "budget", "temperature"),
    [("Was soll ich für eine Woche mit auf die Reise nehmen?", None, None), ("Hello", None, 0.0), ("Hello", 8, None)],
    ids=["another language", "nothing but the likeliest", "a few tokens"],
)
def test_it_is_tried_once_where_nothing_is_to_be_gained(
    life: Lifeform, monkeypatch: pytest.MonkeyPatch, text: str, budget: int | None, temperature: float | None
) -> None:
    asked = mouth(monkeypatch, [FOREIGN])
    assert generate(life, Ear(), text, budget, temperature).text == FOREIGN
    assert len(asked) == 1


def test_a_stop_keeps_what_was_shown(life: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = mouth(monkeypatch, [ENGLISH] * OPENINGS + [FURTHER])
    ear = Ear()
    monkeypatch.setattr(ear, "cancelled", lambda: len(asked) > OPENINGS and ear.text.endswith("cool."))
    answer = generate(life, ear, LISTED)
    assert answer.stats.stop_reason == "stopped"
    assert answer.text == ear.text == f"{ENGLISH} The evenings by the sea are cool."


def test_a_stop_before_a_word_changes_nothing(life: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    mouth(monkeypatch, [ENGLISH])
    before = marks(life)
    with pytest.raises(Interrupted):
        generate(life, Ear(patience=4), ASKED)
    assert marks(life) == before


def test_what_the_others_say_too_is_answered_rather_than_what_none_does(
    life: Lifeform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "fitness", lambda base, text, asked: 0.0)
    alike = [
        "Take warm shoes to the cold hills.",
        "Take warm shoes for the cold sea.",
        "Take cold shoes to warm hills.",
    ]
    mouth(monkeypatch, ["Books about kings bore most of us.", *alike, alike[0], alike[0]])
    assert generate(life, Ear(), ASKED).text in alike
