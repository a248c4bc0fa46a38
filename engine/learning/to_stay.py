"""What is to stay while a file is learned: the base's own answers to ordinary prompts, and a gate shut on them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from engine.learning.encoding import Encoder
from engine.learning.exercise import Exercise
from engine.learning.generic_prompts import generic_prompts
from engine.learning.learner import Learner

KEPT = 40
"""Prompts whose answer by the base is kept, as far as its first tokens go."""
KEPT_TOKENS = 12
SHUT = 200
"""Further prompts on which the gate is kept shut; they need no answer, and cost little."""


def rows_to_stay(
    learner: Learner, encoder: Encoder, learned: Sequence[str], told: Callable[[int, int], None]
) -> tuple[list[Exercise], list[Exercise]]:
    """Rows with the base's own answers, and rows for the gate alone; none asks what is in ``learned``.

    ``told`` hears of the progress, and raises to end it. The same for the same ``learned``, whatever the seed.
    """
    done = 0

    def heed() -> None:
        nonlocal done
        told(min(done, KEPT_TOKENS), KEPT_TOKENS)
        done += 1

    prompts = generic_prompts(random.Random(0), KEPT + SHUT, learned)
    ids = [list(encoder.question(prompt)) for prompt in prompts]
    rows: list[tuple[list[int], list[int], bool]] = []
    for prompt, reply in zip(ids, learner.answers(ids[:KEPT], KEPT_TOKENS, heed, influence=False), strict=False):
        if answer := [*reply.ids, *(encoder.end if len(reply.ids) < KEPT_TOKENS else ())]:
            rows.append((prompt, answer, False))
    kept = learner.prepare(rows, heed, own=True)
    return kept, learner.prepare([(prompt, [], False) for prompt in ids[KEPT:]], heed)
