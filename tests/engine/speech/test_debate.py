"""Each side of a debate argues its own, reads the other one, and repeats nothing."""

from __future__ import annotations

from typing import Any

import pytest
from lives import Ear, mouth

from engine.api import Passage, Progress
from engine.lifeform import Lifeform
from engine.speech.debate import debate

ARGUMENTS = (
    " machines never tire of work.",
    " paint needs a human hand.",
    " fingers are slow and dear.",
    " slow craft suits beauty.",
)


def test_each_side_of_a_debate_reads_the_other(told: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = mouth(monkeypatch, [argument for argument in ARGUMENTS for _ in range(8)])
    ear = Ear()
    debate(told, ear, "AI will replace artists.", 2)
    lines = ear.text.splitlines()
    assert lines[0].startswith('[Argument 1] "One good reason is that') and lines[0].endswith("never tire of work.")
    assert lines[1].startswith('[Rebuttal] "But one problem is that') and lines[1].endswith("needs a human hand.")
    assert lines[2].startswith('[Argument 2] "Still,') and lines[3].startswith('[Rebuttal] "Even so,')
    assert "AI will replace artists. Name one reason for it" in asked[0]
    assert "never tire of work." in asked[8] and asked[8].endswith("But one problem is that AI can")
    assert "needs a human hand." in asked[16] and "fingers are slow and dear." in asked[24]
    assert ear.roles == ["for", "against"] * 2
    record = told.journal.last(1)[0]
    resting = told.temperament.score
    assert record.extra["stance_temperament"] == pytest.approx([resting + 0.2, resting - 0.2] * 2)
    assert [line.split(":")[0] for line in record.response.splitlines()] == ["For", "Against"] * 2
    assert all(one.closing == '"' for one in ear.of(Passage))
    assert {one.label for one in ear.of(Progress)} == {"arguing for", "arguing against"}


@pytest.mark.parametrize(
    ("subject", "ways"),
    [
        ("Cats are better than dogs", ("that cats", "that cats can")),
        ("Marie Curie was the greatest of physicists", ("that Marie Curie", "that Marie Curie can")),
        ("Footballers earn too much", ("that footballers", "that footballers can")),
        ("We should send people to Mars", ("that it helps", "that not everyone")),
        ("Should cats be allowed here?", ("that it helps", "that not everyone")),
        ("pineapple on pizza", ("that it helps", "that not everyone")),
    ],
)
def test_a_state_is_argued_by_who_is_in_it_and_a_deed_by_what_it_brings(
    told: Lifeform, monkeypatch: pytest.MonkeyPatch, subject: str, ways: tuple[str, str]
) -> None:
    asked = mouth(monkeypatch, [argument for argument in ARGUMENTS for _ in range(8)])
    debate(told, Ear(), subject, 1)
    assert (asked[0].endswith(ways[0]), asked[8].endswith(ways[1])) == (True, True)


@pytest.mark.parametrize("other", [" machines do not tire of work.", " there is a lack of machines everywhere."])
def test_an_argument_does_not_speak_for_the_other_side(
    told: Lifeform, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    mouth(monkeypatch, [other, " machines never tire of work."] * 8)
    monkeypatch.setattr("engine.speech.debate.log_likelihood", lambda base, text, context: float("never" not in text))
    ear = Ear()
    debate(told, ear, "AI will replace artists", 1)
    assert ear.text.splitlines()[0].endswith("machines never tire of work.")


def test_a_question_is_argued_by_yes_and_no(told: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = mouth(monkeypatch, [argument for argument in ARGUMENTS for _ in range(8)])
    debate(told, Ear(), "Should we ban cars?", 1)
    assert "Should we ban cars? Name one reason to say yes" in asked[0]
    assert "Name one reason to say no" in asked[8]


def test_of_several_arguments_the_one_for_its_side_is_taken(told: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    mouth(monkeypatch, [" machines never tire of work.", " paint wants a human hand."] * 8)

    def log_likelihood(base: Any, text: str, context: str) -> float:
        assert not text.startswith(("One good", "But one"))
        return float(("machines" in text) == context.endswith("One good reason for it is that"))

    monkeypatch.setattr("engine.speech.debate.log_likelihood", log_likelihood)
    ear = Ear()
    debate(told, ear, "AI will replace artists", 1)
    assert [line.split()[-1] for line in ear.text.splitlines()] == ["work.", "hand."]


def test_an_argument_that_repeats_an_earlier_one_comes_last(told: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    again = " for a human hand it takes long and costs more rent than bread."
    first = " it takes long and costs a great deal."
    mouth(monkeypatch, [first] * 8 + [again, " paint smells better to everybody."] * 4)
    monkeypatch.setattr("engine.speech.debate.log_likelihood", lambda base, text, context: len(text) / 100)
    ear = Ear()
    debate(told, ear, "AI will replace artists", 1)
    assert ear.text.endswith("paint smells better to everybody.")


def test_no_argument_is_made_twice(told: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    mouth(monkeypatch, [" machines never tire of work."] * 15 + [" paint wants a human hand."])
    ear = Ear()
    debate(told, ear, "AI will replace artists", 1)
    assert [line.split()[-1] for line in ear.text.splitlines()] == ["work.", "hand."]


def test_a_stopped_debate_keeps_the_arguments_it_had(told: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = mouth(monkeypatch, [argument for argument in ARGUMENTS for _ in range(8)])
    ear = Ear()
    monkeypatch.setattr(ear, "cancelled", lambda: len(asked) > 9)
    answer = debate(told, ear, "AI will replace artists", 2)
    assert answer.stats.stop_reason == "stopped"
    kept = told.journal.last(1)[0].response
    assert kept.startswith("For: One good reason is that") and kept.endswith("machines never tire of work.")
