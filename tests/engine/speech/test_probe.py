"""``memories ask``: the question, the answer, what is said of it, and that nothing is left behind."""

from __future__ import annotations

import pytest
from lives import Ear, marks, mouth

from engine.api import MemoryAsked, Output
from engine.learning.facts import facts_in
from engine.lifeform import Lifeform
from engine.speech import NothingToSay
from engine.speech.probe import probe

CAT = "My cat is called Mia."


def remember(life: Lifeform, text: str = CAT, key: str = "") -> int:
    fact = next(iter(facts_in(text).facts), None)
    with life.journal.transaction():
        return life.journal.memories.keep(key or (fact.id if fact else text), 1, text).id


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [(" Your cat is called Mia.", "It knows: Mia."), (" Your cat is called Tom. Mia!", "It does not say: Mia.")],
)
def test_it_asks_answers_and_judges(life: Lifeform, monkeypatch: pytest.MonkeyPatch, answer: str, verdict: str) -> None:
    asked = mouth(monkeypatch, [answer])
    number = remember(life)
    before, ear = marks(life), Ear()
    probe(life, ear, number)
    assert ear.roles == ["question", "answer"]
    assert "cat" in ear.text.splitlines()[0] and "Mia" not in ear.text.splitlines()[0]
    assert CAT not in asked[0]
    assert [event.text for event in ear.of(Output)] == [verdict]
    (judged,) = ear.of(MemoryAsked)
    assert (judged.memory_id, judged.answer, judged.right) == (number, answer, verdict.startswith("It knows"))
    assert marks(life) == before


def test_what_was_forgotten_should_not_be_said(life: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    mouth(monkeypatch, [" It is called Mia.", " I do not know."])
    number = remember(life)
    life.forget(number)
    ear = Ear()
    probe(life, ear, number)
    probe(life, ear, number)
    assert [event.text for event in ear.of(Output)] == ["It still says: Mia.", "It is gone: Mia is not said."]
    assert [event.right for event in ear.of(MemoryAsked)] == [False, True]


def test_a_stopped_answer_is_not_judged(life: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    mouth(monkeypatch, [" Your cat is called Mia."])
    ear = Ear(patience=1)
    assert probe(life, ear, remember(life)).stats.stop_reason == "stopped"
    assert ear.of(Output) == []


def test_a_statement_that_no_rule_reads_is_asked_as_a_dream_did(
    life: Lifeform, monkeypatch: pytest.MonkeyPatch
) -> None:
    mouth(monkeypatch, [" Because."])
    number = remember(life, "Blue over red, always so", key="odd")
    with pytest.raises(NothingToSay, match="No question fits memory 1: Blue"):
        probe(life, Ear(), number)
    with life.journal.transaction():
        life.journal.memories.dreamt(number, ["What goes over red?"])
    ear = Ear()
    probe(life, ear, number)
    assert "What goes over red?" in ear.text and ear.of(Output) == []


def test_a_memory_that_is_not_there_is_refused(life: Lifeform) -> None:
    with pytest.raises(NothingToSay, match="no memory 9; memories lists"):
        probe(life, Ear(), 9)
