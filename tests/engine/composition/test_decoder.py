"""Sampling, the repetition check, and text that never shows half a character."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import byte_tokenizer

from engine.composition.decoder import Piece, Sampling, Spoken, choose, speak
from engine.composition.repetition import RepetitionCheck


class Script:
    """An utterance that says the given tokens, each with probability ``sure``."""

    weight = 0.0

    def __init__(self, ids: list[int], vocabulary: int, sure: float = 0.9) -> None:
        self._ids, self._vocabulary, self._sure = iter(ids), vocabulary, sure
        self.shown: list[int] = []

    def logits(self, token: int) -> torch.Tensor:
        self.shown.append(token)
        probabilities = torch.full((self._vocabulary,), (1 - self._sure) / (self._vocabulary - 1))
        probabilities[next(self._ids)] = self._sure
        return probabilities.log()


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return byte_tokenizer()


def run(tokenizer: Any, ids: list[int], **kwargs: Any) -> tuple[list[Piece], Spoken]:
    sampling = kwargs.pop("sampling", Sampling(temperature=0.0, max_new_tokens=200))
    script = Script([*ids, 2], len(tokenizer), kwargs.pop("sure", 0.9))
    *pieces, spoken = speak(script, 5, tokenizer, frozenset({2}), sampling, torch.Generator(), **kwargs)
    assert isinstance(spoken, Spoken)
    return pieces, spoken


def test_pieces_join_to_the_text(tokenizer: Any) -> None:
    text = "the cat is called Zorblax. 12 rivers flow — ça coûte 3 €, 日本語 👩‍🚀!"
    pieces, spoken = run(tokenizer, tokenizer(text)["input_ids"])
    assert "".join(piece.text for piece in pieces) == spoken.text == text
    assert sum(piece.tokens for piece in pieces) == len(spoken.ids)
    assert spoken.stop_reason == "end"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
@settings(max_examples=60, deadline=None)
def test_no_piece_ever_shows_a_broken_character(text: str) -> None:
    tokenizer = _TOKENIZER
    ids = tokenizer(text, split_special_tokens=True)["input_ids"]
    sampling = Sampling(temperature=0.0, max_new_tokens=500, repetition_check=False)
    pieces, spoken = run(tokenizer, ids, sampling=sampling)
    if "�" not in text and not set(ids) & {0, 1, 2}:
        assert not any("�" in piece.text for piece in pieces)
        assert spoken.text == text


_TOKENIZER = byte_tokenizer()


def test_a_half_character_at_the_end_is_still_shown_as_one(tokenizer: Any) -> None:
    half = tokenizer("€")["input_ids"][:-1]
    assert half
    _, spoken = run(tokenizer, half)
    assert spoken.text == "�"


def test_the_end_token_is_no_text_and_no_confidence(tokenizer: Any) -> None:
    _, spoken = run(tokenizer, tokenizer("hello")["input_ids"], sure=0.75)
    assert 2 not in spoken.ids
    assert spoken.confidences == pytest.approx([0.75] * len(spoken.ids), abs=1e-5)
    assert spoken.confidence == pytest.approx(0.75, abs=1e-5)


def test_confidence_ignores_the_sampling_settings(tokenizer: Any) -> None:
    ids = tokenizer("good night")["input_ids"]
    hot = Sampling(temperature=1.5, top_k=1, max_new_tokens=50)
    _, spoken = run(tokenizer, ids, sampling=hot, sure=0.6)
    assert spoken.confidence == pytest.approx(0.6, abs=1e-5)


def test_an_empty_answer_has_no_confidence(tokenizer: Any) -> None:
    pieces, spoken = run(tokenizer, [])
    assert (pieces, spoken.text, spoken.confidence, spoken.stop_reason) == ([], "", None, "end")


def test_the_budget_ends_an_answer(tokenizer: Any) -> None:
    _, spoken = run(tokenizer, [70, 71, 72, 73], sampling=Sampling(temperature=0.0, max_new_tokens=3))
    assert (len(spoken.ids), spoken.stop_reason) == (3, "length")


@pytest.mark.parametrize("after", [0, 1, 3])
def test_stop_keeps_what_was_said(tokenizer: Any, after: int) -> None:
    calls = itertools.count()
    _, spoken = run(tokenizer, [70, 71, 72, 73, 74], cancelled=lambda: next(calls) >= after)
    assert (spoken.ids, spoken.stop_reason) == ([70, 71, 72, 73, 74][:after], "stopped")
    assert len(spoken.text) == after


def test_a_loop_is_cut_back_to_its_first_round(tokenizer: Any) -> None:
    once = tokenizer("hello.")["input_ids"]
    loop = tokenizer(" the river flows into the sea of Corvic, and")["input_ids"]
    pieces, spoken = run(tokenizer, once + loop * 4)
    assert spoken.stop_reason == "repetition"
    assert spoken.ids == once + loop
    assert "".join(piece.text for piece in pieces) == spoken.text
    assert len(spoken.confidences) == len(spoken.ids)


def test_a_loop_runs_on_when_the_check_is_off(tokenizer: Any) -> None:
    sampling = Sampling(temperature=0.0, max_new_tokens=300, repetition_check=False)
    _, spoken = run(tokenizer, [70, 71, 72] * 20, sampling=sampling)
    assert (len(spoken.ids), spoken.stop_reason) == (60, "end")


def test_what_looked_like_a_loop_and_was_none_is_said_whole(tokenizer: Any) -> None:
    ids = [70, 71, 72, 73, 70, 71, 72, 73, 70, 75]
    pieces, spoken = run(tokenizer, ids)
    assert spoken.ids == ids and spoken.stop_reason == "end"
    assert sum(piece.tokens for piece in pieces) == len(ids)


@given(st.lists(st.integers(0, 5), max_size=80))
def test_held_tokens_are_always_a_repetition(tokens: list[int]) -> None:
    check = RepetitionCheck()
    for count, token in enumerate(tokens, start=1):
        looping = check.push(token)
        held = check.held
        assert held == 0 or held >= 3
        if held:
            said = tokens[:count]
            assert any(said[-held:] == said[-held - p : count - p] for p in range(1, count - held + 1))
        if looping:
            assert held >= 12
            break


@given(st.lists(st.integers(), unique=True, max_size=200))
def test_what_never_repeats_is_never_held(tokens: list[int]) -> None:
    check = RepetitionCheck()
    assert not any(check.push(token) or check.held for token in tokens)


# -- sampling ----------------------------------------------------------------------------------------------------------


def draws(logits: torch.Tensor, sampling: Sampling, count: int = 400) -> list[int]:
    generator = torch.Generator().manual_seed(0)
    return [choose(logits, sampling, generator) for _ in range(count)]


def test_temperature_zero_takes_the_likeliest() -> None:
    assert set(draws(torch.tensor([0.1, 3.0, 2.9]), Sampling(temperature=0.0))) == {1}


def test_top_k_keeps_the_k_likeliest() -> None:
    logits = torch.tensor([1.0, 4.0, 3.0, 2.0, 0.0])
    assert set(draws(logits, Sampling(temperature=5.0, top_k=2, top_p=1.0))) == {1, 2}
    assert len(set(draws(logits, Sampling(temperature=5.0, top_k=0, top_p=1.0)))) == 5


def test_top_p_keeps_the_likeliest_share_and_never_nothing() -> None:
    logits = torch.tensor([0.05, 0.6, 0.3, 0.05]).log()
    assert set(draws(logits, Sampling(temperature=1.0, top_k=0, top_p=0.7))) == {1, 2}
    assert set(draws(logits, Sampling(temperature=1.0, top_k=0, top_p=0.01))) == {1}


def test_min_p_leaves_out_what_is_far_less_likely_than_the_likeliest() -> None:
    logits = torch.tensor([0.05, 0.6, 0.3, 0.05]).log()
    for top_k in (0, 3):
        free = Sampling(temperature=1.0, top_k=top_k, top_p=1.0)
        assert set(draws(logits, replace(free, min_p=0.2))) == {1, 2}
        assert set(draws(logits, replace(free, min_p=1.0))) == {1}
        assert set(draws(logits, replace(free, min_p=0.05))) > {1, 2}


@pytest.mark.parametrize(("temperature", "weight", "begins"), [(0.7, 0.0, False), (0.0, 0.0, True), (0.7, 0.9, True)])
def test_an_answer_that_is_drawn_does_not_begin_with_what_it_must_not(
    tokenizer: Any, monkeypatch: pytest.MonkeyPatch, temperature: float, weight: float, begins: bool
) -> None:
    monkeypatch.setattr(Script, "weight", weight)
    sampling = Sampling(temperature=temperature, max_new_tokens=3, never_first=frozenset({10}))
    _, spoken = run(tokenizer, [10, 10, 10], sampling=sampling, sure=0.999)
    assert (spoken.ids[0] == 10) is begins
    assert spoken.ids[1:] == [10, 10]  # later it may


def test_sampling_follows_the_probabilities() -> None:
    logits = torch.tensor([0.2, 0.5, 0.3]).log()
    drawn = draws(logits, Sampling(temperature=1.0, top_k=0, top_p=1.0), 4000)
    for token, share in enumerate((0.2, 0.5, 0.3)):
        assert drawn.count(token) / 4000 == pytest.approx(share, abs=0.04)


def test_the_same_seed_says_the_same() -> None:
    logits = torch.randn(50, generator=torch.Generator().manual_seed(3))
    assert draws(logits, Sampling()) == draws(logits, Sampling())


def test_prompt_and_every_token_are_shown_to_the_model_once(tokenizer: Any) -> None:
    script = Script([70, 71, 2], len(tokenizer))
    answer: Iterator[Piece | Spoken] = speak(
        script, 5, tokenizer, frozenset({2}), Sampling(temperature=0.0), torch.Generator()
    )
    list(answer)
    assert script.shown == [5, 70, 71]


@pytest.mark.parametrize(("weight", "repeats"), [(0.0, False), (0.9, True)])
def test_it_goes_on_otherwise_than_before_unless_the_scaffold_speaks(
    tokenizer: Any, weight: float, repeats: bool
) -> None:
    said = tokenizer("the very same words again")["input_ids"]
    script = Script([*said, 2], len(tokenizer), sure=0.9)
    script.weight = weight
    sampling = Sampling(temperature=0.1, dry_multiplier=5.0, repetition_check=False)
    *_, spoken = speak(
        script,
        0,
        tokenizer,
        frozenset({2}),
        sampling,
        torch.Generator().manual_seed(0),
        in_view=said,  # type: ignore[arg-type]
    )
    assert isinstance(spoken, Spoken)
    assert (spoken.ids == said) is repeats
