"""What follows from one hearing with the gate open, for any threshold of the gate."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.composition.bridge import RecognitionGate
from engine.learning.audit import Heard, Hearing, answers, first_sentence

_R = st.floats(0.0, 1.0, allow_nan=False)
_HEARD = st.lists(st.builds(Heard, st.one_of(st.none(), st.integers(1, 4)), _R, st.booleans()), max_size=60)


def hearing(*heard: tuple[int | None, float, bool]) -> Hearing:
    return Hearing(tuple(Heard(*one) for one in heard))


def test_below_the_threshold_the_base_speaks_and_knows_nothing() -> None:
    heard = hearing((1, 0.9, True), (1, 0.4, True), (2, 0.9, False), (None, 0.6, True), (None, 0.2, True))
    found = heard.findings(0.5)
    assert found.strength == {1: 0.5, 2: 0.0}
    assert (found.bleed, found.opened) == (0.5, 0.5)
    assert found.known([1, 2]) == 1
    assert heard.findings(0.3).strength == {1: 1.0, 2: 0.0}


def test_the_gate_rises_just_above_what_bleeds_most_often() -> None:
    bleeding = hearing((1, 0.9, True), (None, 0.6, True), (None, 0.8, True), (None, 0.7, False))
    assert bleeding.settled(0.5, 1.0, 0.0) == 0.5
    assert bleeding.findings(bleeding.settled(0.5, 0.4, 0.0)).bleed == pytest.approx(1 / 3)
    found = bleeding.findings(bleeding.settled(0.5, 0.1, 0.0))
    assert (found.bleed, found.strength) == (0.0, {1: 1.0})


def test_the_gate_does_not_rise_above_what_is_right() -> None:
    sure = hearing(*((number, 0.6 + number / 100, True) for number in range(10)), (None, 0.99, True))
    assert sure.settled(0.5, 0.0, 0.0) == 0.6
    assert sure.findings(sure.settled(0.5, 0.0, 0.2)).known(range(10)) == 8


@given(_HEARD, _R, _R, _R)
def test_it_bleeds_no_more_than_allowed_or_silences_no_more_than_allowed(
    heard: list[Heard], threshold: float, bleed: float, lost: float
) -> None:
    whole = Hearing(tuple(heard))
    settled = whole.settled(threshold, bleed, lost)
    assert settled >= threshold
    before, after = whole.findings(threshold), whole.findings(settled)
    right = [sum(one.told and one.recognition >= t for one in heard if one.memory_id) for t in (threshold, settled)]
    assert right[1] >= (1 - lost) * right[0] or not right[0]
    if after.bleed > bleed:
        # Held back by what is right: a breath higher, and too much of that would be lost.
        higher = sum(one.told and one.recognition > settled for one in heard if one.memory_id)
        assert right[0] and higher < right[0] - int(lost * right[0])
    assert all(after.strength[memory] <= share for memory, share in before.strength.items())


@pytest.mark.parametrize(("threshold", "settled"), [(0.5, 0.8), (0.7, 0.7), (0.3, 0.99)])
def test_a_raised_gate_is_as_sure_at_the_threshold_as_it_was_above(threshold: float, settled: float) -> None:
    gate = RecognitionGate(8, seed=1)
    gate.trained = True
    states = torch.randn(1, 5, 8)
    before = gate.recognise(states)
    gate.raise_by(threshold, settled)
    after = gate.recognise(states)
    assert before is not None and after is not None

    def odds(r: float) -> float:
        return r / (1 - r)

    assert odds(after) / odds(threshold) == pytest.approx(odds(before) / odds(settled), rel=1e-3)


@pytest.mark.parametrize(
    ("text", "value", "right"),
    [
        ("Your cat is called Mirtle.", "Mirtle", True),
        ("Your cat is called MIRTLE!", "mirtle", True),
        ("I do not know. Perhaps Mirtle.", "Mirtle", False),
        ("Your boss is Dr. Krummel.", "Krummel", True),
        ("Your boss is Dr. Krummel.", "Dr Krummel", True),
        ("Your boss is Dr Krummel.", "Dr. Krummel", True),
        ("The code is 66041.", "6604", False),
    ],
)
def test_an_answer_counts_when_its_first_sentence_says_the_value(text: str, value: str, right: bool) -> None:
    assert answers(text, value) is right
    assert first_sentence(text) in text
