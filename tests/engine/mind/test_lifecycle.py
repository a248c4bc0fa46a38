"""Lifecycle: golden growth, ages, exposure counted once, and the influence weight."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.mind.lifecycle import (
    Lifecycle,
    Stage,
    capacity_of,
    dynamic_factor,
    exposure_gain,
    growth_of,
    influence_weight,
    life_of,
    life_weight,
    stage_of,
)
from engine.mind.temperament import Mood

CURVES = ("sigmoid_linear", "exponential")

shares = st.floats(0.0, 1.0)
exposures = st.floats(0.0, 1e6)
curves = st.sampled_from(CURVES)
scales = st.floats(0.001, 100.0)
shifts = st.floats(0.0, 1e6)
caps = st.floats(0.5, 1.0)


@pytest.mark.parametrize(
    ("exposure", "sigmoid_linear", "exponential"),
    [
        (0, 0.0759, 0.0000),
        (2, 0.1824, 0.6321),
        (5, 0.5000, 0.9000),
        (10, 0.9000, 0.9000),
        (50, 0.9000, 0.9000),
        (100, 0.9000, 0.9000),
        (150, 0.5000, 0.6065),
        (200, 0.0000, 0.3679),
        (250, 0.0000, 0.2231),
    ],
)
def test_golden_life_weights(exposure: float, sigmoid_linear: float, exponential: float) -> None:
    for curve, expected in zip(CURVES, (sigmoid_linear, exponential), strict=True):
        growth = growth_of(exposure, 100.0, curve, scale=0.5, shift=5.0)
        assert life_weight(growth, 0.9) == pytest.approx(expected, abs=5e-5)


@given(exposures, exposures, curves, scales, shifts)
def test_growth_keeps_its_bounds(exposure, capacity, curve, scale, shift) -> None:
    assert 0.0 <= growth_of(exposure, capacity, curve, scale, shift) <= 1.0


@given(exposures, exposures, curves, scales, shifts)
def test_growth_only_rises_until_capacity(one, other, curve, scale, shift) -> None:
    young, old = sorted((one, other))
    assert growth_of(young, 1e6, curve, scale, shift) <= growth_of(old, 1e6, curve, scale, shift)


@given(st.floats(1.0, 3.0), st.floats(1.0, 3.0), curves)
def test_growth_only_falls_past_capacity(one, other, curve) -> None:
    sooner, later = sorted((one, other))
    assert growth_of(1000 * sooner, 1000, curve, 0.5, 5.0) >= growth_of(1000 * later, 1000, curve, 0.5, 5.0)


def test_an_unknown_curve_is_refused() -> None:
    with pytest.raises(ValueError, match="sigmoid_linear"):
        growth_of(1.0, 100.0, "linear", 0.5, 5.0)


def test_capacity_follows_the_adapters() -> None:
    assert capacity_of(1_179_648, 0.01) == pytest.approx(11_796.48)
    assert life_of(50.0, 100.0) == 0.5
    assert life_of(50.0, 0.0) == 0.0


@pytest.mark.parametrize(
    ("life", "stage"),
    [
        (0.0, Stage.NEWBORN),
        (0.2499, Stage.NEWBORN),
        (0.25, Stage.YOUNG),
        (0.7499, Stage.YOUNG),
        (0.75, Stage.MATURE),
        (0.9999, Stage.MATURE),
        (1.0, Stage.ELDER),
        (7.0, Stage.ELDER),
    ],
)
def test_stages_begin_at_their_quarter(life: float, stage: Stage) -> None:
    assert stage_of(life) is stage


def test_only_curiosity_ages_at_the_eager_rate() -> None:
    assert exposure_gain(Mood.CURIOUS, 3.0, 2.0) == 3.0
    for mood in set(Mood) - {Mood.CURIOUS}:
        assert exposure_gain(mood, 3.0, 2.0) == 2.0


def test_without_lifecycle_weighting_the_cap_holds_from_birth() -> None:
    assert life_weight(0.0759, 0.9, enabled=False) == 0.9


@pytest.mark.parametrize(
    ("mode", "confidence", "temperament", "factor"),
    [
        ("confidence", 0.72, 0.5, 1.44),
        ("confidence", 0.9, 0.5, 1.5),
        ("confidence", 0.1, 0.5, 0.5),
        ("confidence", 0.5, 0.9, 1.0),
        ("temperament", 0.9, 0.675, 1.175),
        ("temperament", 0.9, 0.0, 0.5),
        ("temperament", 0.9, 1.0, 1.5),
        (None, 0.9, 1.0, 1.0),
    ],
)
def test_dynamic_modes(mode: str | None, confidence: float, temperament: float, factor: float) -> None:
    assert dynamic_factor(mode, confidence, temperament) == pytest.approx(factor)
    assert dynamic_factor(mode, confidence, temperament, enabled=False) == 1.0


def test_an_unknown_dynamic_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="neither confidence nor temperament"):
        dynamic_factor("moon", 0.5, 0.5)


def test_a_pinned_weight_takes_the_place_of_life() -> None:
    assert influence_weight(0.9, 1.0, life=0.3) == 0.3
    assert influence_weight(0.9, 1.0, life=0.3, pinned=0.8) == 0.8
    assert influence_weight(0.9, 1.0, life=0.3, pinned=0.0) == 0.0
    assert influence_weight(0.9, 1.5, life=0.3, pinned=0.8) == 0.9
    assert influence_weight(0.9, 0.5, life=0.3, pinned=0.8) == pytest.approx(0.4)


@given(caps, st.floats(0.5, 1.5), shares, st.none() | st.floats(0.0, 10.0))
def test_the_cap_is_never_exceeded(cap, dynamic, life, pinned) -> None:
    assert 0.0 <= influence_weight(cap, dynamic, life, pinned) <= cap


def test_an_interaction_is_lived_once() -> None:
    life = Lifecycle()
    assert life.grow(["hello", "my cat", "hello"], gain=2.0) == 2
    assert life.exposure == 4.0
    assert life.grow(["my cat", "my dog"], gain=3.0) == 1
    assert life.exposure == 7.0
    assert life.grow([], gain=3.0) == 0


@given(st.lists(st.lists(st.text(), max_size=5), max_size=5), st.floats(0.0, 10.0))
def test_exposure_counts_different_interactions(batches, gain) -> None:
    life = Lifecycle()
    new = sum(life.grow(batch, gain) for batch in batches)
    assert new == len({text for batch in batches for text in batch})
    assert life.exposure == pytest.approx(gain * new)
    again = Lifecycle.from_dict(life.to_dict())
    assert again == life
    assert again.grow(batches[0] if batches else [], gain) == 0


@pytest.mark.parametrize(
    "saved",
    [
        {},
        {"exposure": -1, "lived": []},
        {"exposure": float("nan"), "lived": []},
        {"exposure": 10**400, "lived": []},
        {"exposure": True, "lived": []},
        {"exposure": 1.0, "lived": [3]},
        {"exposure": 1.0},
    ],
)
def test_a_foreign_record_is_refused(saved) -> None:
    with pytest.raises(ValueError, match="lifecycle"):
        Lifecycle.from_dict(saved)
