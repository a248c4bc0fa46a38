"""One night: falling asleep, dreaming, training, auditing, waking.

Nothing of a night is kept before its end. The weights of before are held aside; a message from the user is answered
with them, and they come back, bit for bit, when the night is broken off, when something goes wrong, or when the audit
finds that the new ones are no better. A process that is killed in the middle wakes up as it was.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch

from engine.api import Dreamt, EngineState, MemoryAudited, Replayed, SleepPhase, TrainingStep
from engine.composition.bridge import Influence
from engine.composition.composition import Cancelled
from engine.composition.trained import copy_of_trained, put_trained
from engine.failures import out_of_memory
from engine.learning.audit import ANSWER_TOKENS, Findings, Hearing, Probe, audit, own_answers
from engine.learning.curriculum import Curriculum, Lesson
from engine.learning.dream_traces import in_context, leave_traces
from engine.learning.dreaming import QUESTION_TOKENS, Dreamable, DreamSettings, questions, replay, written_about
from engine.learning.exam import missed
from engine.learning.gate_training import finish_gate
from engine.learning.learner import Learner
from engine.learning.learners import learner_for
from engine.learning.material import Material
from engine.learning.night import Broken, Night, Sleeper, Watcher
from engine.learning.pace import Pace
from engine.learning.portions import LearningFailed
from engine.learning.trainer import Recipe, Step, train
from engine.learning.wording import Wording
from engine.memory.memories import Verdict
from engine.mind.lifecycle import capacity_of, exposure_gain, growth_of, influence_weight, life_weight

_ROUNDS = 5
"""How often a night goes over what is to be learned, at ``sleep_time_factor`` 1."""
_FEWEST_STEPS = 90
_MOST_TOLD = 12
"""Told rows in a step, whatever ``batch_size`` allows: more and smaller steps learn better than fewer and larger ones
over the same rows (paraphrases of made-up facts right: .65 with 16, .85 with 12, .78 with 8)."""
_UNCOUNTED = ("dream", "scene")
"""Kinds of rows that take their turn among the others and make a night no longer."""
_LEAST_WEIGHT = 0.3
"""Below this a scaffold cannot be taught: it would have to shout to be heard."""
_MOST_DREAMS = 40
"""Memories among which dreams are drawn."""
_DREAMS_AT_ONCE = 3
"""Dreams of the command, outside of a night."""
_SCALES = (1.0, 0.75, 0.5, 0.25)
"""What is tried of a night's change when the audit refuses the whole of it."""
_MOST_LOST = 1
"""Old memories that a night may cost."""
_MOST_BLEED = 0.1
"""Share of the control prompts at which a taught answer may turn up; the gate is raised to keep to it."""
_MOST_SILENCED = 0.05
"""Share of the right answers that raising the gate may cost."""
_MOST_DRIFT = 0.5
"""Nats per token on the rows that were to stay as they are, in the last round of training."""
_EXAM_AT = 0.6
"""Where in its course a night finds out what it does not yet know, see :mod:`engine.learning.exam`."""
_WEAK = 0.5
"""Share of its questions that a memory must answer to count as learned."""


def sleep(life: Sleeper, watcher: Watcher, curriculum: Curriculum, *, dream: bool, last_prompt: str) -> Night:
    """Sleep over a curriculum. The composition's adapters are changed only if the audit agrees.

    Args:
        life: Who sleeps.
        watcher: Told of every phase, dream, step and verdict.
        curriculum: What is to be learned, kept and unlearned.
        dream: Whether to dream.
        last_prompt: What was said last, where dreams begin.

    Raises:
        Broken: When it was woken; everything is as before.
        LearningFailed: When training went wrong, or memory ran out; likewise.
    """
    return _Night(life, watcher, curriculum).run(dream, last_prompt)


def dream(life: Sleeper, watcher: Watcher, curriculum: Curriculum, *, last_prompt: str) -> Night:
    """Only dream of what a curriculum holds; nothing is trained.

    Raises:
        Broken: When it was woken.
    """
    return _Night(life, watcher, curriculum).only_dream(last_prompt)


