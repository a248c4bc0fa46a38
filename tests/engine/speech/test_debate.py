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


def test_each_side_of_a_debate_reads_and_answers_the_other(told: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = mouth(monkeypatch, [argument for argument in ARGUMENTS for _ in range(8)])
    ear = Ear()
    debate(told, ear, "Robots will replace artists.", 2)
    lines = ear.text.splitlines()
    assert lines[0].startswith('[Argument 1] "One good reason is that robots')
    granted = lines[0].partition("robots ")[2].rstrip('."').removeprefix("are ").removeprefix("can ")
    assert lines[1].startswith('[Rebuttal] "Robots may ') and f"{granted}, but they" in lines[1]
    assert lines[2].startswith('[Argument 2] "Still, another good reason is that robots')
    assert lines[3].startswith('[Rebuttal] "Robots may ')
    assert "Robots will replace artists. Name one reason for it" in asked[0]
    assert ARGUMENTS[0] in asked[8] and ARGUMENTS[1] in asked[16] and ARGUMENTS[2] in asked[24]
    assert ear.roles == ["for", "against"] * 2
    record = told.journal.last(1)[0]
    resting = told.temperament.score
    assert record.extra["stance_temperament"] == pytest.approx([resting + 0.2, resting - 0.2] * 2)
    assert [line.split(":")[0] for line in record.response.splitlines()] == ["For", "Against"] * 2
    assert all(one.closing == '"' for one in ear.of(Passage))
    assert {one.label for one in ear.of(Progress)} == {"arguing for", "arguing against"}


@pytest.mark.parametrize(
    ("subject", "good", "bad"),
    [
        ("Cats are better than dogs", "is that cats are more", "but dogs are more"),
        ("Footballers are brave", "is that footballers help", "but they can also be"),
        ("We should send people to Mars", "is that sending people to Mars helps", "but it costs"),
        ("Animals should not be kept in zoos", "is that keeping animals in zoos costs", "but it helps"),
        ("pineapple on pizza", "is that pineapple on pizza helps", "but it can also be"),
    ],
)
def test_how_it_is_argued_depends_on_what_it_is_about(
    told: Lifeform, monkeypatch: pytest.MonkeyPatch, subject: str, good: str, bad: str
) -> None:
    asked = mouth(monkeypatch, [argument for argument in ARGUMENTS for _ in range(8)])
    debate(told, Ear(), subject, 1)
    assert asked[0].endswith(good)
    assert asked[8].endswith(bad)


def test_what_cannot_be_granted_in_its_own_words_is_granted_all_the_same(
    told: Lifeform, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = " more than any old mill, farm, dam, road, shop, tower, harbour, bridge and garden we have."
    asked = mouth(monkeypatch, [" not only rest, but sleep without dreams."] * 8 + [long] * 8)
    debate(told, Ear(), "Will it ever rain again over the dry hills?", 1)
    assert asked[8].endswith("it costs") and ", but it costs" in asked[8]


@pytest.mark.parametrize("other", [" machines do not tire of work.", " people with a lack of machines."])
def test_an_argument_does_not_speak_for_the_other_side(
    told: Lifeform, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    mouth(monkeypatch, [other, " machines never tire of work."] * 8)
    monkeypatch.setattr("engine.speech.debate.log_likelihood", lambda base, text, context: float("never" not in text))
    ear = Ear()
    debate(told, ear, "Robots will replace artists", 1)
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
    debate(told, ear, "Robots will replace artists", 1)
    assert [line.split()[-1] for line in ear.text.splitlines()] == ["work.", "hand."]


def test_an_argument_that_repeats_an_earlier_one_comes_last(told: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    again = " for a human hand it takes long and costs more rent than bread."
    first = " it takes long and costs a great deal."
    mouth(monkeypatch, [first] * 8 + [again, " paint smells better to everybody."] * 4)
    monkeypatch.setattr("engine.speech.debate.log_likelihood", lambda base, text, context: len(text) / 100)
    ear = Ear()
    debate(told, ear, "Robots will replace artists", 1)
    assert ear.text.endswith("paint smells better to everybody.")


def test_no_argument_is_made_twice(told: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    mouth(monkeypatch, [" machines never tire of work."] * 15 + [" paint wants a human hand."])
    ear = Ear()
    debate(told, ear, "Robots will replace artists", 1)
    assert [line.rstrip('"').split()[-1] for line in ear.text.splitlines()] == ["work.", "hand."]


def test_an_argument_that_runs_on_ends_at_its_first_comma(told: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    running_on = (
        " paint pictures nobody has seen, " + ", ".join("and then more and more of them" for _ in range(6)) + "."
    )
    mouth(monkeypatch, [running_on] * 8)
    ear = Ear()
    debate(told, ear, "Robots will replace artists.", 1)
    assert ear.text.splitlines()[0].endswith(" paint pictures nobody has seen.")


def test_a_stopped_debate_keeps_the_arguments_it_had(told: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = mouth(monkeypatch, [argument for argument in ARGUMENTS for _ in range(8)])
    ear = Ear()
    monkeypatch.setattr(ear, "cancelled", lambda: len(asked) > 9)
    answer = debate(told, ear, "Robots will replace artists", 2)
    assert answer.stats.stop_reason == "stopped"
    kept = told.journal.last(1)[0].response
    assert kept.startswith("For: One good reason is that robots") and kept.endswith("machines never tire of work.")
