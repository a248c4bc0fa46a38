"""The exam in the middle of a night: what is not yet known in new words is taught in these words, too.

A course ends after as many steps as its rows call for, whether or not each of them has sunk in: of twenty facts, one or
two may be left half learned. So late in the course the learner sits an exam, in wordings that it was not trained on and
with the right answers at hand (teacher forcing: one reading, no generation). What it would have said wrongly joins the
rows of the rest of the course; what it has mastered mostly sits that out.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from engine.learning.exercise import Exercise
from engine.learning.learner import Heed, Learner

_AT_ONCE = 24


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
