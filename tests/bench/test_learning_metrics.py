"""The bench's figures against values worked out by hand."""

from __future__ import annotations

import math
import random

import pytest

from bench.learning_metrics import (
    accuracy_at_the_end,
    auroc,
    backward_transfer,
    brier,
    calibration_error,
    calibration_error_on_other_half,
    distinct_bigrams,
    estimate,
    fitted_temperature,
    forward_transfer,
    mean,
    paired_difference,
    perplexity_drift,
    score,
    tempered,
)


def test_an_estimate_is_the_mean_over_all_values() -> None:
    found = estimate([("a", 1.0), ("a", 0.0), ("a", 0.0), ("b", 1.0)])
    assert found is not None
    assert (found.mean, found.n, found.clusters) == (0.5, 4, 2)
    assert found.low == pytest.approx(1 / 3)
    assert found.high == 1.0


def test_an_interval_is_wider_when_the_values_hang_together() -> None:
    values = [float(i % 2) for i in range(100)]
    apart = estimate(enumerate(values))
    together = estimate((i % 10, values[i]) for i in range(100))
    assert apart is not None
    assert together is not None
    assert apart.mean == together.mean == 0.5
    assert together.high - together.low > 2 * (apart.high - apart.low)


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    chance = random.Random(3)
    hits = 0
    for trial in range(60):
        found = estimate(((i, float(chance.random() < 0.7)) for i in range(60)), seed=trial)
        assert found is not None
        hits += found.low <= 0.7 <= found.high
    assert hits >= 51


def test_nothing_gives_no_estimate() -> None:
    assert estimate([]) is None
    assert mean([]) is None
    assert auroc([], [1.0]) is None
    assert calibration_error([], []) is None
    assert brier([], []) is None
    assert paired_difference([("a", 1.0)], [("b", 1.0)]) is None


def test_a_clear_difference_is_told_from_chance() -> None:
    better = [(str(i), 1.0) for i in range(20)]
    worse = [(str(i), float(i % 2)) for i in range(20)]
    found = paired_difference(better, worse)
    assert found is not None
    assert found.mean == 0.5
    assert found.low > 0
    assert found.p < 0.01
    same = paired_difference(worse, worse)
    assert same is not None
    assert (same.mean, same.p) == (0.0, 1.0)


def test_distinct_bigrams() -> None:
    assert distinct_bigrams(["Where is it", "where is she", "who"]) == pytest.approx(3 / 4)
    assert distinct_bigrams(["who", ""]) is None


def test_score_is_the_harmonic_mean() -> None:
    assert score(1.0, 0.5, 1.0) == pytest.approx(0.75)
    assert score(1.0, 0.0, 1.0) == 0.0


def test_perplexity_drift_is_a_ratio_of_perplexities() -> None:
    assert perplexity_drift(math.log(11), math.log(10)) == pytest.approx(0.1)
    assert perplexity_drift(2.0, 2.0) == 0.0


def test_retention() -> None:
    matrix = [[0.0, 0.1, 0.0], [1.0, 0.2, None], [0.8, 0.9, 0.3], [0.7, 0.8, 1.0]]
    assert accuracy_at_the_end(matrix) == pytest.approx(2.5 / 3)
    assert backward_transfer(matrix) == pytest.approx(((0.7 - 1.0) + (0.8 - 0.9)) / 2)
    assert forward_transfer(matrix) == pytest.approx(((0.2 - 0.1) + (0.3 - 0.0)) / 2)


def test_one_batch_has_no_transfer() -> None:
    assert backward_transfer([[0.0], [1.0]]) is None
    assert forward_transfer([[0.0], [1.0]]) is None


def test_auroc_counts_ties_half() -> None:
    assert auroc([3.0, 2.0], [1.0]) == 1.0
    assert auroc([1.0, 2.0], [1.0, 2.0]) == 0.5
    assert auroc([0.0], [1.0, 2.0]) == 0.0


def test_calibration_error_of_bins_of_equal_mass() -> None:
    assert calibration_error([0.8] * 10, [True] * 8 + [False] * 2, bins=1) == pytest.approx(0.0)
    assert calibration_error([0.9, 0.9, 0.1, 0.1], [True, True, False, False], bins=2) == pytest.approx(0.1)
    assert calibration_error([1.0], [False]) == 1.0
    sevens = [0.05 + 0.1 * (i % 10) for i in range(77)]
    assert calibration_error(sevens, [True] * 77) == pytest.approx(1 - sum(sevens) / 77)


def test_brier() -> None:
    assert brier([1.0, 0.5], [True, False]) == pytest.approx(0.125)


def test_temperature_mends_overconfidence() -> None:
    chance = random.Random(0)
    truth = [chance.uniform(0.5, 0.9) for _ in range(2000)]
    right = [chance.random() < p for p in truth]
    bold = [tempered(p, 0.4) for p in truth]
    assert fitted_temperature(bold, right) == pytest.approx(2.5, rel=0.15)
    fitted = calibration_error_on_other_half(bold, right, range(len(bold)))
    raw = calibration_error(bold, right)
    assert fitted is not None
    assert raw is not None
    assert fitted[1] < raw / 2


def test_too_few_values_are_not_fitted() -> None:
    assert calibration_error_on_other_half([0.5] * 19, [True] * 19, range(19)) is None
    assert calibration_error_on_other_half([0.5] * 40, [True] * 40, ["one fact"] * 40) is None


def test_what_hangs_together_is_fitted_or_tested_but_never_both() -> None:
    # Each fact is always right or always wrong, and says so by a confidence of its own: only leaking would help.
    chance = random.Random(0)
    facts = [(f"fact {i}", chance.random(), chance.random() < 0.5) for i in range(2)]
    values = [(one, fact) for one in range(20) for fact in facts]
    clusters, sure, right = zip(*(fact for _, fact in values), strict=True)
    fitted = calibration_error_on_other_half(sure, right, clusters)
    assert fitted is not None
    shares = [round(fitted[1], 9) == round(abs(float(ok) - tempered(p, fitted[0])), 9) for _, p, ok in facts]
    assert shares.count(True) == 1
