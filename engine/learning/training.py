"""Training in epochs, for the ``train`` command: many rows, some of them held out, early stop, going on after a stop.

Sleep learns a day's few facts in a fixed number of steps (:mod:`engine.learning.trainer`); here are any number of
rows, seen several times. Both share losses, optimiser and step. Where a course stands is all in tensors and a few
numbers, and every random choice is a function of the seed and the step's number, so one that was interrupted at any
step goes on bit for bit as if it had not been.

Several processes (``accelerate launch``, on CPUs ``torchrun``) may go through one course together: each computes its
share of a step's batches, the gradients are added up, and all take the same step.

Losses are means over rows of the mean cross-entropy per answer token, in nats; perplexity is the exponential of that.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from functools import partial
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import reduce

from engine.learning.comparison import row_losses
from engine.learning.encoding import Encoded
from engine.learning.epoch_batches import Batches, Store
from engine.learning.exercise import Exercise
from engine.learning.learner import Heed, Learner
from engine.learning.portions import LearningFailed
from engine.learning.tensors import copies, put_back
from engine.learning.trainer import Bounds, Recipe, accumulate, check_finite, descend, optimizer_for, release

LEAST_PLASTICITY = 0.1
"""What a row counts at the least, however old the learner."""

_WARMUP = 5
"""Steps until the rate is at its highest; fewer in a course of less than 25."""


def plasticity(life: float, curve: str) -> float:
    """How much a row to be learned counts, in [0.1, 1], against what is to stay: lifecycle weighting.

    1 until the capacity is full (x = E / C = 1); from there it falls as influence does, in a straight line with
    ``sigmoid_linear`` and by exp(1 − x) with ``exponential``, so the old hold on to what they know. It never reaches 0:
    an elder that is taught still learns.
    """
    over = max(0.0, life - 1.0)
    share = 1.0 - over if curve == "sigmoid_linear" else math.exp(-over)
    return max(LEAST_PLASTICITY, share)


class Displaced(Exception):
    """What was trained is not there any more; the text is one line."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train; the names are those of the settings.

    Attributes:
        epochs: Passes over the rows.
        batch_size: Rows computed at once.
        accumulation_steps: Batches in one optimiser step, for each process that takes part.
        learning_rate: Of the adapters, at its highest.
        max_patience: Epochs without improvement on the held-out rows after which it stops.
        seed: Orders the rows and chooses what is dropped.
        importance: How much a row to be learned counts against what is to stay.
    """

    epochs: int
    batch_size: int
    accumulation_steps: int
    learning_rate: float
    max_patience: int
    seed: int
    importance: float = 1.0


@dataclass(frozen=True, slots=True)
class StepDone:
    """One optimiser step: the ``step``-th of the ``steps`` of ``epoch``; epochs and steps count from 1."""

    epoch: int
    step: int
    steps: int
    number: int
    """Of the step in the whole course."""
    loss: float
    drift: float
    """KL divergence from the base on the rows that are to stay, nats per token."""
    tokens: int
    """Answer tokens learned from."""


@dataclass(frozen=True, slots=True)
class EpochDone:
    """One epoch: its mean loss on the rows learned, and that on those held out (None where there are none)."""

    epoch: int
    train_loss: float
    valid_loss: float | None
    best: bool
    """Whether this is the best epoch so far."""
    waited: int
    """Epochs since the best one."""
    tokens_per_second: float
    """Answer tokens learned from; 0 when nothing was timed."""
    seconds: float


@dataclass(slots=True)
class Standing:
    """How far a course is; all of it but the tensors. Epochs and steps that are done."""

    epoch: int = 0
    step: int = 0
    number: int = 0
    loss: float = 0.0
    """Summed over the steps of the running epoch, each weighted with its rows."""
    rows: int = 0
    first_loss: float | None = None
    best: float | None = None
    """Lowest loss on the held-out rows."""
    best_epoch: int = 0
    waited: int = 0


class Course:
    """One training of a learner on told rows. Iterate :meth:`run`; between two of its events it may be paused or ended.

    Attributes:
        before: Adapters and gate as they were at the beginning.
        tokens: Answer tokens learned from since this object was made, in so many ``seconds`` of computing.
        standing: How far it is.
        bounds: What a loss may come to.
        steps: Optimiser steps of one epoch.
    """

    def __init__(
        self,
        learner: Learner,
        told: Sequence[Encoded],
        held_out: Sequence[Encoded],
        kept: Sequence[Exercise],
        gate: Sequence[Exercise],
        plan: Plan,
        heed: Heed,
    ) -> None:
        """Args:
        learner: What is trained.
        told: Rows to learn, at least one.
        held_out: Rows to check the learning on.
        kept: Rows to keep the base's own answers on, prepared with ``own``.
        gate: Rows to keep the gate shut on.
        plan: How.
        heed: Called often; raises to end it all.
        """
        self.plan, self.standing = plan, Standing()
        self._learner, self._heed = learner, heed
        store = Store(learner, heed)
        self._told = Batches(store, told, plan.batch_size)
        self._held_out = Batches(store, held_out, plan.batch_size)
        self._kept, self._gate = list(kept), list(gate)
        self._team = PartialState(cpu=learner.device.type == "cpu")
        self._together = plan.accumulation_steps * self._team.num_processes
        self.steps = math.ceil(len(self._told) / self._together)
        total = self.steps * plan.epochs
        self.recipe = Recipe(total, plan.learning_rate, warmup=min(_WARMUP, math.ceil(total / 5)))
        self.bounds = Bounds(learner)
        self.parameters = [*learner.parameters, *learner.gate.parameters()]
        self.before = copies(self.parameters)
        self.tokens, self.seconds = 0, 0.0
        self._best = copies(self.parameters)
        self._optimizer, self._schedule = optimizer_for(learner, self.recipe)

    @property
    def steps_left(self) -> int:
        """Optimiser steps until the last planned one."""
        return self.recipe.steps - self.standing.number

    # -- going through it ----------------------------------------------------------------------------------------------

    def run(self) -> Generator[StepDone | EpochDone, None, None]:
        """Train to the end, and leave the best weights in place.

        Raises:
            LearningFailed: When a loss is not finite or has run away; the weights are those from before.
        """
        standing = self.standing
        try:
            while standing.epoch < self.plan.epochs and standing.waited < self.plan.max_patience:
                yield from self._epoch()
            if standing.best is not None:
                put_back(self.parameters, self._best)
            check_finite(self._learner)
        except LearningFailed:
            put_back(self.parameters, self.before)
            raise
        finally:
            release(self._optimizer)

    def _epoch(self) -> Iterator[StepDone | EpochDone]:
        standing, plan = self.standing, self.plan
        order = list(range(len(self._told)))
        random.Random(f"{plan.seed}:order:{standing.epoch}").shuffle(order)
        groups = [order[start : start + self._together] for start in range(0, len(order), self._together)]
        seconds, tokens = 0.0, 0
        while standing.step < len(groups):
            started = time.perf_counter()
            done = self._step(groups[standing.step])
            took = time.perf_counter() - started
            seconds, tokens = seconds + took, tokens + done.tokens
            self.seconds, self.tokens = self.seconds + took, self.tokens + done.tokens
            yield done
        started = time.perf_counter()
        valid = self.measure() if len(self._held_out) else None
        seconds += time.perf_counter() - started
        train_loss = standing.loss / max(1, standing.rows)
        standing.epoch += 1
        standing.step, standing.loss, standing.rows = 0, 0.0, 0
        best = valid is not None and (standing.best is None or valid < standing.best)
        if best:
            standing.best, standing.best_epoch, standing.waited = valid, standing.epoch, 0
            self._best = copies(self.parameters)
        elif valid is not None:
            standing.waited += 1
        speed = tokens / seconds if tokens else 0.0
        yield EpochDone(standing.epoch, train_loss, valid, best, standing.waited, speed, seconds)

    def _step(self, batches: Sequence[int]) -> StepDone:
        """One optimiser step over ``batches`` together: its gradient is that of one batch with all their rows."""
        standing, number = self.standing, self.standing.number + 1
        rows, size = sum(self._told.sizes[index] for index in batches), self._team.num_processes
        work = partial(self._gradient, batches, rows, number)
        with torch.random.fork_rng(), self._learner.dropping():
            try:
                loss, drift, tokens = self._learner.training.until_it_fits(
                    max(self._told.sizes), work, self._optimizer.zero_grad
                )
            except LearningFailed:
                if size == 1:
                    raise
                loss, drift, tokens = math.nan, 0.0, 0  # the others must hear of it, or they would wait for ever
        if size > 1:
            loss, tokens = self._add_up(loss, tokens)
            if not math.isfinite(loss):
                raise LearningFailed(f"the loss stopped being finite at step {number}")
        self.bounds.first = standing.first_loss
        self.bounds.check(loss, number)
        standing.first_loss = self.bounds.first
        descend(self._optimizer, self._schedule, self.recipe.clip, number)
        standing.number, standing.step = number, standing.step + 1
        standing.loss += loss * rows
        standing.rows += rows
        return StepDone(standing.epoch + 1, standing.step, self.steps, number, loss, drift, tokens)

    def _gradient(self, batches: Sequence[int], rows: int, number: int) -> tuple[float, float, int]:
        """Add up the gradient of this process's share of ``batches``, which have so many ``rows`` in all.

        Returns:
            What that part comes to: loss and drift, and the answer tokens learned from.
        """
        size, rank = self._team.num_processes, self._team.process_index
        torch.manual_seed((self.plan.seed * 1_000_003 + number) * size + rank)
        loss, tokens = 0.0, 0
        for index in batches[rank::size]:
            self._heed()
            told = self._told.exercises(index)
            counts = {id(row): self.plan.importance for row in told}
            share = len(told) / rows
            step = accumulate(self._learner, told, [], [], self.recipe, counts, number, share)
            loss += step.loss / self.plan.importance * share
            tokens += step.tokens
        self._heed()
        kept, gate = self._to_stay(number)
        drift = accumulate(self._learner, [], kept, gate, self.recipe, {}, number, 1 / size).drift
        return loss, drift, tokens

    def _add_up(self, loss: float, tokens: int) -> tuple[float, int]:
        """Loss, tokens and gradients of all processes together."""
        figures = torch.tensor([loss, float(tokens)], dtype=torch.float64, device=self._team.device)
        total: torch.Tensor = reduce(figures, "sum")
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in self.parameters]
        summed: torch.Tensor = reduce(torch.cat([gradient.flatten() for gradient in gradients]), "sum")
        for parameter, part in zip(self.parameters, summed.split([p.numel() for p in self.parameters]), strict=True):
            parameter.grad = part.view_as(parameter).clone()
        return float(total[0]), int(total[1])

    def _to_stay(self, number: int) -> tuple[list[Exercise], list[Exercise]]:
        chance = random.Random(f"{self.plan.seed}:stay:{number}")
        kept = chance.sample(self._kept, min(self.recipe.kept, len(self._kept)))
        return kept, chance.sample(self._gate, min(self.recipe.gate, len(self._gate)))

    @torch.no_grad()
    def measure(self) -> float:
        """Mean loss on the held-out rows as the weights are now, the gate open.

        Raises:
            LearningFailed: When it is not finite.
        """
        losses: list[float] = []
        for index in range(len(self._held_out)):
            for found in self._learner.training.each(self._held_out.exercises(index), self._losses):
                losses += found
        total = sum(losses)
        if not math.isfinite(total):
            raise LearningFailed("the loss on the held-out rows stopped being finite")
        return total / len(losses)

    def _losses(self, rows: Sequence[Exercise]) -> list[float]:
        self._heed()
        _, real, cache = self._learner.read(rows)
        return row_losses(self._learner.predict(rows, real, cache), rows)

    # -- stopping and going on -----------------------------------------------------------------------------------------

    def restore(self) -> None:
        """Put adapters and gate back to what they were before, bit for bit."""
        put_back(self.parameters, self.before)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """While entered, adapters and gate are those from before.

        Raises:
            Displaced: When they were changed meanwhile; they stay as they are then, and the course is over.
        """
        learned = copies(self.parameters)
        put_back(self.parameters, self.before)
        yield
        if not all(map(torch.equal, self.parameters, self.before)):
            raise Displaced("the adapters were changed while training paused, so it was given up")
        put_back(self.parameters, learned)

    def state(self) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
        """Where it stands after the last step, to be given to :meth:`take_up` of a course begun in the same way."""
        tensors: dict[str, torch.Tensor] = {}
        for index, (now, best) in enumerate(zip(self.parameters, self._best, strict=True)):
            tensors[f"now.{index}"], tensors[f"best.{index}"] = now.detach(), best
            for name, value in self._optimizer.state.get(now, {}).items():
                tensors[f"{name}.{index}"] = torch.as_tensor(value)
        return tensors, asdict(self.standing)

    def take_up(self, tensors: dict[str, torch.Tensor], standing: dict[str, Any]) -> None:
        """Go on from a :meth:`state`.

        Raises:
            ValueError: When it is not of a course like this; nothing is changed then.
        """
        names = {field.name for field in fields(Standing)}
        expected = {f"{kind}.{i}": p.shape for i, p in enumerate(self.parameters) for kind in ("now", "best")}
        if standing.keys() != names or any(
            name not in tensors or tensors[name].shape != shape for name, shape in expected.items()
        ):
            raise ValueError("it is the state of another course")
        self.standing = Standing(**standing)
        indices = range(len(self.parameters))
        put_back(self.parameters, [tensors[f"now.{index}"] for index in indices])
        put_back(self._best, [tensors[f"best.{index}"] for index in indices])
        for index, parameter in enumerate(self.parameters):
            kept = {
                name: tensors[f"{name}.{index}"].clone()
                for name in ("step", "exp_avg", "exp_avg_sq")
                if f"{name}.{index}" in tensors
            }
            if kept:
                self._optimizer.state[parameter] = kept
        scheduled = self._schedule.state_dict()
        self._schedule.load_state_dict({**scheduled, "last_epoch": self.standing.number})
        for group, base, share in zip(
            self._optimizer.param_groups, self._schedule.base_lrs, self._schedule.lr_lambdas, strict=True
        ):
            group["lr"] = base * share(self.standing.number)
