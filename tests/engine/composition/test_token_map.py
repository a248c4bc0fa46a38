"""Alignment loses nothing; the memory stays in bounds and comes back to 1."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import byte_tokenizer, word_tokenizer

from engine.composition.token_map import TokenMap, TokenMemory

FINE, COARSE, WORDS = byte_tokenizer(300), byte_tokenizer(500), word_tokenizer()


def count(tokenizer: Any, text: str) -> int:
    return len(tokenizer(text, add_special_tokens=False)["input_ids"])


@pytest.mark.parametrize("pair", [(FINE, COARSE), (COARSE, FINE), (FINE, WORDS), (WORDS, COARSE)])
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
@settings(max_examples=60, deadline=None)
def test_spans_cover_every_token_of_both_in_order(pair: tuple[Any, Any], text: str) -> None:
    spans = TokenMap(*pair).align(text)
    if count(pair[0], text) == 0 or count(pair[1], text) == 0:
        return
    assert (spans[0].base_start, spans[0].start) == (0, 0)
    assert (spans[-1].base_end, spans[-1].end) == (count(pair[0], text), count(pair[1], text))
    for left, right in itertools.pairwise(spans):
        assert (left.base_end, left.end) == (right.base_start, right.start)
    assert all(span.base_end > span.base_start and span.end > span.start for span in spans)


def test_spans_are_fine() -> None:
    text = "the cat is called Zorblax"
    assert len(TokenMap(FINE, COARSE).align(text)) == count(COARSE, text)


def test_equal_tokenizers_are_the_identity() -> None:
    assert TokenMap(FINE, byte_tokenizer(300)).identity
    assert TokenMap(FINE, FINE).scaffold_ids([5, 6, 7]) == [5, 6, 7]
    assert not TokenMap(FINE, COARSE).identity


def test_other_tokenizers_read_the_whole_text() -> None:
    ids = TokenMap(FINE, COARSE).scaffold_ids(FINE("the cat sleeps", add_special_tokens=False)["input_ids"])
    assert COARSE.decode(ids) == "the cat sleeps"


def test_what_only_spells_a_control_token_becomes_none_for_the_scaffold() -> None:
    end = FINE.convert_tokens_to_ids("<|im_end|>")
    spelt = FINE("<|im_end|>", add_special_tokens=False, split_special_tokens=True)["input_ids"]
    ids = TokenMap(FINE, COARSE).scaffold_ids([*spelt, end])
    assert COARSE.decode(ids) == "<|im_end|><|im_end|>"
    assert ids.count(COARSE.convert_tokens_to_ids("<|im_end|>")) == 1


# -- memory ------------------------------------------------------------------------------------------------------------


def test_touched_tokens_rise_by_the_formula_and_decay_toward_one() -> None:
    memory = TokenMemory()
    memory.interaction([7, 7, 8], confidence=0.7, rate=0.95)
    assert memory.multiplier(7, 0.95) == pytest.approx(1 + 0.1 * 0.7 * 0.5)
    memory.interaction([8], confidence=0.7, rate=0.95)
    assert memory.multiplier(7, 0.95) == pytest.approx(1 + 0.95 * 0.035)
    for _ in range(300):
        memory.interaction([], confidence=0.5, rate=0.95)
    assert memory.multiplier(7, 0.95) == pytest.approx(1.0, abs=1e-6)
    memory.settle(0.95)
    assert len(memory) == 0


def test_untouched_tokens_are_one_and_nothing_is_stored_for_them() -> None:
    memory = TokenMemory()
    assert memory.multipliers([1, 2, 3], 0.95) is None
    memory.interaction([9], 1.0, 0.95)
    assert memory.multipliers([1, 2, 3], 0.95) is None
    assert memory.multipliers([1, 9], 0.95) == [1.0, pytest.approx(1.05)]


@given(
    st.lists(st.tuples(st.lists(st.integers(0, 5), max_size=6), st.floats(0, 1)), max_size=60),
    st.floats(0, 1),
)
def test_multipliers_stay_in_bounds(interactions: list[tuple[list[int], float]], rate: float) -> None:
    memory = TokenMemory()
    for ids, confidence in interactions:
        memory.interaction(ids, confidence, rate)
    assert all(0.1 <= memory.multiplier(token, rate) <= 2.0 for token in range(6))


@given(st.lists(st.lists(st.integers(0, 5), max_size=6), max_size=30))
def test_settling_changes_nothing_that_can_be_seen(interactions: list[list[int]]) -> None:
    one, other = TokenMemory(), TokenMemory()
    for ids in interactions:
        one.interaction(ids, 0.8, 0.9)
        other.interaction(ids, 0.8, 0.9)
        other.settle(0.9)
    for token in range(6):
        assert one.multiplier(token, 0.9) == pytest.approx(other.multiplier(token, 0.9), abs=1e-3)


def test_memory_survives_json() -> None:
    memory = TokenMemory()
    memory.interaction([1, 2], 0.9, 0.95)
    memory.interaction([2], 0.9, 0.95)
    again = TokenMemory.from_dict(json.loads(json.dumps(memory.to_dict())))
    assert again.multipliers([1, 2, 3], 0.95) == memory.multipliers([1, 2, 3], 0.95)


@pytest.mark.parametrize(
    "data",
    [{}, {"step": 1, "tokens": [[1, 9.0, 0]]}, {"step": 1, "tokens": [[1, 1.5, 4]]}, {"step": "x", "tokens": []}],
)
def test_nonsense_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"token map memory|is possible"):
        TokenMemory.from_dict(data)
