"""Settings of the mind: confidence, temperament and moods."""

from __future__ import annotations

from effects import effect_of
from lives import Ear
from observing import stats

from engine.interaction import live_through
from engine.lifeform import Lifeform
from engine.mind.temperament import Mood


def moods(life: Lifeform, mood: Mood) -> int:
    """How many of a hundred temperaments are that mood."""
    found = 0
    for score in range(100):
        life.temperament.swing_to(score / 100, life._temper)
        found += life.temperament.mood is mood
    return found


def after_answers(life: Lifeform, confidence: float, count: int = 1, start: float = 0.5) -> float:
    """T after so many answers that were so sure, from ``start`` on."""
    life.temperament.swing_to(start, life._temper)
    for _ in range(count):
        live_through(life, "chat", "hello", "hi", stats(confidence))
    return life.temperament.score


@effect_of("temp_eager_threshold", 0.7, 0.8, 0.9)
def test_a_higher_threshold_is_curious_less_often(life: Lifeform) -> int:
    return moods(life, Mood.CURIOUS)


@effect_of("temp_sluggish_threshold", 0.4, 0.5, 0.6)
def test_a_higher_threshold_is_restless_more_often(life: Lifeform) -> int:
    return moods(life, Mood.RESTLESS)


@effect_of("temp_curiosity_boost", 0.0, 0.25, 0.5)
def test_youth_lifts_the_temperament(life: Lifeform) -> float:
    return after_answers(life, 0.5)


@effect_of("conf_feedback_strength", 0.0, 0.2, 0.4, given={"temp_curiosity_boost": 0.0})
def test_a_sure_answer_lifts_the_temperament(life: Lifeform) -> float:
    return after_answers(life, 0.9)


@effect_of("temp_smoothing_factor", 0.0, 0.5, 1.0)
def test_smoothing_holds_the_temperament_back(life: Lifeform) -> float:
    return abs(after_answers(life, 0.9) - 0.5)


@effect_of("enable_temperament", False, True)
def test_switched_off_the_temperament_stays_where_it_is(life: Lifeform) -> float:
    return abs(after_answers(life, 0.9) - 0.5)


@effect_of("temperament_history_maxlen", 1, 3, 5, seen=[1, 3, 5])
def test_so_many_temperaments_are_remembered(life: Lifeform) -> int:
    after_answers(life, 0.6, count=6)
    return len(life.temperament.history)


@effect_of("confidence_history_maxlen", 1, 3, 5, seen=[1, 3, 5])
def test_so_many_answers_count(life: Lifeform) -> int:
    after_answers(life, 0.6, count=6)
    return len(life.confidence.values)


@effect_of("enable_confidence_tracking", False, True, seen=[0, 1])
def test_switched_off_confidence_is_not_measured(life: Lifeform) -> int:
    stats = life.generate(Ear(), "hello there", 2).stats
    assert (stats.confidence is None) == (life.confidence.last is None)
    return len(life.confidence.values)
