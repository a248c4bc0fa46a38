"""The optimiser: batches, losses, schedule, and what to do when numbers go wrong.

Three kinds of rows share a step. *Told* rows carry what is to be learned: cross-entropy on the answer. *Kept* rows
carry the base's own answers to what was never told: the composition is held to the base's distribution by KL
divergence. *Gate* rows have no answer; they only teach the recognition gate to stay shut, and the adapters to let it
tell them apart. The head itself is finished afterwards, see :mod:`engine.learning.gate_training`.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional
from torch.optim.lr_scheduler import LambdaLR

from engine.learning.exercise import Exercise
from engine.learning.learner import Learner

_REVISED = 0.25
"""Chance of a mastered row to come up in a round."""


class LearningFailed(Exception):
    """The loss is not finite, or has run away; the text is one clear line."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train.

    Attributes:
        steps: Optimiser steps.
        learning_rate: Of the adapters, at its highest.
        gate_rate: Of the recognition gate.
        told: Told rows in a step.
        kept: Kept rows in a step.
        gate: Gate rows in a step.
        kept_weight: Weight of the KL divergence.
        gate_weight: Weight of the gate's loss.
        warmup: Steps until the rate is at its highest; from there it falls by a cosine to a tenth.
        clip: Largest norm of a step's gradient.
        mastered: A told row of which no token cost more when it was last seen, in nats, mostly sits out the next round.
    """

    steps: int
    learning_rate: float = 5e-3
    gate_rate: float = 1e-2
    told: int = 16
    kept: int = 2
    gate: int = 4
    kept_weight: float = 0.7
    gate_weight: float = 0.5
    warmup: int = 5
    clip: float = 1.0
    mastered: float = 0.1


@dataclass(frozen=True, slots=True)
class Step:
    """What one optimiser step came to."""

    number: int
    loss: float
    """Cross-entropy of the told rows' answers, nats per token."""
    drift: float
    """KL divergence on the kept rows, nats per token; 0 where a step had none."""
    gate_loss: float
    tokens: int
    """Answer tokens that were learned from."""


def train(
    learner: Learner,
    told: Sequence[Exercise],
    kept: Sequence[Exercise],
    gate: Sequence[Exercise],
    recipe: Recipe,
    chance: random.Random,
    weights: Sequence[float] | None = None,
) -> Iterator[Step]:
    """Train adapters and gate, one yielded :class:`Step` at a time; whoever iterates may pause or end it.

    Args:
        learner: What is trained.
        told: Rows to learn, at least one. Rows that are added meanwhile come up from the next round on.
        kept: Rows to keep the base's own answers on.
        gate: Rows to keep the gate shut on.
        recipe: How.
        chance: Orders the rows, and seeds what is dropped and disturbed.
        weights: How much each told row counts; 1 by default.

    Raises:
        LearningFailed: When a loss is not finite. The parameters are those after the step before.
    """
    optimizer, schedule = optimizer_for(learner, recipe)
    importance = {id(row): w for row, w in zip(told, weights or [1.0] * len(told), strict=True)}
    rounds = (
        _Rounds(told, recipe.told, chance, recipe.mastered),
        _Rounds(kept, recipe.kept, chance),
        _Rounds(gate, recipe.gate, chance),
    )
    try:
        for number in range(1, recipe.steps + 1):
            told_rows, kept_rows, gate_rows = (next(r) for r in rounds)
            with torch.random.fork_rng(), learner.dropping():
                torch.manual_seed(chance.getrandbits(31))
                step = accumulate(learner, told_rows, kept_rows, gate_rows, recipe, importance, number)
            descend(optimizer, schedule, recipe.clip, number)
            yield step
    finally:
        release(optimizer)


def optimizer_for(learner: Learner, recipe: Recipe) -> tuple[torch.optim.Optimizer, LambdaLR]:
    """AdamW over what is trained and its schedule; from now on all of it takes gradients, until :func:`release`."""
    head = list(learner.gate.parameters())
    for parameter in (*learner.parameters, *head):
        parameter.requires_grad_(True)
    optimizer = torch.optim.AdamW(
        [
            *({"params": some, "lr": share * recipe.learning_rate} for some, share in learner.groups),
            {"params": head, "lr": recipe.gate_rate},
        ],
        betas=(0.9, 0.99),
        weight_decay=0.0,
    )
    return optimizer, LambdaLR(optimizer, lambda step: _share(step, recipe))


def descend(optimizer: torch.optim.Optimizer, schedule: LambdaLR, clip: float, number: int) -> None:
    """Take the step that the accumulated gradients ask for, and clear them.

    Raises:
        LearningFailed: When they are not finite; the parameters are untouched.
    """
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    torch.nn.utils.clip_grad_norm_(parameters, clip, error_if_nonfinite=False)
    if any(p.grad is not None and not torch.isfinite(p.grad).all() for p in parameters):
        raise LearningFailed(f"the gradient stopped being finite at step {number}")
    optimizer.step()
    schedule.step()
    optimizer.zero_grad(set_to_none=True)


