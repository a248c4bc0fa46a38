"""What it asks of its own accord, and what it has to say to that."""

from __future__ import annotations

import pytest
from lives import Ear, mouth, say

from engine.api import Passage, Progress
from engine.lifeform import Lifeform
from engine.speech.gaps import Gap, gaps
from engine.speech.spark import ANSWERS, CANDIDATES, spark


@pytest.fixture(autouse=True)
def fluent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tiny random model babbles; here it says something that can be shown."""
    mouth(monkeypatch, [" the river sleeps under an old bridge.", " there is a boat that nobody rows."] * 40)


def test_spark_asks_what_it_knows_least_and_supposes(told: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = mouth(monkeypatch, [" a glance"] * CANDIDATES + [" they would be glad of it."])
    ear = Ear()
    answer = spark(told, ear)
    question, said = ear.text.splitlines()
    assert question.startswith("Curiosity: W") and question.endswith("?")
    assert said == f"Response: {answer.text}" and said.endswith(" they would be glad of it.")
    assert len(asked) == CANDIDATES + ANSWERS
    assert f"{question.removeprefix('Curiosity: ')} Answer in one short sentence." in asked[-1]
    assert asked[-1].endswith(answer.text.removesuffix(" they would be glad of it."))
    assert [one.done for one in ear.of(Progress) if one.label == "wondering"][-1] == CANDIDATES
    assert "ignorance 0.40" in ear.of(Passage)[0].note
    record = told.journal.last(1)[0]
    assert record.is_system_question and record.prompt == question.removeprefix("Curiosity: ")


def test_spark_does_not_ask_what_is_hardly_a_question(told: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    things = ["boats", "bells", "ropes", "lamps", "walls"]
    mouth(monkeypatch, [" a glance"])
    monkeypatch.setattr("engine.speech.spark.gaps", lambda *_: [Gap(thing, "the test") for thing in things])
    monkeypatch.setattr(
        "engine.speech.spark.log_likelihood",
        lambda base, text, context: -float("boats" in text or "walls" in text or " it" in text) - 3.0,
    )
    monkeypatch.setattr("engine.speech.spark.ranked", lambda found: found[::-1])
    ear = Ear()
    spark(told, ear)
    assert "lamps" in ear.text.splitlines()[0]  # the last of the better half


@pytest.mark.parametrize("response", ["Eu não sei o que é um zeppelin.", "My zeppelin is yours."])
def test_spark_asks_nothing_out_of_a_muddled_answer_or_about_itself(
    life: Lifeform, response: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.speech.gaps.KINDRED", -1.0)
    say(life, "How are you?", response)
    life.curiosity.spoken([" a", " zeppelin"], [0.9, 0.1])
    assert all("zeppelin" not in gap.topic for gap in gaps(life, 5, life.dice()))


def test_a_doubted_word_that_has_nothing_to_do_with_what_was_said_is_no_topic(
    life: Lifeform, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(life, "How does one travel?", "One takes a zeppelin.")
    life.curiosity.spoken([" a", " zeppelin"], [0.9, 0.1])
    for kindred, found in ((-1.0, True), (1.1, False)):
        monkeypatch.setattr("engine.speech.gaps.KINDRED", kindred)
        assert any(gap.topic == "a zeppelin" for gap in gaps(life, 5, life.dice())) == found


def test_what_its_answer_calls_yours_is_the_user_s(life: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.speech.gaps.KINDRED", -1.0)
    say(life, "How are you?", "I like your zeppelin.")
    life.curiosity.spoken([" your", " zeppelin"], [0.9, 0.1])
    assert gaps(life, 5, life.dice())[0] == Gap("your zeppelin", "unsure of the word")


def test_the_world_is_asked_about_only_where_life_has_left_hardly_anything(life: Lifeform) -> None:
    assert {gap.why for gap in gaps(life, 5, life.dice())} == {"out of the blue"}
    say(life, "My cat sleeps on the keyboard.")
    assert sorted(gap.topic for gap in gaps(life, 5, life.dice())) == ["the keyboard", "your cat"]


def test_spark_asks_of_a_thing_and_not_of_whose_it_is(life: Lifeform) -> None:
    say(life, "I want to write her stories down")
    assert gaps(life, 5, life.dice())[0] == Gap("stories", "you said #1")


def test_spark_is_about_what_was_said_and_doubted(told: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.speech.gaps.KINDRED", -1.0)  # to a random model nothing is kindred
    say(told, "How does one travel?", "One takes a zeppelin.")
    told.curiosity.spoken([" a", " zeppelin"], [0.9, 0.1])
    notes = {gap.why for gap in gaps(told, CANDIDATES, told.dice())}
    assert any(note.startswith("you said #") for note in notes)
    assert "unsure of the word" in notes


def test_spark_asks_of_nobody_while_there_is_a_thing(life: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    mouth(monkeypatch, [" warm and quiet all day."])
    say(life, "My sister met my teacher on our balcony.")
    monkeypatch.setattr("engine.speech.spark.log_likelihood", lambda base, text, before: float("balcony" not in text))
    assert "balcony" in spark(life, Ear(), ask=True).text


def test_spark_can_leave_the_answer_to_the_user(told: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    mouth(monkeypatch, [" a glance"])
    ear = Ear()
    question = spark(told, ear, ask=True).text
    assert ear.text == f"Curiosity: {question}" and question.endswith("?")
    record = told.journal.last(1)[0]
    assert (record.prompt, record.response, record.is_system_question) == (question, "", True)
    assert told.curiosity.waiting and told.curiosity.asked_at is not None
    assert told.conversation.turns[-1].text.endswith(question)
    assert told.journal.asked_at() == record.timestamp


def test_a_question_may_begin_a_conversation(life: Lifeform) -> None:
    question = spark(life, Ear(), ask=True).text
    assert life.chat(Ear(), "I would like to know that, too").stats.prompt_tokens > 10
    assert [turn.role for turn in life.conversation.turns][:2] == ["assistant", "user"]
    assert life.conversation.turns[0].text == question
