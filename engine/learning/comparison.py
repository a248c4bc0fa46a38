"""What the scaffold is worth: loss on the same held-out rows, the base alone against the composition.

Losses are means over rows of the mean cross-entropy per answer token, in nats; perplexity is the exponential of that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional

from engine.learning.encoding import Encoded
from engine.learning.exercise import Exercise
from engine.learning.learner import Heed, Learner


@dataclass(frozen=True, slots=True)
class Comparison:
    """Loss on the same held-out rows: the base alone, the composition with the gate open, and as it is used."""

    rows: int
    tokens: int
    base: float
    composition: float
    gated: float
    opened: float
    """Share of the rows for which the gate opens."""


@torch.no_grad()
def compare(learner: Learner, rows: Sequence[Encoded], batch_size: int, threshold: float, heed: Heed) -> Comparison:
    """Measure what the scaffold is worth on ``rows``, at least one; r below ``threshold`` closes the gate."""
    base: list[float] = []
    composition: list[float] = []
    opened: list[bool] = []

    def listen(chosen: Sequence[Encoded]) -> None:
        heed()
        exercises = learner.prepare([(row.prompt, row.answer, True) for row in chosen], heed, own=True)
        recognised, real, cache = learner.read(exercises)
        found = row_losses(learner.base_logits(exercises), exercises)
        composition.extend(row_losses(learner.predict(exercises, real, cache), exercises))
        base.extend(found)
        opened.extend((recognised.sigmoid() >= threshold).tolist())

    ordered = sorted(rows, key=lambda row: len(row.prompt) + len(row.answer))
    for start in range(0, len(ordered), batch_size):
        for _ in learner.training.each(ordered[start : start + batch_size], listen):
            pass
    gated = [ours if is_open else theirs for ours, theirs, is_open in zip(composition, base, opened, strict=True)]
    count = len(base)
    tokens = sum(len(row.answer) for row in rows)
    return Comparison(
        count, tokens, sum(base) / count, sum(composition) / count, sum(gated) / count, sum(opened) / count
    )


def row_losses(logits: torch.Tensor, exercises: Sequence[Exercise]) -> list[float]:
    """Mean cross-entropy per answer token of each row, from logits ``[answer tokens of all rows, vocabulary]``."""
    targets = torch.tensor([token for row in exercises for token in row.answer], device=logits.device)
    losses = functional.cross_entropy(logits, targets, reduction="none")
    return [float(part.mean()) for part in losses.split([len(row.answer) for row in exercises])]
