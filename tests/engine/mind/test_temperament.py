"""Temperament: golden numbers, bounds, moods that do not flicker, and outbursts that pass."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.mind.temperament import (
    HYSTERESIS,
    TRACE_LENGTH,
    Mood,
    Temperament,
    TemperamentSettings,
    mood_of,
    sampling_temperature,
    sleep_threshold,
    stage_bias,
    target,
)

DEFAULT = TemperamentSettings()
LIVES = (0.0, 0.125, 0.5, 1.0, 1.5)

shares = st.floats(0.0, 1.0)
lives = st.floats(0.0, 3.0)
all_settings = st.builds(
    TemperamentSettings,
    temp_curiosity_boost=st.floats(0.0, 0.5),
    conf_feedback_strength=shares,
    temp_smoothing_factor=shares,
    temp_eager_threshold=st.floats(0.7, 0.9),
    temp_sluggish_threshold=st.floats(0.4, 0.6),
    temp_mood_influence=shares,
    enable_temperament=st.booleans(),
)
moods = st.none() | st.sampled_from(Mood)


def at(score: float, settings: TemperamentSettings = DEFAULT) -> Temperament:
    temperament = Temperament(5, settings)
    temperament.swing_to(score, settings)
    return temperament


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [
        (0.20, (-0.250, -0.500, -0.750, -1.000, -1.000)),
        (0.50, (0.500, 0.250, 0.000, -0.500, -0.500)),
        (0.72, (1.000, 0.800, 0.550, 0.050, 0.050)),
        (0.90, (1.000, 1.000, 1.000, 0.500, 0.500)),
    ],
)
def test_golden_targets(confidence: float, expected: tuple[float, ...]) -> None:
    # Past capacity the weight of age stays what it is at capacity.
    for life, value in zip(LIVES, expected, strict=True):
        assert target(confidence, life, DEFAULT) == pytest.approx(value, abs=1e-9)


def test_golden_path_from_zero() -> None:
    temperament = at(0.5)
    reached = {}
    for n in range(1, 21):
        temperament.after_interaction(0.72, 0.0, DEFAULT)
        reached[n] = temperament.u
    assert [round(reached[n], 3) for n in (1, 5, 10, 20)] == [0.100, 0.410, 0.651, 0.878]


@pytest.mark.parametrize(
    ("life", "bias"),
    [(0.0, 0.5), (0.125, 0.25), (0.25, -0.02), (0.74, -0.02), (0.75, 0.0), (0.875, -0.25), (1.0, -0.5)],
)
def test_age_lifts_then_settles_then_weighs(life: float, bias: float) -> None:
    assert stage_bias(life, 0.5, variance=0.1) == pytest.approx(bias)


def test_the_weight_of_age_ends_at_capacity() -> None:
    assert stage_bias(9.0, 0.5) == stage_bias(1.0, 0.5) == -0.5


def test_a_newborn_is_calm_at_three_quarters() -> None:
    newborn = Temperament(5, DEFAULT)
    assert (newborn.u, newborn.score, newborn.mood) == (0.5, 0.75, Mood.CALM)
    assert newborn.history == newborn.trace == ()


@pytest.mark.parametrize(
    ("score", "mood"),
    [
        (1.0, Mood.CURIOUS),
        (0.8, Mood.CURIOUS),
        (0.799, Mood.CALM),
        (0.6, Mood.CALM),
        (0.599, Mood.RESTLESS),
        (0.251, Mood.RESTLESS),
        (0.25, Mood.MELANCHOLIC),
        (0.0, Mood.MELANCHOLIC),
    ],
)
def test_moods_without_a_past(score: float, mood: Mood) -> None:
    assert mood_of(score, DEFAULT) is mood


@pytest.mark.parametrize(
    ("before", "score", "mood"),
    [
        (Mood.CURIOUS, 0.79, Mood.CURIOUS),
        (Mood.CURIOUS, 0.77, Mood.CALM),
        (Mood.CALM, 0.79, Mood.CALM),
        (Mood.RESTLESS, 0.61, Mood.RESTLESS),
        (Mood.RESTLESS, 0.63, Mood.CALM),
        (Mood.MELANCHOLIC, 0.26, Mood.MELANCHOLIC),
        (Mood.MELANCHOLIC, 0.28, Mood.RESTLESS),
        (Mood.MELANCHOLIC, 0.61, Mood.RESTLESS),
        (Mood.CURIOUS, 0.1, Mood.MELANCHOLIC),
    ],
)
def test_a_mood_holds_on_a_little(before: Mood, score: float, mood: Mood) -> None:
    assert mood_of(score, DEFAULT, before) is mood


@given(shares, moods, all_settings)
def test_a_constant_score_never_changes_the_mood_twice(score, before, settings) -> None:
    first = mood_of(score, settings, before)
    assert mood_of(score, settings, first) is first


@given(shares, st.floats(-HYSTERESIS / 2.1, HYSTERESIS / 2.1), all_settings, moods)
def test_a_tremble_smaller_than_the_hysteresis_flips_at_most_once(score, tremble, settings, before) -> None:
    seen = [before]
    for n in range(8):
        seen.append(mood_of(min(1.0, max(0.0, score + (tremble if n % 2 else -tremble))), settings, seen[-1]))
    settled = seen[2:]
    assert sum(a is not b for a, b in itertools.pairwise(settled)) <= 1


@given(shares, lives, st.floats(0.0, 0.25), all_settings)
def test_the_target_keeps_its_bounds(confidence, life, variance, settings) -> None:
    assert -1.0 <= target(confidence, life, settings, variance) <= 1.0


@given(shares, shares, lives, all_settings)
def test_more_confidence_never_lowers_the_target(one, other, life, settings) -> None:
    low, high = sorted((one, other))
    assert target(low, life, settings) <= target(high, life, settings)


@given(shares, lives, lives, all_settings)
def test_more_age_never_lifts_the_target(confidence, one, other, settings) -> None:
    young, old = sorted((one, other))
    assert target(confidence, young, settings) >= target(confidence, old, settings)


@given(st.lists(st.tuples(shares, lives, st.booleans()), max_size=30), all_settings)
def test_the_score_keeps_its_bounds(steps, settings) -> None:
    temperament = Temperament(5, settings)
    for confidence, life, slept in steps:
        (temperament.after_sleep if slept else temperament.after_interaction)(confidence, life, settings)
        assert 0.0 <= temperament.score <= 1.0
        assert temperament.mood in Mood
    assert len(temperament.history) == (min(5, len(steps)) if settings.enable_temperament else 0)


@pytest.mark.parametrize(
    "frozen", [TemperamentSettings(temp_smoothing_factor=1.0), TemperamentSettings(enable_temperament=False)]
)
def test_full_smoothing_and_switched_off_freeze_the_score(frozen: TemperamentSettings) -> None:
    temperament = Temperament(5, frozen)
    for confidence in (0.0, 1.0, 0.2):
        temperament.after_interaction(confidence, 1.0, frozen)
        temperament.after_sleep(confidence, 1.0, frozen)
    assert temperament.score == 0.75


def test_a_sleep_goes_all_the_way() -> None:
    temperament = Temperament(5, DEFAULT)
    temperament.after_sleep(0.72, 0.5, DEFAULT)
    assert temperament.u == pytest.approx(0.55)
    half = TemperamentSettings(temp_smoothing_factor=0.5)
    temperament.after_sleep(0.5, 1.0, half)
    assert temperament.u == pytest.approx((0.55 - 0.5) / 2)


def test_unrest_of_the_middle_age_lowers_the_target() -> None:
    temperament = Temperament(2, DEFAULT)
    temperament.after_sleep(0.9, 0.5, DEFAULT)
    temperament.after_sleep(0.1, 0.5, DEFAULT)
    assert temperament.history == (1.0, 0.0)
    temperament.after_sleep(0.5, 0.5, DEFAULT)
    assert temperament.u == pytest.approx(-0.2 * 0.25)


def test_switched_off_the_mood_still_follows_the_thresholds() -> None:
    off = TemperamentSettings(enable_temperament=False)
    temperament = Temperament(5, off)
    eager = TemperamentSettings(enable_temperament=False, temp_eager_threshold=0.7)
    temperament.reread(eager)
    assert temperament.mood is Mood.CURIOUS


@pytest.mark.parametrize(("u", "expected"), [(0.35, 0.805), (-1.0, 0.5), (1.0, 1.0), (0.0, 0.7)])
def test_golden_sampling_temperatures(u: float, expected: float) -> None:
    moved = TemperamentSettings(temp_mood_influence=1.0)
    assert sampling_temperature(0.7, (u + 1) / 2, moved) == pytest.approx(expected)
    assert sampling_temperature(0.7, (u + 1) / 2, DEFAULT) == 0.7


def test_an_explicit_temperature_wins_and_switched_off_mood_has_no_say() -> None:
    moved = TemperamentSettings(temp_mood_influence=1.0)
    assert sampling_temperature(0.7, 1.0, moved, explicit=0.0) == 0.0
    off = TemperamentSettings(temp_mood_influence=1.0, enable_temperament=False)
    assert sampling_temperature(0.7, 1.0, off) == 0.7


@given(st.floats(0.5, 1.5), shares, all_settings)
def test_sampling_temperatures_stay_in_their_range(base, score, settings) -> None:
    assert 0.5 <= sampling_temperature(base, score, settings) <= 1.5


def test_only_restlessness_lowers_the_sleep_threshold() -> None:
    assert sleep_threshold(0.7, Mood.RESTLESS, 0.1) == pytest.approx(0.6)
    assert sleep_threshold(0.5, Mood.RESTLESS, 0.5) == 0.0
    for mood in set(Mood) - {Mood.RESTLESS}:
        assert sleep_threshold(0.7, mood, 0.1) == 0.7


@given(shares, shares, st.lists(shares, max_size=5))
def test_an_outburst_passes_without_a_trace(start, peak, confidences) -> None:
    temperament = at(start)
    for confidence in confidences:
        temperament.after_interaction(confidence, 0.1, DEFAULT)
    before, point = temperament.to_dict(), temperament.hold()
    temperament.swing_to(peak, DEFAULT)
    assert temperament.score == pytest.approx(peak)
    temperament.restore(point)
    assert temperament.to_dict() == before


@given(st.lists(shares, max_size=150), all_settings)
def test_it_comes_back_as_it_was(confidences, settings) -> None:
    temperament = Temperament(7, settings)
    for confidence in confidences:
        temperament.after_interaction(confidence, 0.3, settings)
    again = Temperament.from_dict(temperament.to_dict(), 7, settings)
    assert again.to_dict() == temperament.to_dict()
    assert len(again.trace) <= TRACE_LENGTH


def test_resizing_keeps_the_newest_scores() -> None:
    temperament = Temperament(5, DEFAULT)
    for confidence in (0.1, 0.9, 0.4):
        temperament.after_interaction(confidence, 0.0, DEFAULT)
    newest = temperament.history[-2:]
    temperament.resize(2)
    assert temperament.history == newest


@pytest.mark.parametrize(
    "change",
    [{"u": 2}, {"u": None}, {"u": float("nan")}, {"mood": "hungry"}, {"mood": []}, {"history": [3.0]}, {"trace": "x"}],
)
def test_a_foreign_record_is_refused(change) -> None:
    saved = Temperament(5, DEFAULT).to_dict() | change
    with pytest.raises(ValueError, match="temperament"):
        Temperament.from_dict(saved, 5, DEFAULT)


def test_settings_are_read_by_name_from_a_configuration() -> None:
    from engine.config import Config

    config = Config()
    assert TemperamentSettings.of(config.controls_config) == DEFAULT
    config.set("temp_smoothing_factor", 0.25)
    assert TemperamentSettings.of(config.controls_config).temp_smoothing_factor == 0.25
