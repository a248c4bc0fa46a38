"""What a night means for a life: when it is time, what is written down of it, and what is said on waking.

The night itself is :mod:`engine.learning.sleep`. Here its outcome is kept: first the new state is saved, then the
journal takes note. A process killed between the two has learned, and merely goes over the same again in its next night.
"""

from __future__ import annotations

import math
import random
import shutil
import time
from collections import Counter
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.api import EngineState, Event, Woke
from engine.memory.memories import Verdict
from engine.memory.nights import NightDream, NightMemory, NightQuestion, NightRecord, thinned, worth_keeping
from engine.mind.lifecycle import exposure_gain
from engine.mind.temperament import TemperamentSettings, sleep_threshold

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.learning.curriculum import Curriculum
    from engine.learning.night import Night, Watcher
    from engine.lifeform import Lifeform


class CannotSleep(Exception):
    """Sleep or dream is not possible as things stand; the text is one clear line, and nothing was changed."""


_ROOM_TO_SPARE = 32_000_000
"""Bytes that a sleep must find free beside the state it will save: the journal grows, and others write as well."""


@dataclass(frozen=True, slots=True)
class _Hours:
    """When a night began and how late it is, in Unix seconds; a clock that is set meanwhile does not count."""

    began: float = field(default_factory=time.time)
    _from: float = field(default_factory=time.monotonic)

    @property
    def now(self) -> float:
        return self.began + time.monotonic() - self._from


@dataclass(slots=True)
class _Watch:
    """The caller, and the wake command that may come in between."""

    caller: Watcher
    life: Lifeform

    @property
    def id(self) -> int:
        return self.caller.id

    def emit(self, event: Event) -> None:
        self.caller.emit(event)

    def enter(self, state: EngineState, note: str) -> None:
        self.caller.enter(state, note)

    def attend(self, aside: Callable[[], AbstractContextManager[None]]) -> None:
        self.caller.attend(aside)

    def cancelled(self) -> bool:
        return self.life.waking or self.caller.cancelled()


def tired(life: Lifeform) -> bool:
    """Whether it would fall asleep by itself, were it quiet: it is tired, or was sent to sleep by ``is_sleeping``."""
    controls = life.config.controls_config
    if life.read_only or life.composition is None or _possible(life) or _short_of_room(life):
        return False
    if controls.is_sleeping:
        return True
    if not controls.enable_gestation or life.slept_in_vain_at == life.journal.count():
        return False
    count, confidence = life.journal.unslept()
    threshold = sleep_threshold(controls.sleep_conf_threshold, life.temperament.mood, controls.temp_restless_drop)
    sure = 0.5 if confidence is None else confidence
    return count >= controls.sleep_log_min and sure > threshold


def _possible(life: Lifeform) -> str:
    """Why it cannot sleep; empty when it can."""
    if life.read_only:
        return "this home is open read-only, so it cannot sleep"
    if not life.composed.can_learn:
        return "there is nothing to train: enable_lora_adapters is off"
    return ""


def _short_of_room(life: Lifeform) -> str:
    """Why the disk has no room for what a night would save; empty when it has."""
    from engine.composition.trained import trained_tensors

    state = sum(tensor.numel() * tensor.element_size() for tensor in trained_tensors(life.composed).values())
    needed = state + _ROOM_TO_SPARE
    try:
        free = shutil.disk_usage(life.home.path).free
    except OSError:
        return ""  # whoever writes there is told what is wrong
    if free >= needed:
        return ""
    return (
        f"the disk of {life.home.path} has {free // 10**6} MB free, and a sleep needs {math.ceil(needed / 1e6)} MB; "
        "free some space and try again"
    )


