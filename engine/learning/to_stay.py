"""What is to stay while something is learned: the base's own answers to ordinary prompts, how prose goes on, and a gate
shut on all of them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from engine.composition.prompt import Turn
from engine.learning.dataset import Row
from engine.learning.encoding import Encoder
from engine.learning.exercise import Exercise
from engine.learning.generic_prompts import continued_prose, generic_prompts
from engine.learning.learner import Learner

KEPT = 40
"""Prompts whose answer by the base is kept, as far as its first tokens go."""
KEPT_TOKENS = 12
PASSAGES = 12
"""Passages of which it is kept how they go on."""
PASSAGE_TOKENS = 64
"""Tokens of a passage's second part: the language is to stay beyond the first words of an answer, too."""
_STRIDE = 4
"""Every so many-th of these is compared with the base; the rest is only read."""
SHUT = 200
"""Further prompts on which the gate is kept shut; they need no answer, and cost little."""


def compare_sparsely(passages: Sequence[Exercise]) -> None:
    """Compare ``passages`` with the base at some of their tokens, each at others."""
    for number, passage in enumerate(passages):
        passage.predict_only(range(number % _STRIDE, len(passage.answer), _STRIDE))


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
    answers = len(rows)
    for shown, further in continued_prose(random.Random(0), PASSAGES):
        if passage := encoder.encode(Row((Turn("user", shown),), further)):
            rows.append((list(passage.prompt), list(passage.answer[:PASSAGE_TOKENS]), False))
    kept = learner.prepare(rows, heed, own=True)
    compare_sparsely(kept[answers:])
    return kept, learner.prepare([(prompt, [], False) for prompt in ids[KEPT:]], heed)
