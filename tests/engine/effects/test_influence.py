"""Settings of influence: how loudly the scaffold speaks, and what turns it up and down."""

from __future__ import annotations

from effects import effect_of
from observing import heard, stats, teach

from engine.composition.token_map import TokenMemory
from engine.interaction import live_through
from engine.lifeform import Lifeform


@effect_of("blend_strength", 0.0, 0.5, 1.0, given={"enable_lifecycle_weighting": False})
def test_blend_strength_turns_it_up(life: Lifeform) -> float:
    teach(life)
    return heard(life)[1]


@effect_of("gate_threshold", 0.4, 0.6, given={"enable_lifecycle_weighting": False}, seen=[True, False])
def test_a_higher_gate_keeps_the_scaffold_out(life: Lifeform) -> bool:
    teach(life, sure=0.0)  # r = 0.5
    return heard(life)[0] > 0


@effect_of("scaffold_weight_cap", 0.5, 0.75, 1.0, seen=[0.5, 0.75, 1.0])
def test_it_never_speaks_louder_than_the_cap(life: Lifeform) -> float:
    teach(life)
    life.pin_weight(1.0)
    return heard(life)[0]


@effect_of("dynamic_cross_attn_mode", None, "confidence", "temperament", seen=[0.4, 0.6, 0.5])
def test_confidence_or_temperament_turn_the_weight_up(life: Lifeform) -> float:
    teach(life)
    life.pin_weight(0.4)
    life.confidence.record(1.0)
    life.temperament.swing_to(0.75, life._temper)
    return round(heard(life)[0], 6)


@effect_of("enable_dynamic_cross_attention", False, True, given={"dynamic_cross_attn_mode": "confidence"})
def test_without_dynamic_cross_attention_the_weight_is_steady(life: Lifeform) -> float:
    teach(life)
    life.pin_weight(0.4)
    life.confidence.record(1.0)
    return abs(heard(life)[0] - 0.4)


@effect_of("enable_cross_attention", False, True, given={"enable_lifecycle_weighting": False})
def test_without_cross_attention_the_base_speaks_alone(life: Lifeform) -> tuple[float, float]:
    teach(life)
    return heard(life)


@effect_of("enable_lifecycle_weighting", False, True, seen=[0.9, 0.0])
def test_without_lifecycle_weighting_a_newborn_speaks_at_the_cap(life: Lifeform) -> float:
    teach(life)
    return heard(life)[0]


@effect_of("use_scaffold_memory", False, True, seen=[0, 1])
def test_what_is_said_with_the_memory_off_is_never_learned(life: Lifeform) -> int:
    before = life.journal.unslept()[0]
    live_through(life, "chat", "My cat is called Mia.", "I see.", stats())
    return life.journal.unslept()[0] - before


@effect_of("use_token_map_memory", False, True)
def test_what_is_said_gains_influence(life: Lifeform) -> int:
    life.composed.memory = TokenMemory()
    live_through(life, "chat", "My cat", "I see.", stats())
    return len(life.composed.memory)


@effect_of("memory_decay_rate", 0.0, 0.5, 0.95)
def test_a_gained_influence_fades(life: Lifeform) -> float:
    life.composed.memory = memory = TokenMemory()
    (cat, *_), (river, *_) = (life.composed.base.tokenizer(word)["input_ids"] for word in ("cat", "river"))
    assert cat != river
    for text in ("cat", "river", "river"):
        live_through(life, "chat", text, "I see.", stats())
    return memory.multiplier(cat, life.config.controls_config.memory_decay_rate)


@effect_of("sigmoid_scale", 0.1, 0.3, 1.0)
def test_a_higher_scale_grows_up_sooner(life: Lifeform) -> float:
    life.lifecycle.exposure = 3.0
    return life.growth


@effect_of("sigmoid_shift", 1.0, 5.0, 9.0, given={"lifecycle_curve": "sigmoid_linear"})
def test_a_higher_shift_grows_up_later(life: Lifeform) -> float:
    life.lifecycle.exposure = 3.0
    return life.growth


@effect_of("lifecycle_curve", "exponential", "sigmoid_linear", seen=[0.950213, 0.119203])
def test_the_curves_grow_up_in_their_own_way(life: Lifeform) -> float:
    life.lifecycle.exposure = 3.0
    return round(life.growth, 6)


@effect_of("lifecycle_capacity_factor", 0.01, 0.1)
def test_a_larger_factor_ages_more_slowly(life: Lifeform) -> float:
    return life.capacity
