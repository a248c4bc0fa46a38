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
WRITTEN = "Write me a few words on what to pack for Portugal."
LISTED = "Name three things that I should pack for a week in Portugal."


@pytest.fixture(autouse=True)
def longest_is_best(life: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    """A random model cannot tell what goes with what; and there is room for a choice."""
    monkeypatch.setattr(answering, "fitness", lambda base, text, asked: float(len(text)))
    monkeypatch.setattr(answering, "log_likelihood", lambda base, text, before: float("Answer" in before) * len(text))
    monkeypatch.setattr("engine.speech.generate.likeliest", lambda base, question: "")
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
        (" The evenings are cool there. Do not forget:\n\n", " The evenings are cool there."),
    ],
    ids=["says it again", "adds nothing", "a machine", "a list that does not come"],
)
def test_it_ends_where_it_gets_lost(life: Lifeform, monkeypatch: pytest.MonkeyPatch, further: str, shown: str) -> None:
    mouth(monkeypatch, [ENGLISH] * OPENINGS + [further])
    ear = Ear()
    assert generate(life, ear, WRITTEN).text == ear.text == ENGLISH + shown


def test_it_tries_again_to_go_on(life: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    mouth(monkeypatch, [ENGLISH] * OPENINGS + [" As an AI I can not say", FURTHER])
    ear = Ear()
    assert generate(life, ear, WRITTEN).text == ear.text == ENGLISH + FURTHER


def test_a_list_is_begun_and_has_as_many_entries_as_were_asked_for(
    life: Lifeform, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = mouth(monkeypatch, [" A towel"] * OPENINGS + ["\n2. Two shirts\n3. A warm hat\n4. Old shoes"])
    assert generate(life, Ear(), LISTED).text == "1. A towel\n2. Two shirts\n3. A warm hat"
    assert "take to the beach" in asked[0] and LISTED in asked[0] and asked[0].endswith("1.")


def test_a_story_is_begun_and_a_poem_has_lines(life: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = mouth(monkeypatch, [" who lived by the wide sea."] * OPENINGS + [" It ate grass."])
    assert generate(life, Ear(), "Tell me a story about a horse.").text.startswith(
        "Once upon a time, there was a horse who lived by the wide sea."
    )
    assert asked[0].endswith("Once upon a time, there was a horse")
    mouth(
        monkeypatch,
        ["The sea is deep,"] * OPENINGS + ["\nits fish are cold,\nthe waves all sleep,\nand ships grow old.\nMore"],
    )
    poem = generate(life, Ear(), "Write a poem about fish.").text
    assert poem.splitlines() == [
        "The sea is deep,",
        "its fish are cold,",
        "the waves all sleep,",
        "and ships grow old.",
    ]


def test_a_beginning_is_gone_on_with_outside_the_form_of_a_chat(
    life: Lifeform, monkeypatch: pytest.MonkeyPatch
) -> None:
    beginning = "Once upon a time there was a fish."
    asked = mouth(monkeypatch, [" It lived under an old boat by the shore."] * OPENINGS + [" Nobody rowed it now."])
    assert generate(life, Ear(), beginning).text.startswith("It lived under an old boat by the shore.")
    assert asked[0] == beginning


def test_a_question_begins_its_answer(life: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.speech.generate.likeliest", lambda base, question: "You should pack")
    asked = mouth(monkeypatch, [" a warm jacket."])
    assert generate(life, Ear(), ASKED).text == "You should pack a warm jacket."
    assert all(one.endswith("You should pack") for one in asked[:OPENINGS])
    assert ["short sentence" in one for one in asked[:2]] == [True, False]


@pytest.mark.parametrize(
    "doubtful",
    [" 14 pairs of shoes.", " shoes from Anna Berg.", ' "warm" shoes and hats.', " a unique mix of various aspects."],
)
def test_what_is_mostly_made_up_or_says_nothing_comes_last(
    life: Lifeform, monkeypatch: pytest.MonkeyPatch, doubtful: str
) -> None:
    monkeypatch.setattr("engine.speech.generate.likeliest", lambda base, question: "You should pack")
    monkeypatch.setattr(answering, "log_likelihood", lambda base, text, before: 0.0)
    mouth(monkeypatch, [doubtful] * (OPENINGS - 1) + [" a warm jacket."])
    monkeypatch.setattr(answering, "agreement", lambda composition, texts: [0.0] * len(texts))
    assert generate(life, Ear(), ASKED).text == "You should pack a warm jacket."


def test_without_a_budget_it_says_a_few_sentences_at_the_most(life: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    further = (
        " Maps help strangers. Hats keep heads dry. Lamps show dark stairs. Ropes hold heavy bags."
        " Knives cut cheese. Towels dry wet hair. Tents stop cold wind."
    )
    for text, budget, sentences in ((ASKED, None, 1), (WRITTEN, None, 3), (ASKED, 200, 8)):
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
    answer = generate(life, ear, WRITTEN)
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
