"""The gate's head is finished on adapters that stand still."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch

from engine.composition.bridge import Influence
from engine.composition.composition import Composition
from engine.composition.frozen import load_frozen
from engine.composition.scaffold import LoraSettings
from engine.composition.trained import copy_of_trained
from engine.learning.exercise import Exercise
from engine.learning.gate_training import finish_gate
from engine.learning.learner import Learner
from engine.learning.learners import learner_for

Rows = list[tuple[list[int], list[int], bool]]


def heed() -> None:
    """Never stops anything."""


@pytest.fixture(params=["llama", "gpt2"])
def learner(request: pytest.FixtureRequest, tiny_folders: dict[str, Path]) -> Learner:
    base = load_frozen("tiny", tiny_folders[request.param])
    modules = ("c_attn",) if request.param == "gpt2" else ("q_proj", "v_proj")
    return learner_for(Composition(base, base, (2, 3), LoraSettings(4, 8, 0.0, modules)), Influence(0.9), [1, 2])


def prompts(learner: Learner, seed: int, first: int) -> list[Exercise]:
    """Prompts of different lengths, of tokens from ``first`` on: by these the sides are told apart."""
    chance = random.Random(seed)
    tokens = range(first, first + 10)
    rows: Rows = [([*chance.choices(tokens, k=chance.randrange(2, 40)), 3], [], True) for _ in range(40)]
    return learner.prepare(rows, heed)


def opened(learner: Learner, rows: list[Exercise]) -> float:
    with torch.no_grad():
        return float((learner.gate.logits(*learner.states(rows)) > 0).float().mean())


def test_it_opens_where_it_should_in_wordings_it_never_saw(learner: Learner) -> None:
    before = copy_of_trained(learner.composition)
    finish_gate(learner, prompts(learner, 0, 10), prompts(learner, 1, 40), random.Random(0), heed)
    assert opened(learner, prompts(learner, 2, 10)) > 0.8
    assert opened(learner, prompts(learner, 3, 40)) < 0.2
    after = copy_of_trained(learner.composition)
    assert all(torch.equal(before[name], after[name]) == (not name.startswith("gate.")) for name in before)
    assert not any(parameter.requires_grad for parameter in learner.gate.parameters())


def test_a_head_whose_units_have_died_is_no_hindrance(learner: Learner) -> None:
    with torch.no_grad():
        learner.gate.head[0].bias.fill_(-1e4)
    finish_gate(learner, prompts(learner, 0, 10), prompts(learner, 1, 40), random.Random(0), heed)
    assert opened(learner, prompts(learner, 2, 10)) > 0.8
    assert opened(learner, prompts(learner, 3, 40)) < 0.2


def test_it_can_be_stopped_at_any_moment(learner: Learner) -> None:
    opening, shut = prompts(learner, 0, 10), prompts(learner, 1, 9)

    class Stopped(Exception):
        pass

    def after(count: int) -> None:
        left = [count]

        def stop() -> None:
            left[0] -= 1
            if left[0] < 0:
                raise Stopped

        with pytest.raises(Stopped):
            finish_gate(learner, opening, shut, random.Random(0), stop)
        assert not any(parameter.requires_grad for parameter in learner.gate.parameters())

    for count in (0, 3, 40):
        after(count)


def test_without_one_of_the_sides_it_is_left_alone(learner: Learner) -> None:
    before = copy_of_trained(learner.composition)
    finish_gate(learner, [], prompts(learner, 1, 40), random.Random(0), heed)
    finish_gate(learner, prompts(learner, 0, 10), [], random.Random(0), heed)
    after = copy_of_trained(learner.composition)
    assert all(torch.equal(before[name], after[name]) for name in before)
