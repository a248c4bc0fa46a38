"""The recognition gate's head, finished when the adapters have settled.

While the adapters move, the head runs after them, and a step has room for few prompts. Once they stand still, what they
make of a prompt is computed once, and the head can go over a thousand prompts hundreds of times in seconds. It starts
anew each time: while it runs after the adapters at a high rate, its units die one by one (51 of 64 in a first night),
and after a few nights on the same head the gate would open for nothing any more.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch
from torch.nn import functional

from engine.learning.exercise import Exercise
from engine.learning.learner import Heed, Learner

_STEPS = 600
_BATCH = 64
"""Half of it prompts at which the gate is to open, half such at which it is to stay shut."""
_RATE = 3e-3
_DECAY = 0.01


def finish_gate(
    learner: Learner, opening: Sequence[Exercise], shut: Sequence[Exercise], chance: random.Random, heed: Heed
) -> None:
    """Teach the gate to open at ``opening`` and stay shut at ``shut``; the adapters are left alone.

    Args:
        learner: Reads the prompts; its gate is trained.
        opening: What was told, asked in every way there is.
        shut: What was not.
        chance: Draws the batches.
        heed: Called often; raises to end it.
    """
    if not opening or not shut:
        return
    sides = [_states(learner, rows, heed) for rows in (opening, shut)]
    gate = learner.gate
    gate.renew(chance.getrandbits(31))
    optimizer = torch.optim.AdamW(gate.parameters(), lr=_RATE, weight_decay=_DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / _STEPS)
    goal = torch.tensor([1.0, 0.0], device=learner.device).repeat_interleave(_BATCH // 2)
    gate.requires_grad_(True)
    try:
        for _ in range(_STEPS):
            heed()
            drawn = [states for side in sides for states in chance.choices(side, k=_BATCH // 2)]
            loss = functional.binary_cross_entropy_with_logits(gate.logits(*_padded(drawn)), goal)
            loss.backward()
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
    finally:
        gate.requires_grad_(False)


@torch.no_grad()
def _states(learner: Learner, rows: Sequence[Exercise], heed: Heed) -> list[torch.Tensor]:
    """The scaffold's final states of each row's prompt, ``[P, hidden]`` in half precision."""

    def read(chosen: Sequence[int]) -> list[torch.Tensor]:
        heed()
        final, real = learner.states([rows[i] for i in chosen])
        return [states[kept].bfloat16() for states, kept in zip(final, real, strict=True)]

    return learner.in_order([len(row.prompt) for row in rows], read)


def _padded(rows: Sequence[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """States ``[rows, P, hidden]``, padded on the left, and which positions are real ``[rows, P]``."""
    width = max(len(row) for row in rows)
    states = torch.zeros(len(rows), width, rows[0].shape[1], device=rows[0].device)
    real = torch.zeros(len(rows), width, dtype=torch.bool, device=rows[0].device)
    for index, row in enumerate(rows):
        states[index, width - len(row) :] = row.float()
        real[index, width - len(row) :] = True
    return states, real
