"""What a learner takes and gives: rows that are ready to be trained on, and answers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(slots=True)
class Exercise:
    """One row, ready to be trained on: its tokens, and everything frozen about it.

    Attributes:
        prompt: Token ids behind the preamble.
        answer: Token ids of the answer, the end token included; empty where only the gate is taught.
        told: Whether the gate should open.
        gated: Whether it is for the gate to learn from during training.
        states: Hidden states below the scaffold's first layer for all prompt tokens but the last, ``[P - 1, hidden]``.
        answer_states: The same for the last prompt token and all answer tokens but the last, ``[A, hidden]``.
        keys_values: The base's own for the prompt, ``[layers, 2, kv heads, P - 1, head_dim]``.
        final: The base's final hidden states where it would predict the answer, ``[A, hidden]``; only kept for rows
            whose answer is the base's own.
        places: Those answer tokens at which it is predicted, in order; all when None.
        stress: How much each answer token counts, ``[A]``; all alike when None.
        noise: How much its states are disturbed whenever it is trained on, in units of their root mean square.
        spoken: What the scaffold reads of the prompt, in its own tokens; in key–value form they are the base's.
        cost: What the least expected token of its answer cost when it was last trained on, in nats.
    """

    prompt: list[int]
    answer: list[int]
    told: bool
    states: torch.Tensor
    answer_states: torch.Tensor | None = None
    keys_values: torch.Tensor | None = None
    final: torch.Tensor | None = None
    places: list[int] | None = None
    stress: torch.Tensor | None = None
    noise: float = 0.0
    spoken: list[int] | None = None
    cost: float = math.inf
    gated: bool = True

    def predict_only(self, places: Sequence[int]) -> None:
        """Compare it with the base at these answer tokens alone: the vocabulary costs more than all layers do."""
        self.places = list(places)
        if self.final is not None:
            self.final = self.final[self.places]

    @property
    def predicted(self) -> int:
        """How many answer tokens are predicted."""
        return len(self.answer if self.places is None else self.places)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of :meth:`Learner.answers`."""

    text: str
    ids: tuple[int, ...]
    confidence: float
    recognition: float


def replies(
    tokenizer: Any, said: Sequence[Sequence[int]], sure: Sequence[Sequence[float]], recognised: torch.Tensor
) -> list[Reply]:
    """Answers from their tokens ``said``, how sure each of these was, and r of each prompt ``[rows]``."""
    return [
        Reply(
            tokenizer.decode(ids, skip_special_tokens=True),
            tuple(ids),
            sum(shares) / len(shares) if shares else 0.0,
            float(r),
        )
        for ids, shares, r in zip(said, sure, recognised, strict=True)
    ]


def disturbed(row: Exercise) -> torch.Tensor:
    """What the scaffold reads of a row, ``[P - 1, hidden]``: a dreamt one is never twice the same in training.

    Noise on what is read keeps it from learning a wording by heart; after NEFTune (Jain et al., 2023), but on the
    states above the trunk instead of on embeddings.
    """
    if not row.noise or not torch.is_grad_enabled():
        return row.states
    scale = row.noise * row.states.float().square().mean().sqrt()
    return row.states + scale * torch.randn_like(row.states)