def sleep(life: Lifeform, caller: Watcher) -> str:
    """Go through a night, and keep what came of it. Returns what is said on waking.

    Raises:
        CannotSleep: When there is nothing that could be trained, or no room for what would be saved.
        StateError: When the new state cannot be saved; everything is as before.
    """
    from engine.composition.trained import copy_of_trained, put_trained
    from engine.learning import sleep as nights
    from engine.learning.night import Broken
    from engine.learning.portions import LearningFailed

    if why := _possible(life) or _short_of_room(life):
        raise CannotSleep(why)
    hours = _Hours()
    curriculum = _plan(life)
    _set_sleeping(life, True)
    before, recognised = copy_of_trained(life.composed), life.composed.gate.trained
    dreams = life.dreams
    try:
        night = nights.sleep(
            life, _Watch(caller, life), curriculum, dream=_dreams(life, curriculum), last_prompt=_last_prompt(life)
        )
        exposure = life.lifecycle.to_dict()
        if night.scale > 0:
            _age(life, curriculum)
        try:
            life.save()
        except BaseException:
            life.slept_in_vain_at = life.journal.count()
            put_trained(life.composed, before)
            life.composed.gate.trained = recognised
            life.dreams = dreams
            life.lifecycle = type(life.lifecycle).from_dict(exposure)
            raise
        told = _told(night, curriculum, life)
        _write_down(life, curriculum, night, hours, told[0])
    except Broken:
        headline = "Woken early: everything is as it was before this sleep."
        _note_down(life, NightRecord(hours.began, hours.now, "woken", headline))
        return headline
    except LearningFailed as error:
        life.slept_in_vain_at = life.journal.count()
        headline = f"A bad night: {error}. Everything is as it was before."
        _note_down(life, NightRecord(hours.began, hours.now, "failed", headline, str(error)))
        return headline
    finally:
        _set_sleeping(life, False)
    counts = Counter(verdict for verdict, _ in night.verdicts.values())
    caller.emit(
        Woke(
            caller.id,
            counts[Verdict.LEARNED],
            counts[Verdict.WEAK],
            counts[Verdict.REFUSED],
            night.loss_before,
            night.loss_after,
            told[0],
            night.scale if night.steps else None,
        )
    )
    return "\n".join(told)


def leave_sleep(life: Lifeform) -> None:
    """Take note that it sleeps no more, should it sleep."""
    if life.sleeping:
        _set_sleeping(life, False)


def _set_sleeping(life: Lifeform, sleeping: bool) -> None:
    """Take note that it falls asleep or wakes, on disk as well; the setting ``is_sleeping`` mirrors it."""
    if life.read_only:
        return  # it was given up in its sleep, and another one has its place
    with suppress(OSError):  # on a full disk it sleeps all the same
        if sleeping:
            life.home.asleep_path.touch()
        else:
            life.home.asleep_path.unlink(missing_ok=True)
    life.sleeping, life.waking, life.paused = sleeping, False, False
    life.config.set("controls_config.is_sleeping", sleeping, by="the lifeform")


def cut_off(life: Lifeform) -> str:
    """What to say of a sleep that a process did not live to end, once; empty when there was none."""
    marker = life.home.asleep_path
    if life.read_only or not marker.exists():
        return ""
    with suppress(OSError):
        marker.unlink()
    return "its last sleep was cut off; it goes on from the last state that was saved, and nothing before it is lost"


def dream(life: Lifeform, caller: Watcher) -> str:
    """Dream once, whatever the thresholds. Returns the line of the specification."""
    from engine.learning import sleep as nights
    from engine.learning.night import Broken

    if why := _possible(life):
        raise CannotSleep(why)
    curriculum = _plan(life)
    if not curriculum.lessons:
        return "No memories to dream on."
    life.waking = False
    try:
        night = nights.dream(life, _Watch(caller, life), curriculum, last_prompt=_last_prompt(life))
    except Broken:
        return "Woken early."
    _keep_questions(life, night)
    made = sum(map(len, night.questions.values()))
    similarity = max((one.similarity for one in night.dreams), default=0.0)
    boost = life.config.controls_config.dream_novelty_boost * max((one.novelty for one in night.dreams), default=0.0)
    return (
        f"Dreaming from prompt similarity: {similarity:.2f}, novelty boost: {boost:.2f}, "
        f"dream count: {len(life.dreams)}, questions generated: {made}"
    )


def _plan(life: Lifeform) -> Curriculum:
    from engine.learning.curriculum import plan_night
    from engine.learning.fitting import fitted

    curriculum = plan_night(life.journal, random.Random(life.composed.scaffold.lora.seed + life.journal.count()))
    curriculum = fitted(curriculum, _fits(life))
    # A dream of what was corrected or forgotten must not go on colouring what is said.
    life.dreams.drop([memory.id for memory in life.journal.memories.all() if not memory.current])
    return curriculum


def _last_prompt(life: Lifeform) -> str:
    last = life.journal.last(1)
    prompt = last[0].prompt[:2000] if last else ""
    return prompt if _fits(life)(prompt) else ""


def _fits(life: Lifeform) -> Callable[[str], bool]:
    """Tells whether the base can read a prompt and answer it as far as an audit wants to hear."""
    from engine.learning.audit import ANSWER_TOKENS
    from engine.learning.wording import Wording

    wording = Wording(life.composed.base, life.config.controls_config.system_prompt)
    return lambda text: wording.fits(text, ANSWER_TOKENS)


