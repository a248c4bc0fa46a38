"""Which text goes with which context, as the base has it."""

from __future__ import annotations

import math

import pytest
import torch
from lives import Ear, marks

from engine.lifeform import Lifeform
from engine.speech.likelihood import affinity, log_likelihood, log_probability
from engine.speech.naming import in_a_sentence


def test_it_is_the_mean_over_the_tokens_of_the_text(life: Lifeform) -> None:
    base = life.composed.base
    before, after = (base.tokenizer(text, add_special_tokens=False)["input_ids"] for text in ("the sea", " is wide"))
    with torch.inference_mode():
        logits = base.model(input_ids=torch.tensor([[*before, *after]])).logits[0].float().log_softmax(-1)
    expected = sum(float(logits[len(before) - 1 + at, id]) for at, id in enumerate(after)) / len(after)
    for _ in range(2):  # its context is read once
        assert log_likelihood(base, "is wide", "the sea") == pytest.approx(expected, abs=1e-5)
        assert log_probability(base, "is wide", "the sea") == pytest.approx(expected * len(after), abs=1e-4)
        log_likelihood(base, "is wider than a dog", "the sea")


def test_affinity_is_likely_here_and_less_so_there(life: Lifeform) -> None:
    base = life.composed.base
    here, there = (log_likelihood(base, "is wide", context) for context in ("the sea", "a dog"))
    assert affinity(base, "is wide", "the sea", "a dog") == pytest.approx(here - 0.8 * there)


@pytest.mark.parametrize("text", ["", "   "])
def test_nothing_is_not_likely(life: Lifeform, text: str) -> None:
    assert affinity(life.composed.base, text, "the sea", "a dog") == log_likelihood(life.composed.base, text, "x")
    assert log_likelihood(life.composed.base, text, "the sea") == -math.inf
    assert log_probability(life.composed.base, text, "the sea") == -math.inf


def test_a_lone_word_has_an_article_where_one_would_rather_read_it(
    life: Lifeform, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def log_probability(base: object, text: str, context: str) -> float:
        asked.append(text)
        return float(("the train" in text) or ("the milk" not in text and "milk" in text))

    monkeypatch.setattr("engine.speech.naming.log_probability", log_probability)
    named = [in_a_sentence(life.composed.base, topic) for topic in ("train", "milk")]
    assert named == ["the train", "milk"] and asked
    asked.clear()
    plain = ("your cat", "Lisbon", "trains", "the rings of Saturn")
    assert tuple(in_a_sentence(life.composed.base, topic) for topic in plain) == plain and not asked


def test_asking_leaves_no_mark(life: Lifeform) -> None:
    life.chat(Ear(), "hello")
    before, read = marks(life), list(life.composed._base_reading.ids)
    log_likelihood(life.composed.base, "is wide <|im_end|>", "the sea " * 2000)
    assert marks(life) == before and life.composed._base_reading.ids == read
