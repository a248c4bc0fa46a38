"""The exam in a course, and what joins the course after it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from engine.composition.bridge import Influence
from engine.composition.composition import Composition
from engine.composition.frozen import load_frozen
from engine.composition.scaffold import LoraSettings
from engine.learning.exam import missed
from engine.learning.exercise import Exercise
from engine.learning.learner import Learner
from engine.learning.learners import learner_for
from engine.learning.trainer import Recipe, train


def heed() -> None:
    """Never stops anything."""


@pytest.fixture(params=["llama", "gpt2"])
def learner(request: pytest.FixtureRequest, tiny_folders: dict[str, Path]) -> Learner:
    base = load_frozen("tiny", tiny_folders[request.param])
    modules = ("c_attn",) if request.param == "gpt2" else ("q_proj", "v_proj")
    return learner_for(Composition(base, base, (2, 3), LoraSettings(4, 8, 0.0, modules)), Influence(0.9), [1, 2])


def rows(learner: Learner, seed: int, count: int = 12) -> list[Exercise]:
    chance = random.Random(seed)
    ids = range(10, 60)
    prompts = [chance.choices(ids, k=chance.randrange(3, 12)) for _ in range(count)]
    return learner.prepare([(prompt, chance.choices(ids, k=chance.randrange(1, 4)), True) for prompt in prompts], heed)


def test_an_exam_finds_what_would_not_be_said_word_for_word(learner: Learner) -> None:
    exam = rows(learner, 0)
    # What the learner says by itself cannot be missed; one token changed in it must be.
    said = learner.answers([row.prompt for row in exam], 3, heed, influence=True)
    right = learner.prepare([(row.prompt, reply.ids, True) for row, reply in zip(exam, said, strict=True)], heed)
    assert missed(learner, right, heed) == []
    other = [(*reply.ids[:-1], 9 + reply.ids[-1] % 7) for reply in said]
    wrong = learner.prepare([(row.prompt, ids, True) for row, ids in zip(exam, other, strict=True)], heed)
    mixed = [one for pair in zip(right, wrong, strict=True) for one in pair]
    assert {id(row) for row in missed(learner, mixed, heed)} == {id(row) for row in wrong}


def test_what_joins_a_course_is_learned_with_the_rest(learner: Learner) -> None:
    told, later = rows(learner, 1, 3), rows(learner, 2, 3)
    for step in train(learner, told, [], [], Recipe(steps=120, learning_rate=0.1, told=3), random.Random(0)):
        if step.number == 30:
            told += missed(learner, later, heed)
    assert all(row.cost < float("inf") for row in later)
    assert len(missed(learner, later, heed)) < len(later)
