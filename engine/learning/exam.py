"""The exam in the middle of a night: what is not yet known in new words is taught in these words, too.

A course ends after as many steps as its rows call for, whether or not each of them has sunk in: of twenty facts, one or
two may be left half learned. So late in the course the learner sits an exam, in wordings that it was not trained on and
with the right answers at hand (teacher forcing: one reading, no generation). What it would have said wrongly joins the
rows of the rest of the course; what it has mastered mostly sits that out.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import torch

from engine.learning.exercise import Exercise
from engine.learning.learner import Heed, Learner


@torch.no_grad()
def missed(learner: Learner, exam: Sequence[Exercise], heed: Heed) -> list[Exercise]:
    """The rows of ``exam`` whose answer would not be said word for word, going by the likeliest token at each place.

    Args:
        learner: Sits it.
        exam: Rows with answers.
        heed: Called often; raises to end it.
    """

    def sit(chosen: Sequence[int]) -> list[bool]:
        heed()
        rows = [exam[i] for i in chosen]
        _, real, cache = learner.read(rows)
        said = iter(learner.predict(rows, real, cache).argmax(-1).tolist())
        return [list(islice(said, len(row.answer))) == row.answer for row in rows]

    passed = learner.in_order([len(row.prompt) for row in exam], sit)
    return [row for row, right in zip(exam, passed, strict=True) if not right]
