"""Revision: what is not yet known in new words is gone over once more before the audit.

A course ends after as many steps as its rows call for, whether or not each of them has sunk in: of twenty facts, one or
two may be left half learned. So the learner sits an exam, in wordings that it was not trained on and with the right
answers at hand (teacher forcing: one reading, no generation). What it would have said wrongly is then taught a little
longer, in those very wordings, among rows of all that it knows, which it must not lose over it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace

import torch

from engine.learning.exercise import Exercise
from engine.learning.learner import Heed, Learner
from engine.learning.trainer import Recipe

_AT_ONCE = 24
_ROUNDS = 4
"""How often what went wrong is gone over."""
_MOST = 0.25
"""Of the steps of the course."""
_RATE = 0.4
"""Of its learning rate."""


@torch.no_grad()
def missed(learner: Learner, exam: Sequence[Exercise], heed: Heed) -> list[Exercise]:
    """The rows of ``exam`` whose answer would not be said word for word, going by the likeliest token at each place.

    Args:
        learner: Sits it.
        exam: Rows with answers.
        heed: Called often; raises to end it.
    """
    wrong: list[Exercise] = []
    order = sorted(exam, key=lambda row: len(row.prompt))
    for start in range(0, len(order), _AT_ONCE):
        heed()
        rows = order[start : start + _AT_ONCE]
        _, real, cache = learner.read(rows)
        said = learner.predict(rows, real, cache).argmax(-1).tolist()
        for row in rows:
            own, said = said[: len(row.answer)], said[len(row.answer) :]
            if own != row.answer:
                wrong.append(row)
    return wrong


def revision(
    wrong: Sequence[Exercise], told: Sequence[Exercise], recipe: Recipe, chance: random.Random
) -> tuple[list[Exercise], Recipe]:
    """What is gone over again, and how: the rows that went wrong, and as many drawn from all that was told."""
    rows = [*wrong, *chance.sample(list(told), min(len(told), len(wrong)))]
    steps = min(math.ceil(_ROUNDS * len(rows) / recipe.told), round(_MOST * recipe.steps))
    return rows, replace(recipe, steps=max(1, steps), learning_rate=_RATE * recipe.learning_rate)