class _Night:
    def __init__(self, life: Sleeper, watcher: Watcher, curriculum: Curriculum) -> None:
        self.life, self.watcher, self.curriculum = life, watcher, curriculum
        assert life.composition is not None
        self.composition = life.composition
        # Whatever is set while it sleeps, a night goes on as it began.
        self.config = life.config.model_copy(deep=True)
        self.wording = Wording(self.composition.base, self.config.controls_config.system_prompt)
        self.night = Night()
        self.dreams = life.dreams.copy()
        self.before = copy_of_trained(self.composition)
        self.recognised_before = self.composition.gate.trained
        # Another night over the same memories, or another dream of them, is not the same again.
        dreamt = [(dream.memory_id, dream.weight) for dream in self.dreams.dreams]
        self.chance = random.Random(repr((self.composition.scaffold.lora.seed, len(curriculum.lessons), dreamt)))
        self._phase_began = time.monotonic()
        self._phase = ""
        self._state = EngineState.DREAMING

    def run(self, dream: bool, last_prompt: str) -> Night:
        settings = self.config
        self._enter("falling asleep", EngineState.DREAMING)
        learner = learner_for(self.composition, self._influence(), self.wording.preamble)
        try:
            if dream and self.curriculum.lessons:
                self._enter("dreaming", EngineState.DREAMING)
                self._dream(learner, last_prompt)
            if settings.controls_config.enable_sleep_training and self.curriculum.trainable:
                self._train_and_audit(learner)
        except (Broken, Cancelled):
            self._as_it_was()
            raise Broken from None
        except BaseException as error:
            self._as_it_was()
            if out_of_memory(error):
                raise LearningFailed("memory ran out") from error
            raise
        self._enter("waking", EngineState.AUDITING)
        self._end_phase()
        self.life.dreams = self.dreams
        return self.night

    def only_dream(self, last_prompt: str) -> Night:
        self._enter("dreaming", EngineState.DREAMING)
        try:
            learner = learner_for(self.composition, self._influence(), self.wording.preamble)
            self._dream(learner, last_prompt, _DREAMS_AT_ONCE)
        except Cancelled:
            raise Broken from None
        self._end_phase()
        self.life.dreams = self.dreams
        return self.night

    # -- phases --------------------------------------------------------------------------------------------------------

    def _dream(self, learner: Learner, last_prompt: str, count: int | None = None) -> None:
        """Dream of ``count`` memories and ask about them; in a night of all, asking about the new ones."""
        lessons = sorted(self.curriculum.lessons[:_MOST_DREAMS], key=lambda lesson: lesson.memory_id)
        memories = [Dreamable(lesson.memory_id, lesson.text, lesson.value) for lesson in lessons]
        if not memories:
            return
        settings = self._dream_settings()
        wanted = [self.wording.ids(memory.text) for memory in memories] + (
            [self.wording.ids(last_prompt)] if last_prompt else []
        )
        vectors = learner.vectors(wanted, self._heed)
        by_id = {memory.id: vector for memory, vector in zip(memories, vectors, strict=False)}
        reference = vectors[-1] if last_prompt else []
        self.night.dreams = replay(
            by_id, memories, reference, self.dreams, settings, self.chance, count or len(memories)
        )
        for drawn in self.night.dreams:
            memory = drawn.memory
            self.watcher.emit(
                Replayed(self.watcher.id, memory.id, memory.text, drawn.similarity, drawn.novelty, drawn.noise)
            )
        leave_traces(self.composition, self.dreams, self.night.dreams, self.wording.prompt, self.chance, self._heed)
        dreamt = {one.memory.id for one in self.night.dreams}
        chosen = dreamt if count else {lesson.memory_id for lesson in lessons if not lesson.old}
        tokenizer = self.composition.base.tokenizer
        asked = {row.prompt.casefold() for lesson in lessons for row in lesson.rows}
        asking = [memory for memory in memories if memory.id in chosen]
        # Once over to write the questions, once more to answer them.
        pace = Pace(self.watcher, "asking itself", self._heed, written_about(asking), QUESTION_TOKENS, rounds=2)
        self.night.asked = questions(
            learner,
            asking,
            self.wording.after,
            lambda text: list(tokenizer(text, add_special_tokens=False)["input_ids"]),
            lambda question: question.casefold() in asked,
            pace,
        )
        for one in self.night.asked:
            memory = one.memory
            self.watcher.emit(
                Dreamt(self.watcher.id, memory.text, one.question, one.answer, one.kept, one.why, memory.id)
            )
            if one.kept:
                self.night.questions.setdefault(one.memory.id, []).append(one.question)

    def _train_and_audit(self, learner: Learner) -> None:
        self._enter("training", EngineState.TRAINING)
        within = self.composition.base.context_limit - len(self.wording.preamble)
        longest = min(self.config.training_config.max_seq_length, within)
        material = Material(learner, self.wording, self.curriculum, self.night, longest, self._heed)
        told, importance = material.told()
        kept, shut = material.kept(), material.shut()
        for exercise in (*kept, *shut):
            # As disturbed as what was told, or the gate would learn to tell the two apart by their noise.
            exercise.noise = self.chance.choice(told).noise if told else 0.0
        counted = [row for lesson in self.curriculum.lessons for row in lesson.rows if row.kind not in _UNCOUNTED]
        recipe = self._recipe(len(counted))
        self.night.rows, self.night.steps = len(told), recipe.steps
        steps: list[Step] = []
        examined = round(_EXAM_AT * recipe.steps)
        began = time.monotonic()
        for step in train(learner, told, kept, shut, recipe, self.chance, importance):
            steps.append(step)
            left = (time.monotonic() - began) / step.number * (recipe.steps - step.number)
            self.watcher.emit(TrainingStep(self.watcher.id, step.number, recipe.steps, step.loss, step.drift, left))
            if step.number == examined:
                told += missed(learner, material.exam(), self._heed)
            rested = time.monotonic()
            self._heed()
            began += time.monotonic() - rested  # what was said meanwhile took none of the night's time
        self.night.losses, self.night.drifts = [step.loss for step in steps], [step.drift for step in steps]
        self.night.loss_before, self.night.loss_after = _mean_loss(steps[:5]), _mean_loss(steps[-10:])
        finish_gate(learner, [*told, *material.openings()], [*kept, *shut], self.chance, self._heed)
        self.composition.gate.trained = True
        self._audit(learner, sum(step.drift for step in steps[-10:]) / max(1, len(steps[-10:])))

    def _audit(self, learner: Learner, drift: float) -> None:
        """Keep the new weights, or as much of the change as does no harm, or put back the old ones."""
        self._enter("auditing", EngineState.AUDITING)
        lessons, controls = self.curriculum.lessons, self.curriculum.controls
        learner.dreams = in_context(self.dreams, self.config.controls_config, self.composition)
        probes = [Probe(lesson.memory_id, lesson.probes, lesson.value) for lesson in lessons]
        threshold = self.config.core_config.gate_threshold
        after = copy_of_trained(self.composition)
        asked = sum(len(probe.questions) for probe in probes) + len(controls)
        rounds = 2 if self.recognised_before else 1
        pace = Pace(self.watcher, "checking what it knows", self._heed, asked, ANSWER_TOKENS, rounds)
        own = own_answers(learner, controls, self.wording.ids, self._heed)

        def listen() -> Hearing:
            return audit(learner, probes, controls, self.wording.ids, pace, own)

        earlier = Findings({}, 0.0, 0.0)
        if self.recognised_before:
            self._as_it_was()
            earlier = listen().findings(threshold)
        for scale in _SCALES:
            put_trained(self.composition, _between(self.before, after, scale))
            self.composition.gate.trained = True
            hearing = listen()
            # Answers that turn up elsewhere are the gate's fault before they are the weights': it is raised first.
            settled = hearing.settled(threshold, _MOST_BLEED, _MOST_SILENCED)
            found = hearing.findings(settled)
            if not (why := self._objection(earlier, found, drift * scale)):
                self.composition.gate.raise_by(threshold, settled)
                self.night.settled = settled if settled > threshold else None
                self.night.scale = scale
                break
            self.night.why = why
            pace.once_more()
        else:
            self._as_it_was()
            found = earlier
        self._pronounce(lessons, earlier, found)

    def _objection(self, earlier: Findings, found: Findings, drift: float) -> str:
        """Why these weights are no better than those of before; empty when they are."""
        new = [lesson.memory_id for lesson in self.curriculum.lessons if not lesson.old]
        old = [lesson.memory_id for lesson in self.curriculum.lessons if lesson.old]
        if new and found.known(new) <= earlier.known(new):
            return f"it would answer no more of today's memories ({found.known(new)} of {len(new)})"
        if earlier.known(old) - found.known(old) > _MOST_LOST:
            return f"it would lose {earlier.known(old) - found.known(old)} old memories"
        if drift > _MOST_DRIFT:
            return f"it would drift {drift:.2f} nats a token from the base"
        return ""

    def _pronounce(self, lessons: Sequence[Lesson], earlier: Findings, found: Findings) -> None:
        for lesson in lessons:
            strength = found.strength.get(lesson.memory_id, 0.0)
            if strength >= _WEAK:
                verdict = Verdict.LEARNED
            elif strength > 0 or self.night.scale > 0:
                verdict = Verdict.WEAK
            else:
                verdict = Verdict.REFUSED
            self.night.verdicts[lesson.memory_id] = verdict, strength
            before = earlier.strength.get(lesson.memory_id, 0.0)
            self.night.before[lesson.memory_id] = before
            self.watcher.emit(
                MemoryAudited(self.watcher.id, lesson.memory_id, lesson.text, verdict.value, before, strength)
            )

    # -- weights and influence -----------------------------------------------------------------------------------------

    def _recipe(self, rows: int) -> Recipe:
        """As many steps as ``rows``, those that count, take."""
        training, factor = self.config.training_config, self.config.controls_config.sleep_time_factor
        batch = min(training.batch_size, _MOST_TOLD)
        steps = max(_FEWEST_STEPS, math.ceil(_ROUNDS * rows / batch))
        return Recipe(steps=max(1, round(factor * steps)), learning_rate=training.learning_rate, told=batch)

    def _influence(self) -> Influence:
        """The weight at which what is learned tonight will be used: the pinned one, or the lifecycle's afterwards."""
        core, training, controls = (
            self.config.core_config,
            self.config.training_config,
            self.config.controls_config,
        )
        gain = exposure_gain(self.life.temperament.mood, training.exposure_gain_eager, training.exposure_gain_default)
        new = sum(not lesson.old for lesson in self.curriculum.lessons)
        growth = growth_of(
            self.life.lifecycle.exposure + gain * new,
            capacity_of(self.composition.lora_parameters, training.lifecycle_capacity_factor),
            training.lifecycle_curve,
            training.sigmoid_scale,
            training.sigmoid_shift,
        )
        life = life_weight(growth, controls.scaffold_weight_cap, enabled=controls.enable_lifecycle_weighting)
        weight = influence_weight(controls.scaffold_weight_cap, 1.0, life, self.life.pinned_weight or None)
        weight = max(weight, _LEAST_WEIGHT)
        return Influence(weight, core.blend_strength, controls.scaffold_weight_cap, core.gate_threshold)

    def _as_it_was(self) -> None:
        put_trained(self.composition, self.before)
        self.composition.gate.trained = self.recognised_before

    # -- being interrupted ---------------------------------------------------------------------------------------------

    def _heed(self) -> None:
        """Between two steps: answer what was said, as one was before this night, and wake up if told so."""
        self.watcher.attend(self._as_before)
        if self.watcher.cancelled():
            raise Broken

    @contextmanager
    def _as_before(self) -> Iterator[None]:
        now, trained = copy_of_trained(self.composition), self.composition.gate.trained
        self._as_it_was()
        try:
            yield
        finally:
            put_trained(self.composition, now)
            self.composition.gate.trained = trained
            self.watcher.enter(self._state, self._phase)

    def _enter(self, phase: str, state: EngineState) -> None:
        self._end_phase()
        self._phase, self._state, self._phase_began = phase, state, time.monotonic()
        self.watcher.enter(state, phase)
        self.watcher.emit(SleepPhase(self.watcher.id, phase))

    def _end_phase(self) -> None:
        if self._phase:
            spent = time.monotonic() - self._phase_began
            self.night.seconds[self._phase] = self.night.seconds.get(self._phase, 0.0) + spent
            self._phase_began = time.monotonic()

    def _dream_settings(self) -> DreamSettings:
        controls = self.config.controls_config
        melancholic = self.life.temperament.mood.value == "melancholic" and controls.dream_temperament_on
        return DreamSettings(
            prompt_weight=controls.dream_prompt_weight,
            prompt_driven=controls.enable_prompt_driven_dreams,
            noise_scale=controls.dream_noise_scale,
            novelty_boost=controls.dream_novelty_boost,
            melancholy_noise=controls.temp_melancholy_noise if melancholic else 0.0,
            decay=controls.dream_memory_decay,
            threshold=controls.dream_prune_threshold,
            most=controls.dream_memory_maxlen,
        )


def _between(
    before: Mapping[str, torch.Tensor], after: Mapping[str, torch.Tensor], scale: float
) -> dict[str, torch.Tensor]:
    """Weights a share of the way from ``before`` to ``after``; the gate is taken whole, it moves no answer."""
    return {
        name: tensor if scale == 1.0 or name.startswith("gate.") else torch.lerp(before[name], tensor, scale)
        for name, tensor in after.items()
    }


def _mean_loss(steps: Sequence[Step]) -> float | None:
    return sum(step.loss for step in steps) / len(steps) if steps else None
