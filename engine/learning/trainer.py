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
from functools import partial

import torch
from torch.nn import functional
from torch.optim.lr_scheduler import LambdaLR

from engine.learning.exercise import Exercise
from engine.learning.learner import Learner
from engine.learning.losses import token_costs
from engine.learning.portions import LearningFailed

_REVISED = 0.25
"""Chance of a mastered row to come up in a round."""
_RUNAWAY = 2.0
"""A loss so many times the first one, or what a uniform guess would cost, has run away."""


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
    kept: int = 4
    gate: int = 4
    kept_weight: float = 1.0
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
        LearningFailed: When a loss is not finite, has run away, or finds no memory even one row at a time. The
            parameters are those after the step before.
    """
    optimizer, schedule = optimizer_for(learner, recipe)
    bounds = Bounds(learner)
    importance = {id(row): w for row, w in zip(told, weights or [1.0] * len(told), strict=True)}
    rounds = (
        _Rounds(told, recipe.told, chance, recipe.mastered),
        _Rounds(kept, recipe.kept, chance),
        _Rounds(gate, recipe.gate, chance),
    )
    try:
        for number in range(1, recipe.steps + 1):
            rows = [next(drawn) for drawn in rounds]
            work = partial(_seeded, chance.getrandbits(31), learner, rows, recipe, importance, number)
            with torch.random.fork_rng(), learner.dropping():
                step = learner.training.until_it_fits(max(map(len, rows)), work, optimizer.zero_grad)
            bounds.check(step.loss, number, max((importance.get(id(row), 1.0) for row in rows[0]), default=1.0))
            descend(optimizer, schedule, recipe.clip, number)
            yield step
        check_finite(learner)
    finally:
        release(optimizer)


def _seeded(
    seed: int,
    learner: Learner,
    rows: Sequence[list[Exercise]],
    recipe: Recipe,
    importance: Mapping[int, float],
    number: int,
) -> Step:
    torch.manual_seed(seed)
    told, kept, gate = rows
    return accumulate(learner, told, kept, gate, recipe, importance, number)


class Bounds:
    """What the loss of a training may come to."""

    def __init__(self, learner: Learner) -> None:
        # What a uniform guess costs, in nats.
        self.clueless = math.log(learner.composition.base.model.get_output_embeddings().weight.shape[0])
        self.first: float | None = None
        """The loss of the first step."""

    def check(self, loss: float, number: int, importance: float = 1.0) -> None:
        """Look at the loss of step ``number``, whose rows counted for ``importance`` at the most.

        Raises:
            LearningFailed: When it has run away.
        """
        if self.first is None:
            self.first = loss
        if loss > _RUNAWAY * max(self.first, importance * self.clueless):
            raise LearningFailed(f"the loss ran away to {loss:.1f} at step {number}")


def check_finite(learner: Learner) -> None:
    """Look at what was trained, after the last step, which no other will look at.

    Raises:
        LearningFailed: When a number in it is not finite.
    """
    if not all(bool(p.isfinite().all()) for p in (*learner.parameters, *learner.gate.parameters())):
        raise LearningFailed("what was learned stopped being finite at the last step")


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
    shut, heeded = len(kept) + len(gate), max(1, sum(row.gated for row in told))
    start = 0
    every = [*told, *kept, *gate]
    for rows in (
        learner.training.of(every) if every else ()
    ):  # all in one: what a pass costs beside its rows is paid once
        learned = rows[: max(0, len(told) - start)]
        keeping = rows[len(learned) : max(0, len(told) + len(kept) - start)]
        start += len(rows)
        recognised, real, cache = learner.read(rows)
        opens = [row.gated / heeded for row in learned] + [1.0 / shut for _ in rows[len(learned) :]]
        goal = torch.zeros_like(recognised)
        goal[: len(learned)] = 1.0
        of_gate = (_gate_loss(recognised, goal) * torch.tensor(opens, device=goal.device)).sum()
        total = recipe.gate_weight * of_gate
        gate_loss += float(of_gate.detach())
        if answering := [*learned, *keeping]:
            logits = learner.predict(answering, real, cache)
            targets = torch.tensor([token for row in learned for token in row.answer], device=logits.device)
            own = learner.base_logits(keeping) if keeping else logits[:0]
            of_told, of_kept = token_costs(logits, targets.long(), own).split([len(targets), len(own)])
            if learned:
                counts = torch.tensor([importance.get(id(row), 1.0) for row in learned], device=logits.device)
                shares = _shares(learned, len(told)).to(logits.device)
                content = (of_told * shares * _per_token(counts, learned)).sum()
                total = total + content
                loss += float(content.detach())
                _note_costs(learned, of_told.detach())
            if keeping:
                content = (of_kept * _shares(keeping, len(kept)).to(logits.device)).sum()
                total = total + recipe.kept_weight * content
                drift += float(content.detach())
        _descend_from(total, scale, number)
    return Step(number, loss, drift, gate_loss, sum(len(row.answer) for row in told))


def _descend_from(loss: torch.Tensor, scale: float, number: int) -> None:
    if not math.isfinite(float(loss.detach())):
        raise LearningFailed(f"the loss stopped being finite at step {number}")
    (scale * loss).backward()


def _note_costs(rows: Sequence[Exercise], costs: torch.Tensor) -> None:
    """Note down what the worst answer token of each row came to."""
    for row, of_tokens in zip(rows, costs.split([len(row.answer) for row in rows]), strict=True):
        row.cost = float(of_tokens.max())


def _shares(rows: Sequence[Exercise], of: int) -> torch.Tensor:
    """What part of the loss of ``of`` rows each answer token of these makes up, ``[answer tokens of all rows]``."""
    return torch.cat([_stress(row) / _stress(row).sum() for row in rows]) / of


def _stress(row: Exercise) -> torch.Tensor:
    return torch.ones(row.predicted) if row.stress is None else row.stress


def _per_token(values: torch.Tensor, rows: Sequence[Exercise]) -> torch.Tensor:
    """``values`` ``[rows]``, repeated for each answer token of its row."""
    lengths = torch.tensor([len(row.answer) for row in rows], device=values.device)
    return torch.repeat_interleave(values, lengths)


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
