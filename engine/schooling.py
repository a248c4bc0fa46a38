"""What the command ``train`` does to a lifeform: from rows to better adapters, more exposure and a saved state.

Nothing is kept before the end: until the last epoch is over, all on disk but a checkpoint stays as it was, and while
training pauses for the user, the answers come from the weights of before.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import torch

from engine.api import EngineState, Event, Notice, Output, Progress, TrainingStep
from engine.composition.composition import Cancelled, Composition
from engine.composition.trained import trained_tensors
from engine.learning import training_report as report
from engine.learning.checkpoint import CheckpointError, digest, read_checkpoint, remove_checkpoint, write_checkpoint
from engine.learning.comparison import Comparison, compare
from engine.learning.dataset import DataError, DataSet, find_source, read_file, read_journal
from engine.learning.dry_run import checks, forward_loss
from engine.learning.encoding import CHARACTERS_PER_TOKEN, Encoder
from engine.learning.learner import Learner
from engine.learning.learners import learner_for
from engine.learning.lessons import Lessons, first_learned, prepare
from engine.learning.portions import LearningFailed, MemoryFull
from engine.learning.to_stay import rows_to_stay
from engine.learning.training import Course, Displaced, EpochDone, Plan, StepDone, plasticity
from engine.memory.record import JournalError
from engine.mind.lifecycle import exposure_gain
from engine.state_files import StateError

if TYPE_CHECKING:
    from engine.composition.bridge import Influence
    from engine.lifeform import Lifeform

CHECKPOINT_STEPS = 10
"""Optimiser steps between two checkpoints."""
MOST_EPOCHS = 1000

_STEP_LINES = 20
"""About so many step lines are printed in an epoch; events tell of every step."""


class TrainingRefused(Exception):
    """Training cannot begin or go on; the text is one line, and nothing was changed."""


class Watcher(Protocol):
    """Who asked for the training, watches it, and may end it."""

    id: int

    def emit(self, event: Event) -> None:
        """Take an event."""

    def cancelled(self) -> bool:
        """Whether to stop."""

    @property
    def enter(self) -> Callable[[EngineState, str], None]:
        """Shows what the engine is doing."""

    @property
    def attend(self) -> Callable[[Callable[[], AbstractContextManager[None]]], None]:
        """Called between steps: answers what the user said meanwhile, inside the given context."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user asked for.

    Attributes:
        epochs: None takes ``train_epochs``.
        dry_run: Check everything, change nothing.
        data: A JSONL file; None takes ``train_data``, the sample data or the journal.
        resume: Go on with what was broken off, as it was begun.
    """

    epochs: int | None = None
    dry_run: bool = False
    data: str | None = None
    resume: bool = False


@dataclass(frozen=True, slots=True)
class _Terms:
    """How a training was begun: what one that is resumed must find again. JSON-ready as a dictionary."""

    plan: Plan
    source: str | None
    """The file; None for the journal."""
    longest: int
    """Tokens of a row."""
    ratio: float
    gain: float
    """Exposure for each row that is new."""
    weight: float
    blend: float


def train(life: Lifeform, watcher: Watcher, wanted: Wanted) -> None:
    """Train the scaffold of ``life``, or with ``dry_run`` only find out whether that would work.

    Raises:
        TrainingRefused: When there is nothing to train, or nothing to train on; nothing is changed.
        LearningFailed: When the loss went wrong; the weights are those from before.
    """
    composition = _trainable(life)
    dry = wanted.dry_run or (life.config.training_config.dry_run and not wanted.resume)
    if wanted.epochs is not None and not 1 <= wanted.epochs <= MOST_EPOCHS:
        raise TrainingRefused(f"epochs is a whole number from 1 to {MOST_EPOCHS}, not {wanted.epochs}.")
    if wanted.resume and (wanted.epochs is not None or wanted.data is not None or wanted.dry_run):
        raise TrainingRefused("train --resume goes on as it was begun: without epochs, --data and --dry-run.")
    if life.read_only and not dry:
        raise TrainingRefused("This home is open read-only, so nothing could be kept; train --dry-run works.")
    schooling = _Schooling(life, composition, watcher)
    watcher.enter(EngineState.TRAINING, "dry run" if dry else "training")
    try:
        if dry:
            schooling.rehearse(wanted)
        elif wanted.resume:
            schooling.resume()
        else:
            schooling.begin(wanted)
    except DataError as error:
        raise TrainingRefused(str(error)) from error
    except Cancelled:
        schooling.say("Training stopped; nothing was changed.")


def checkpoint_path(life: Lifeform) -> Path:
    """Where an unfinished training is kept."""
    return life.home.state_dir / "training" / "checkpoint.safetensors"


def _trainable(life: Lifeform) -> Composition:
    composition = life.composed
    if not composition.can_learn:
        raise TrainingRefused("enable_lora_adapters is off, so there is nothing to train; turn it on, then reset.")
    return composition


class _Schooling:
    def __init__(self, life: Lifeform, composition: Composition, watcher: Watcher) -> None:
        self.life, self.composition, self.watcher = life, composition, watcher
        self.training, self.core = life.config.training_config, life.config.core_config
        self.checkpoint = checkpoint_path(life)
        self.facts: dict[str, Any] = {}
        self.epoch = 0
        self.seconds, self.steps = 0.0, 0

    def say(self, *lines: str) -> None:
        """Print lines."""
        self.watcher.emit(Output(self.watcher.id, "\n".join(lines)))

    def heed(self) -> None:
        """Stop here if the user wants to."""
        if self.watcher.cancelled():
            raise Cancelled

    def heeding(self, label: str) -> Callable[[int, int], None]:
        """A callback that tells of progress, and stops if the user wants to."""

        def told(done: int, total: int) -> None:
            self.heed()
            self.watcher.emit(Progress(self.watcher.id, label, done, total))

        return told

    # -- the three ways ------------------------------------------------------------------------------------------------

    def begin(self, wanted: Wanted) -> None:
        """Train from the beginning."""
        longest, ratio = self.training.max_seq_length, self.core.valid_split_ratio
        source, data = self.read(wanted.data, longest)
        encoder = self.encoder(longest)
        lessons = prepare(data, encoder, ratio, self.heeding("preparing"))
        gain, plan = self.gain(), self.plan(wanted.epochs)
        influence = self.influence_after(lessons.names, gain)
        terms = _Terms(plan, str(source) if source else None, longest, ratio, gain, influence.weight, influence.blend)
        self.say(f"Starting training for {plan.epochs} epochs...", *report.about(lessons))
        if self.checkpoint.exists():
            self.say("It takes the place of one that was broken off.")
        self.go(lessons, encoder, terms, influence)

    def resume(self) -> None:
        """Go on with what was broken off, if it would be the same training still."""
        try:
            found = read_checkpoint(self.checkpoint)
        except CheckpointError as error:
            raise TrainingRefused(f"{error}; start anew with train.") from error
        if found is None:
            raise TrainingRefused("There is no unfinished training to resume; start one with train.")
        tensors, facts = found
        if facts["before"] != self.digest():
            raise TrainingRefused("It has learned otherwise since that training was broken off; start anew with train.")
        terms = _Terms(**{**facts["terms"], "plan": Plan(**facts["terms"]["plan"])})
        _, data = self.read(terms.source, terms.longest)
        encoder = self.encoder(terms.longest)
        lessons = prepare(data, encoder, terms.ratio, self.heeding("preparing"))
        if lessons.fingerprint() != facts["rows"]:
            raise TrainingRefused(f"{data.source} has changed since training was broken off; start anew with train.")
        influence = replace(self.life.influence(), weight=terms.weight, blend=terms.blend)
        self.say(f"Resuming training for {terms.plan.epochs} epochs...", *report.about(lessons))
        self.go(lessons, encoder, terms, influence, (tensors, facts["standing"]))

    def rehearse(self, wanted: Wanted) -> None:
        """A dry run: one epoch over a few rows; nothing is changed."""
        settings, plan = self.life.config.dry_run_params, self.plan(wanted.epochs)
        _, data = self.read(wanted.data, settings.max_length)
        ratio, all_rows = self.core.valid_split_ratio, len(data.rows)
        data.rows, learned = first_learned(data.rows, ratio, settings.max_samples)
        encoder = self.encoder(settings.max_length)
        lessons = prepare(data, encoder, ratio, self.heeding("preparing"))
        learner = learner_for(self.composition, self.influence_after(lessons.names, self.gain()), encoder.preamble)
        size = plan.batch_size * plan.accumulation_steps
        rows = [(row.prompt, row.answer, True) for row in lessons.told]
        groups = [learner.prepare(rows[start : start + size], self.heed) for start in range(0, len(rows), size)]
        self.say(
            f"Starting training for {plan.epochs} epochs (dry run)...",
            f"Data: {len(rows)} of {all_rows} rows of {data.source}, at most {settings.max_length} tokens each",
            *report.oddities(lessons),
        )
        if settings.validate_architecture:
            for check in checks(self.composition, learner, groups[0]):
                self.heed()
                self.say(f"Check {check.name}: {'ok' if check.passed else 'FAILED'} ({check.detail})")
        self.say(f"--- Training ({plan.epochs} epochs) ---", f"Epoch 1/{plan.epochs}")
        for step, group in enumerate(groups, 1):
            self.heed()
            self.say(f"Step {step}/{math.ceil(learned / size)} | Loss: {forward_loss(learner, group):.4f}")
        if not settings.skip_training:
            self.one_step(learner, lessons, plan)
        self.say("Dry run complete.")

    def one_step(self, learner: Learner, lessons: Lessons, plan: Plan) -> None:
        """Take one real step, tell what came of it, and roll it back."""
        course = Course(learner, lessons.told, lessons.told, [], [], plan, self.heed)
        run = course.run()
        try:
            before = course.measure()
            next(run)
            self.say(f"One real step, rolled back: loss {before:.4f} -> {course.measure():.4f}")
        except LearningFailed as error:
            self.say(f"One real step: FAILED ({error})")
        finally:
            run.close()
            course.restore()

    # -- what it needs -------------------------------------------------------------------------------------------------

    def read(self, given: str | None, longest: int) -> tuple[Path | None, DataSet]:
        """The source and its rows; ``longest`` in tokens."""
        source = find_source(given, self.training.train_data)
        characters, told = longest * CHARACTERS_PER_TOKEN, self.heeding("reading")
        if source is None:
            return None, read_journal(self.life.journal, characters, told)
        return source.absolute(), read_file(source, characters, told)

    def encoder(self, longest: int) -> Encoder:
        """For rows of at most ``longest`` tokens."""
        base = self.composition.base
        fits = min(longest, base.context_limit)
        return Encoder(base.tokenizer, base.end_ids, self.life.config.controls_config.system_prompt, fits)

    def plan(self, epochs: int | None) -> Plan:
        """How to train, from the settings."""
        training, weighted = self.training, self.life.config.controls_config.enable_lifecycle_weighting
        return Plan(
            epochs=epochs or training.train_epochs,
            batch_size=training.batch_size,
            accumulation_steps=training.accumulation_steps,
            learning_rate=training.learning_rate,
            max_patience=training.max_patience,
            seed=self.composition.scaffold.lora.seed,
            importance=plasticity(self.life.life, training.lifecycle_curve) if weighted else 1.0,
        )

    def gain(self) -> float:
        """Exposure for each row that is new."""
        eager, default = self.training.exposure_gain_eager, self.training.exposure_gain_default
        return exposure_gain(self.life.temperament.mood, eager, default)

    def influence_after(self, names: list[str], gain: float) -> Influence:
        """How loudly the scaffold will speak once it has lived through ``names``: it is trained as it will be used."""
        life, before = self.life, self.life.lifecycle
        life.lifecycle = copy.deepcopy(before)
        try:
            life.lifecycle.grow(names, gain)
            influence = life.influence()
        finally:
            life.lifecycle = before
        if influence.silent:
            raise TrainingRefused(
                "The scaffold's influence would be 0, so nothing could be learned; see enable_cross_attention, "
                "tune cross, blend_strength, and for old age lifecycle_capacity_factor."
            )
        return influence

    def digest(self) -> str:
        """Of all that is trained as it is."""
        return digest(trained_tensors(self.composition))

    # -- going through it ----------------------------------------------------------------------------------------------

    def go(
        self,
        lessons: Lessons,
        encoder: Encoder,
        terms: _Terms,
        influence: Influence,
        reached: tuple[dict[str, torch.Tensor], dict[str, Any]] | None = None,
    ) -> None:
        """Train from the beginning, or from the point that was ``reached``, and keep what comes of it."""
        plan = terms.plan
        self.facts = {"terms": asdict(terms), "rows": lessons.fingerprint(), "before": self.digest()}
        learner = learner_for(self.composition, influence, encoder.preamble)
        kept, gate = rows_to_stay(learner, encoder, lessons.names, self.heeding("listening to the base"))
        course = Course(learner, lessons.told, lessons.held_out, kept, gate, plan, self.heed)
        comparison: Comparison | None = None
        try:
            if reached is not None:
                course.take_up(*reached)
            self.say(f"--- Training ({plan.epochs} epochs) ---")
            self.follow(course)
            if lessons.held_out:
                comparison = compare(learner, lessons.held_out, plan.batch_size, influence.threshold, self.heed)
        except Cancelled:
            self.keep(course)
            course.restore()
            self.say(report.stopped(course, self.checkpoint.exists()))
            return
        except LearningFailed as error:
            advice = "a smaller max_seq_length"
            if not isinstance(error, MemoryFull):
                remove_checkpoint(self.checkpoint)
                advice = f"a learning_rate below {plan.learning_rate:g}"
            raise LearningFailed(f"{error}; the weights are those from before; {advice} may help") from error
        except (Displaced, ValueError) as error:
            remove_checkpoint(self.checkpoint)
            raise TrainingRefused(f"{error}; start anew with train.") from error
        except BaseException:
            course.restore()
            raise
        self.finish(course, lessons, terms, comparison)

    def follow(self, course: Course) -> None:
        """Go through the epochs, telling of each step, and pausing where the user speaks."""
        began = time.perf_counter()
        for event in course.run():
            self.seconds += time.perf_counter() - began
            if isinstance(event, StepDone):
                self.steps += 1
                self.tell_step(event, course)
                if event.number % CHECKPOINT_STEPS == 0:
                    self.keep(course)
                self.watcher.attend(course.aside)
                if self.life.composition is not self.composition:
                    raise Displaced("the models were exchanged while training paused, so it was given up")
            else:
                self.tell_epoch(event, course)
                self.keep(course)
            began = time.perf_counter()

    def keep(self, course: Course) -> None:
        """Write a checkpoint; once that fails, go on without."""
        if not self.facts or not course.standing.number:
            return
        tensors, standing = course.state()
        try:
            write_checkpoint(self.checkpoint, tensors, {**self.facts, "standing": standing})
        except CheckpointError as error:
            self.facts = {}
            self.watcher.emit(Notice("warning", f"{error}; if it ends early, this training cannot be resumed"))

    def finish(self, course: Course, lessons: Lessons, terms: _Terms, comparison: Comparison | None) -> None:
        """Let the training leave its marks: in the scaffold, in the lifecycle, on disk."""
        life, standing = self.life, course.standing
        self.composition.gate.trained = True
        self.composition.scaffold.changed()
        new = life.lifecycle.grow(lessons.names, terms.gain)
        life.last_trained = time.time()
        best = standing.best_epoch or standing.epoch
        if best != standing.epoch:
            early = "stopped early, " if standing.epoch < terms.plan.epochs else ""
            self.say(f"No improvement for {standing.waited} epochs: {early}the weights are those of epoch {best}.")
        if comparison is not None:
            self.say(*report.compared(comparison))
        else:
            self.say("No row was held out, so the base alone and the composition were not compared.")
        self.say(
            f"Learned from {len(lessons.told)} rows, {new} of them new, in {standing.number} steps. "
            f"Data Exposure: {life.lifecycle.exposure:.1f}, influence: {life.weight:.2f}."
        )
        try:
            life.save()
            life.journal.event(
                "train",
                {
                    "source": lessons.data.source,
                    "rows": len(lessons.told),
                    "new": new,
                    "epochs": standing.epoch,
                    "steps": standing.number,
                    "best_loss": standing.best,
                    "comparison": comparison and asdict(comparison),
                },
            )
        except (StateError, JournalError) as error:
            self.watcher.emit(Notice("error", f"{error}; what was learned is in memory only: save tries again"))
        else:
            remove_checkpoint(self.checkpoint)
        self.say("Training complete.")

    # -- telling -------------------------------------------------------------------------------------------------------

    def tell_step(self, done: StepDone, course: Course) -> None:
        """A line now and then, an event always."""
        epochs, total = course.plan.epochs, course.recipe.steps
        if done.epoch != self.epoch:
            self.epoch = done.epoch
            self.say(f"Epoch {done.epoch}/{epochs}")
        if done.step in (1, done.steps) or done.step % math.ceil(done.steps / _STEP_LINES) == 0:
            self.say(f"Step {done.step}/{done.steps} | Loss: {done.loss:.4f}")
        left = course.steps_left * self.seconds / self.steps
        speed = course.tokens / course.seconds if course.seconds else 0.0
        id = self.watcher.id
        self.watcher.emit(TrainingStep(id, done.number, total, done.loss, done.drift, left))
        label = f"epoch {done.epoch}/{epochs}, {speed:.0f} tokens/s"
        self.watcher.emit(Progress(id, label, done.number, total, left))

    def tell_epoch(self, done: EpochDone, course: Course) -> None:
        """What an epoch came to."""
        self.say(report.epoch(done, course.plan.max_patience))