def _dreams(life: Lifeform, curriculum: Curriculum) -> bool:
    """Whether this night dreams."""
    controls = life.config.controls_config
    if not controls.enable_dreaming:
        return False
    swings = life.confidence.std() > controls.dream_swing_var
    moved = abs(life.temperament.score - life.slept_at_temperament) > controls.dream_lifecycle_delta
    unslept = any(not lesson.old for lesson in curriculum.lessons)
    return swings or unslept or (controls.dream_temperament_on and moved)


def _age(life: Lifeform, curriculum: Curriculum) -> None:
    training = life.config.training_config
    gain = exposure_gain(life.temperament.mood, training.exposure_gain_eager, training.exposure_gain_default)
    life.lifecycle.grow([lesson.text for lesson in curriculum.lessons], gain)
    temper = TemperamentSettings.of(life.config.controls_config)
    life.temperament.after_sleep(life.confidence.mean(), life.life, temper)
    life.slept_at_temperament = life.temperament.score
    life.last_trained = time.time()


def _note_down(life: Lifeform, night: NightRecord) -> None:
    """Keep a night in the diary that changed nothing else."""
    with life.journal.transaction():
        life.journal.nights.keep(night)


def _write_down(life: Lifeform, curriculum: Curriculum, night: Night, hours: _Hours, headline: str) -> None:
    journal, now = life.journal, hours.now
    with journal.transaction():
        for memory_id, (verdict, strength) in night.verdicts.items():
            journal.memories.judge(memory_id, verdict, strength, now, trained=night.scale > 0)
        journal.mark_slept(curriculum.slept, now)
        journal.nights.keep(_record(curriculum, night, hours.began, now, headline))
    _keep_questions(life, night)


def _record(curriculum: Curriculum, night: Night, began: float, ended: float, headline: str) -> NightRecord:
    texts = {lesson.memory_id: lesson.text for lesson in curriculum.lessons}
    asked = [NightQuestion(one.memory.id, one.question, one.answer, "" if one.kept else one.why) for one in night.asked]
    return NightRecord(
        began,
        ended,
        headline=headline,
        why=night.why,
        scale=night.scale,
        steps=night.steps,
        rows=night.rows,
        loss_before=night.loss_before,
        loss_after=night.loss_after,
        losses=thinned(night.losses),
        drifts=thinned(night.drifts),
        phases=tuple(night.seconds.items()),
        gate_raised_to=night.settled,
        new=sum(not lesson.old for lesson in curriculum.lessons),
        left=curriculum.left,
        memories=tuple(
            NightMemory(memory, texts.get(memory, ""), verdict.value, night.before.get(memory, 0.0), strength)
            for memory, (verdict, strength) in night.verdicts.items()
        ),
        dreams=tuple(NightDream(one.memory.id, one.similarity, one.novelty, one.noise) for one in night.dreams),
        questions=worth_keeping(asked),
        skipped=tuple((one.text, one.reason) for one in curriculum.skipped[:100]),
    )


def _keep_questions(life: Lifeform, night: Night) -> None:
    if life.read_only:
        return
    with life.journal.transaction():
        for memory_id, questions in night.questions.items():
            life.journal.memories.dreamt(memory_id, questions)


def _told(night: Night, curriculum: Curriculum, life: Lifeform) -> list[str]:
    """What is said on waking, the one line first."""
    if not curriculum.lessons and not curriculum.unlearned:
        return ["Slept well; there was nothing new to learn.", *_skipped(curriculum)]
    counts = Counter(verdict for verdict, _ in night.verdicts.values())
    if not night.steps:
        head = f"Dreamt of {len(night.dreams)} memories, and trained nothing."
    elif night.scale == 0:
        head = f"Slept, and kept nothing of it: {night.why}. The weights are those of before."
    else:
        loss = f"{night.loss_before:.2f} → {night.loss_after:.2f}" if night.loss_before is not None else "–"
        head = f"Learned {counts[Verdict.LEARNED]} of {len(night.verdicts)}; loss {loss}; mood {life.temperament.mood}."
    lines = [head]
    texts = {lesson.memory_id: lesson.text for lesson in curriculum.lessons}
    lines += [
        f"  {verdict.value}: {texts[memory]}" for memory, (verdict, _) in night.verdicts.items() if memory in texts
    ]
    if 0 < night.scale < 1:
        lines.append(f"Kept {night.scale:.0%} of the change, because with all of it {night.why}.")
    made = sum(map(len, night.questions.values()))
    lines.append(
        f"Dreams: {len(night.dreams)}, new questions kept: {made}. {night.steps} steps over {night.rows} rows."
    )
    if curriculum.left:
        lines.append(f"Left for the next night: {curriculum.left} more facts.")
    return lines + _skipped(curriculum)


def _skipped(curriculum: Curriculum) -> list[str]:
    return [f"  not learned ({one.reason}): {one.text}" for one in curriculum.skipped[:8]]