def release(optimizer: torch.optim.Optimizer) -> None:
    """Let go of gradients: the parameters are frozen again."""
    optimizer.zero_grad(set_to_none=True)
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.requires_grad_(False)


def _share(step: int, recipe: Recipe) -> float:
    rise = min(1.0, (step + 1) / max(1, recipe.warmup))
    return rise * (0.1 + 0.9 * 0.5 * (1.0 + math.cos(math.pi * step / recipe.steps)))


def accumulate(
    learner: Learner,
    told: list[Exercise],
    kept: list[Exercise],
    gate: list[Exercise],
    recipe: Recipe,
    importance: Mapping[int, float],
    number: int,
    scale: float = 1.0,
) -> Step:
    """Add the gradients of some rows to those that are there.

    Args:
        learner: What is trained.
        told: Rows to learn.
        kept: Rows to keep the base's own answers on.
        gate: Rows to keep the gate shut on.
        recipe: The losses' weights.
        importance: How much each told row counts, by its ``id``; 1 by default.
        number: Of the step, for what is said when it fails.
        scale: Share of these rows in the step that they are a part of.

    Raises:
        LearningFailed: When a loss is not finite.
    """
    loss = drift = gate_loss = 0.0
    tokens = 0
    shut = len(kept) + len(gate)
    for rows in (told, kept):
        if not rows:
            continue
        recognised, real, cache = learner.read(rows)
        logits = learner.predict(rows, real, cache)
        counts = torch.tensor([len(row.answer) for row in rows])
        row_of = torch.repeat_interleave(torch.arange(len(rows)), counts).to(logits.device)
        share = torch.cat([_shares(row) for row in rows]).to(logits.device) / len(rows)
        if rows is told:
            targets = torch.tensor([token for row in rows for token in row.answer], device=logits.device)
            weight = torch.tensor([importance.get(id(row), 1.0) for row in rows], device=logits.device)[row_of]
            costs = functional.cross_entropy(logits, targets, reduction="none")
            content = (costs * share * weight).sum()
            for row, of_tokens in zip(rows, costs.detach().split(counts.tolist()), strict=True):
                row.cost = float(of_tokens.max())
            loss, tokens = float(content.detach()), int(counts.sum())
            goal = torch.ones_like(recognised)
            heeded = torch.tensor([float(row.gated) for row in rows], device=recognised.device)
            open_loss = (_gate_loss(recognised, goal) * heeded).sum() / heeded.sum().clamp(min=1)
            part = content + recipe.gate_weight * open_loss
        else:
            before = learner.base_logits(rows).log_softmax(-1)
            divergence = (before.exp() * (before - logits.log_softmax(-1))).sum(-1)
            content = (divergence * share).sum()
            drift = float(content.detach())
            goal = torch.zeros_like(recognised)
            shut_loss = _gate_loss(recognised, goal).sum() / shut
            part = recipe.kept_weight * content + recipe.gate_weight * shut_loss
        gate_loss += float(_gate_loss(recognised.detach(), goal).mean())
        if not math.isfinite(float(part.detach())):
            raise LearningFailed(f"the loss stopped being finite at step {number}")
        (scale * part).backward()
    if gate:
        recognised, _, _ = learner.read(gate)
        shut_loss = _gate_loss(recognised, torch.zeros_like(recognised)).sum() / shut
        (scale * recipe.gate_weight * shut_loss).backward()
        gate_loss += float(shut_loss.detach())
    return Step(number, loss, drift, gate_loss, tokens)


def _shares(row: Exercise) -> torch.Tensor:
    """What part of a row's loss each of its answer tokens makes up, ``[A]``, summing to 1."""
    stress = torch.ones(len(row.answer)) if row.stress is None else row.stress
    return stress / stress.sum()


def _gate_loss(logits: torch.Tensor, goal: torch.Tensor) -> torch.Tensor:
    return functional.binary_cross_entropy_with_logits(logits, goal, reduction="none")


class _Rounds:
    """Endless batches: every row once a round, rows of like length together, in ever new order.

    Rows that are mastered sit out three rounds of four, drawn by chance: what is not yet known comes up the more often.
    """

    def __init__(self, rows: Sequence[Exercise], size: int, chance: random.Random, mastered: float = 0.0) -> None:
        self._rows, self._size, self._chance, self._mastered = rows, size, chance, mastered
        self._batches: list[list[Exercise]] = []

    def __next__(self) -> list[Exercise]:
        if not self._rows or not self._size:
            return []
        if not self._batches:
            chance = self._chance
            due = [row for row in self._rows if row.cost >= self._mastered or chance.random() < _REVISED]
            rows = sorted(due or self._rows, key=lambda row: len(row.prompt) + chance.random() * 4)
            self._batches = [rows[i : i + self._size] for i in range(0, len(rows), self._size)]
            chance.shuffle(self._batches)
        return self._batches.pop()
