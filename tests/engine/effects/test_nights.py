"""Settings of sleep and dreams: when it falls asleep, whether it dreams, of what, and what dreams leave."""

from __future__ import annotations

import random
from typing import Any

import pytest
from effects import effect_of
from observing import FACTS, Watch, heard, night, teach, trace_noise
from short_nights import shorten_nights

from engine import gestation
from engine.api import SleepPhase, TrainingStep
from engine.impulse import next_impulse
from engine.learning import sleep as nights
from engine.learning.dreaming import Dreamable, DreamSettings, replay
from engine.learning.night import Broken
from engine.lifeform import Lifeform
from engine.memory.dreams import Dream, DreamMemory

NOISELESS = {"dream_noise_scale": 0.01, "dream_novelty_boost": 0.0}


@pytest.fixture(autouse=True)
def short_nights(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nights are short, and dreams ask nothing."""
    shorten_nights(monkeypatch)
    monkeypatch.setattr(nights, "questions", lambda *_: [])


@pytest.fixture
def told(life: Lifeform, monkeypatch: pytest.MonkeyPatch) -> Lifeform:
    """It was told the facts, and always plans the same night."""
    life.set_config("context_length", 1024)
    for fact in FACTS:
        life.journal.record(conversation_id="a", prompt=fact, response="I see.", confidence_score=0.65)
    plan = gestation._plan(life)
    monkeypatch.setattr(gestation, "_plan", lambda _: plan)
    return life


# -- falling asleep ----------------------------------------------------------------------------------------------------


@pytest.fixture
def talked(life: Lifeform) -> Lifeform:
    """Ten interactions were had since the last sleep, at a mean confidence of 0.65."""
    for number in range(10):
        life.journal.record(conversation_id="a", prompt=f"hello {number}", response="hi", confidence_score=0.65)
    return life


@effect_of("sleep_conf_threshold", 0.5, 0.9, seen=[True, False])
def test_a_higher_threshold_keeps_it_awake(life: Lifeform, talked: Lifeform) -> bool:
    life.temperament.swing_to(0.7, life._temper)
    return life.tired


@effect_of("sleep_log_min", 5, 20, seen=[True, False])
def test_few_interactions_do_not_tire(life: Lifeform, talked: Lifeform) -> bool:
    return life.tired


@effect_of("enable_gestation", False, True, seen=[False, True])
def test_switched_off_it_never_falls_asleep_by_itself(life: Lifeform, talked: Lifeform) -> bool:
    return life.tired


@effect_of("temp_restless_drop", 0.0, 0.2, given={"sleep_conf_threshold": 0.7}, seen=[False, True])
def test_a_restless_one_sleeps_sooner(life: Lifeform, talked: Lifeform) -> bool:
    life.temperament.swing_to(0.5, life._temper)
    return life.tired


@effect_of("is_sleeping", False, True, seen=[False, True])
def test_sent_to_sleep_it_is_tired_whatever_the_thresholds(life: Lifeform) -> bool:
    return life.tired


@effect_of("has_woken", False, True, seen=[True, False])
def test_a_newborn_greets_the_world(life: Lifeform) -> bool:
    return next_impulse(life, quiet=1e6, now=0.0) is not None


@effect_of("sleep_quiet_seconds", 0.0, 10.0, 60.0, given={"enable_curiosity": False}, seen=[0, 7, 57])
def test_it_must_have_been_quiet(life: Lifeform, talked: Lifeform) -> float:
    impulse = next_impulse(life, quiet=3.0, now=0.0)
    assert impulse is not None and impulse.line == "/sleep"
    return impulse.seconds


@effect_of("enable_curiosity", False, True, given={"has_woken": True}, seen=[False, True])
def test_it_asks_of_its_own_accord(life: Lifeform) -> bool:
    life.curiosity.spoken([" hello"], [0.9])
    return next_impulse(life, quiet=1e6, now=0.0) is not None


@effect_of("curiosity_silence_seconds", 10.0, 60.0, seen=[7, 57])
def test_it_waits_for_a_silence(life: Lifeform) -> float:
    life.curiosity.spoken([" hello"], [0.9])
    impulse = next_impulse(life, quiet=3.0, now=0.0)
    assert impulse is not None
    return impulse.seconds


@effect_of("curiosity_cooldown_seconds", 0.0, 60.0, 600.0, seen=[0, 55, 595])
def test_it_does_not_ask_too_often(life: Lifeform) -> float:
    life.curiosity.asked(100.0)
    life.curiosity.spoken([" hello"], [0.9])
    impulse = next_impulse(life, quiet=1e6, now=105.0)
    assert impulse is not None
    return impulse.seconds


# -- nights ------------------------------------------------------------------------------------------------------------


@effect_of("sleep_time_factor", 0.5, 4.0)
def test_a_longer_night_takes_more_steps(life: Lifeform, told: Lifeform) -> int:
    return night(life, until=TrainingStep).of(TrainingStep)[0].steps


@effect_of("enable_sleep_training", False, True, seen=[0, 1])
def test_without_sleep_training_no_step_is_taken(life: Lifeform, told: Lifeform) -> int:
    return len(night(life, until=TrainingStep).of(TrainingStep))


@effect_of("enable_dreaming", False, True, given={"enable_sleep_training": False}, seen=[0, 1])
def test_without_dreaming_a_night_is_dreamless(life: Lifeform, told: Lifeform) -> int:
    return [event.phase for event in night(life).of(SleepPhase)].count("dreaming")


def dreams_tonight(life: Lifeform) -> bool:
    """Whether a night with nothing new to learn would dream."""
    asked: list[bool] = []

    def sleep(*_: Any, dream: bool, **__: Any) -> None:
        asked.append(dream)
        raise Broken

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nights, "sleep", sleep)
        night(life)
    return asked[0]


@effect_of("dream_swing_var", 0.05, 0.2, seen=[True, False])
def test_swings_of_confidence_bring_on_dreams(life: Lifeform) -> bool:
    for confidence in (0.4, 0.6):  # a standard deviation of 0.1
        life.confidence.record(confidence)
    return dreams_tonight(life)


@effect_of("dream_lifecycle_delta", 0.05, 0.2, seen=[True, False])
def test_a_move_of_temperament_brings_on_dreams(life: Lifeform) -> bool:
    life.slept_at_temperament = life.temperament.score - 0.1
    return dreams_tonight(life)


@effect_of("dream_temperament_on", False, True, seen=[False, True])
def test_temperament_may_have_no_say_in_dreams(life: Lifeform) -> bool:
    life.slept_at_temperament = life.temperament.score - 0.4
    return dreams_tonight(life)


# -- dreams ------------------------------------------------------------------------------------------------------------


def dream(life: Lifeform, *before: float) -> None:
    """Dream of three memories, with earlier dreams of these weights still there."""
    life.dreams = DreamMemory([Dream(1000 + n, (1.0, 0.0), weight) for n, weight in enumerate(before)])
    gestation.dream(life, Watch())


@effect_of("dream_noise_scale", 0.01, 0.05, 0.1, given={"dream_novelty_boost": 0.0})
def test_noise_disturbs_dreams(life: Lifeform, told: Lifeform) -> float:
    dream(life)
    return round(max(trace_noise(life)), 2)


@effect_of("dream_novelty_boost", 0.0, 0.05, given=NOISELESS)
def test_what_is_new_is_disturbed_more(life: Lifeform, told: Lifeform) -> float:
    dream(life)
    return round(max(trace_noise(life)), 2)


@effect_of("temp_melancholy_noise", 0.0, 0.05, given=NOISELESS)
def test_melancholy_disturbs_dreams(life: Lifeform, told: Lifeform) -> float:
    life.temperament.swing_to(0.05, life._temper)
    dream(life)
    return round(max(trace_noise(life)), 2)


@effect_of("dream_memory_maxlen", 5, 10, 20, seen=[5, 10, 20])
def test_so_many_dreams_are_kept(life: Lifeform, told: Lifeform) -> int:
    dream(life, *[1.0] * 30)
    return len(life.dreams)


@effect_of("dream_memory_decay", 0.5, 0.75, 1.0, seen=[0.5**3, 0.75**3, 1.0])
def test_older_dreams_fade(life: Lifeform, told: Lifeform) -> float:
    dream(life, 1.0)
    return life.dreams.dreams[0].weight


@effect_of("dream_prune_threshold", 0.1, 0.3, 0.6, given={"dream_memory_decay": 1.0}, seen=[3 + 3, 2 + 3, 1 + 3])
def test_faint_dreams_are_dropped(life: Lifeform, told: Lifeform) -> int:
    dream(life, 0.2, 0.5, 0.8)
    return len(life.dreams)


@effect_of("dream_memory_weight", 0.0, 0.1, 0.5, given={"enable_lifecycle_weighting": False})
def test_dreams_are_heard_by_their_weight(life: Lifeform, told: Lifeform) -> float:
    teach(life)
    without = heard(life)[1]
    dream(life)
    return abs(heard(life)[1] - without)


def like_the_last_prompt(life: Lifeform) -> int:
    """In how many of 200 lives with these settings that memory of four is dreamt of first, the oldest one."""
    taken: list[DreamSettings] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nights, "replay", lambda *a: taken.append(a[4]) or replay(*a))
        dream(life)
    memories = [Dreamable(number, f"fact {number}", "x") for number in range(4)]
    vectors = {0: [1.0, 0.0], 1: [0.1, 1.0], 2: [0.0, 1.0], 3: [-0.1, 1.0]}
    first = [
        replay(vectors, memories, [1.0, 0.0], DreamMemory(), taken[0], random.Random(seed), 1) for seed in range(200)
    ]
    return sum(drawn[0].memory.id == 0 for drawn in first)


@effect_of("dream_prompt_weight", 0.0, 0.5, 1.0)
def test_dreams_follow_the_last_prompt(life: Lifeform, told: Lifeform) -> int:
    return like_the_last_prompt(life)


@effect_of("enable_prompt_driven_dreams", False, True, given={"dream_prompt_weight": 1.0})
def test_dreams_may_be_of_anything(life: Lifeform, told: Lifeform) -> int:
    return like_the_last_prompt(life)
