"""What was said before is not said again, word for word."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.composition.dry import DontRepeat

SIZE = 50
BREAK = 49
_TOKENS = st.lists(st.integers(0, 7), max_size=60)


def lowered(said: list[int], multiplier: float = 1.0, now: Sequence[int] = ()) -> dict[int, float]:
    """By how much each token's logit falls after ``said``, and then ``now`` in the answer itself."""
    logits = torch.zeros(SIZE)
    dry = DontRepeat(said, {BREAK}, multiplier)
    for token in now:
        dry.push(token)
    fallen = -dry.penalised(logits)
    assert not logits.any(), "the raw logits are for the confidence"
    return {token: fallen[token].item() for token in range(SIZE) if fallen[token]}


def test_the_longer_the_repetition_the_less_likely_it_goes_on() -> None:
    said = [*range(10, 30), 1, 2]
    costs = [lowered([*said, *range(10, 10 + length)]).get(10 + length, 0.0) for length in range(1, 12)]
    assert costs[:4] == [0.0] * 4 and costs[4] == 1.0
    assert all(b == a * 1.75 for a, b in pairwise(costs[4:]))


def test_names_and_short_phrases_may_be_said_again() -> None:
    assert lowered([10, 11, 12, 13, 14, 1, 2, 10, 11, 12, 13]) == {}


def test_an_answer_may_repeat_less_of_itself_than_of_the_conversation() -> None:
    assert lowered([1], now=[10, 11, 12, 13, 2, 10, 11, 12]) == {13: 1.0}
    assert lowered([10, 11, 12, 13, 2], now=[10, 11, 12]) == {}


def test_what_was_said_twice_in_a_row_is_hardly_said_a_third_time() -> None:
    assert lowered([1], now=[10, 11, 12, 10, 11]) == {}
    assert lowered([1], now=[10, 11, 12, 10, 11, 12]) == {10: 1.75**2}
    assert lowered([1], now=[10, 11, 12, 2, 10, 11, 12]) == {2: 1.0}  # not in a row


def test_an_answer_begins_otherwise_than_the_one_before() -> None:
    said = DontRepeat([10, 11, 12, BREAK, 2], {BREAK}, 1.0, own=[[10, 11, 12], [11, 12]])
    said.push(10)
    said.push(11)
    assert (-said.penalised(torch.zeros(SIZE))).nonzero().flatten().tolist() == [12]
    said.push(12)
    assert not said.penalised(torch.zeros(SIZE)).any(), "what ends an answer is followed by nothing"


def test_nothing_repeats_across_a_break() -> None:
    assert lowered([10, 11, BREAK, 13, 14, 15, 1, 10, 11, BREAK, 13, 14]) == {}
    assert lowered([10, 11, 12, 13, 14, BREAK, 1, 10, 11, 12, 13, 14]) == {}, "a turn may end where one ended"


@settings(max_examples=200, deadline=None)
@given(_TOKENS, st.integers(0, 7))
def test_only_what_would_repeat_is_made_less_likely(said: list[int], multiplier: int) -> None:
    for token, fallen in lowered(said, float(multiplier)).items():
        tail = said[-5:]
        assert fallen > 0
        assert any(said[at : at + 5] == tail and said[at + 5 : at + 6] == [token] for at in range(len(said) - 5))
