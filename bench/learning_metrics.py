"""The figures of the learning bench, as plain functions of lists: rates with intervals, retention, confidence.

Definitions follow the literature on model editing (reliability, generality, locality), continual learning (ACC, BWT,
FWT: Lopez-Paz & Ranzato, 2017) and calibration (ECE with equal-mass bins). No torch here, and no idea of what a
lifeform is.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

RESAMPLES = 2000
"""Bootstrap resamples behind every interval."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its 95 % interval.

    Attributes:
        mean: Over all values.
        low: 2.5th percentile of the bootstrap.
        high: 97.5th percentile.
        n: How many values.
        clusters: How many independent things they come from.
    """

    mean: float
    low: float
    high: float
    n: int
    clusters: int


def estimate(values: Iterable[tuple[Hashable, float]], seed: int = 0) -> Estimate | None:
    """Mean and percentile-bootstrap interval of ``(cluster, value)`` pairs; None without any.

    Whole clusters are resampled: the paraphrases of a fact, and the same fact under several seeds, are not independent.
    """
    clusters: dict[Hashable, list[float]] = defaultdict(list)
    for cluster, value in values:
        clusters[cluster].append(float(value))
    if not clusters:
        return None
    sums = [(sum(group), len(group)) for group in clusters.values()]
    total, count = (sum(column) for column in zip(*sums, strict=True))
    chance = random.Random(seed)
    means = sorted(_ratio(chance.choices(sums, k=len(sums))) for _ in range(RESAMPLES))
    return Estimate(total / count, _percentile(means, 0.025), _percentile(means, 0.975), int(count), len(clusters))


def _ratio(groups: Sequence[tuple[float, int]]) -> float:
    return sum(total for total, _ in groups) / sum(count for _, count in groups)


def _percentile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


@dataclass(frozen=True, slots=True)
class Difference:
    """One system less another on the same questions: mean, 95 % interval, and a two-sided bootstrap p."""

    mean: float
    low: float
    high: float
    p: float
    clusters: int


def paired_difference(
    one: Iterable[tuple[Hashable, float]], other: Iterable[tuple[Hashable, float]], seed: int = 0
) -> Difference | None:
    """Compare two systems cluster by cluster, over the clusters that both have; None without any."""
    mine, theirs = _means(one), _means(other)
    both = [mine[cluster] - theirs[cluster] for cluster in mine if cluster in theirs]
    if not both:
        return None
    chance = random.Random(seed)
    means = sorted(sum(chance.choices(both, k=len(both))) / len(both) for _ in range(RESAMPLES))
    beyond = min(sum(mean <= 0 for mean in means), sum(mean >= 0 for mean in means))
    p = min(1.0, 2 * (beyond + 1) / (RESAMPLES + 1))
    return Difference(sum(both) / len(both), _percentile(means, 0.025), _percentile(means, 0.975), p, len(both))


def _means(values: Iterable[tuple[Hashable, float]]) -> dict[Hashable, float]:
    groups: dict[Hashable, list[float]] = defaultdict(list)
    for cluster, value in values:
        groups[cluster].append(float(value))
    return {cluster: sum(group) / len(group) for cluster, group in groups.items()}


# -- one number, drift -------------------------------------------------------------------------------------------------


def score(reliability: float, generality: float, locality: float) -> float:
    """S: the harmonic mean of R, G and L; 0 when one of them is."""
    parts = (reliability, generality, locality)
    return 3 / sum(1 / part for part in parts) if all(part > 0 for part in parts) else 0.0


def perplexity_drift(cross_entropy: float, base_cross_entropy: float) -> float:
    """exp(CE) / exp(CE of the base) − 1, both in nats per token."""
    return math.exp(cross_entropy - base_cross_entropy) - 1


# -- retention ---------------------------------------------------------------------------------------------------------

Matrix = Sequence[Sequence[float | None]]
"""``A[t][i]``: accuracy on batch ``i`` (from 0) after sleep ``t``; row 0 is before any sleep. None: not asked."""


def accuracy_at_the_end(matrix: Matrix) -> float:
    """ACC: the mean over batches after the last sleep."""
    last = [value for value in matrix[-1] if value is not None]
    return sum(last) / len(last)


def backward_transfer(matrix: Matrix) -> float | None:
    """BWT: how much later sleeps changed what a batch had just after its own; None with one batch."""
    changes = [
        _known(matrix[-1][i]) - _known(matrix[i + 1][i])
        for i in range(len(matrix) - 2)
        if matrix[i + 1][i] is not None and matrix[-1][i] is not None
    ]
    return sum(changes) / len(changes) if changes else None


def forward_transfer(matrix: Matrix) -> float | None:
    """FWT: how much better a batch is answered just before it is taught than before any sleep; None with one batch."""
    gains = [
        _known(matrix[i][i]) - _known(matrix[0][i])
        for i in range(1, len(matrix) - 1)
        if matrix[i][i] is not None and matrix[0][i] is not None
    ]
    return sum(gains) / len(gains) if gains else None


def _known(value: float | None) -> float:
    if value is None:
        raise ValueError("this cell of the retention matrix was not measured")
    return value


# -- confidence --------------------------------------------------------------------------------------------------------


def auroc(positives: Sequence[float], negatives: Sequence[float]) -> float | None:
    """P(a positive scores higher than a negative), ties half; None when one side is empty."""
    if not positives or not negatives:
        return None
    wins = sum((p > n) + 0.5 * (p == n) for p in positives for n in negatives)
    return wins / (len(positives) * len(negatives))


def calibration_error(confidences: Sequence[float], right: Sequence[bool], bins: int = 10) -> float | None:
    """ECE over bins of equal mass: the mean distance of accuracy and confidence; None without values."""
    pairs = sorted(zip(confidences, right, strict=True))
    count = len(pairs)
    if not count:
        return None
    bins = min(bins, count)
    edges = [round(count * number / bins) for number in range(bins + 1)]
    error = 0.0
    for start, end in pairwise(edges):
        group = pairs[start:end]
        gap = abs(sum(ok for _, ok in group) - sum(confidence for confidence, _ in group))
        error += gap / count
    return error


def brier(confidences: Sequence[float], right: Sequence[bool]) -> float | None:
    """Mean squared distance of confidence and truth; None without values."""
    pairs = list(zip(confidences, right, strict=True))
    return sum((confidence - ok) ** 2 for confidence, ok in pairs) / len(pairs) if pairs else None


def tempered(confidence: float, temperature: float) -> float:
    """A confidence made milder (temperature > 1) or bolder: sigmoid(logit / temperature)."""
    return 1 / (1 + math.exp(-_logit(confidence) / temperature))


def _logit(confidence: float) -> float:
    inside = min(max(confidence, 1e-6), 1 - 1e-6)
    return math.log(inside / (1 - inside))


def fitted_temperature(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """The temperature of least log loss, from a grid of 0.1 to 10."""
    # How far each answer's logit speaks against what happened; its softplus is the log loss.
    against = [-_logit(value) if ok else _logit(value) for value, ok in zip(confidences, right, strict=True)]

    def loss(temperature: float) -> float:
        return sum(max(x, 0.0) + math.log1p(math.exp(-abs(x))) for x in (logit / temperature for logit in against))

    return min((10 ** (step / 40) for step in range(-40, 41)), key=loss)


def calibration_error_on_other_half(
    confidences: Sequence[float], right: Sequence[bool], clusters: Sequence[Hashable], seed: int = 0
) -> tuple[float, float] | None:
    """A temperature fitted on one half, and the ECE on the other with it; None with fewer than 20 values.

    Clusters stay together: a fact whose paraphrases were in both halves would be fitted and tested at once.
    """
    order = list(dict.fromkeys(clusters))
    if len(confidences) < 20 or len(order) < 2:
        return None
    random.Random(seed).shuffle(order)
    first = set(order[: len(order) // 2])
    fit, rest = ([i for i, own in enumerate(clusters) if (own in first) is half] for half in (True, False))
    temperature = fitted_temperature([confidences[i] for i in fit], [right[i] for i in fit])
    error = calibration_error([tempered(confidences[i], temperature) for i in rest], [right[i] for i in rest])
    return (temperature, error) if error is not None else None


def distinct_bigrams(texts: Iterable[str]) -> float | None:
    """distinct-2 (Li et al., 2016): the share of different pairs among all pairs of neighbouring words."""
    pairs = [pair for text in texts for pair in pairwise(text.casefold().split())]
    return len(set(pairs)) / len(pairs) if pairs else None


def mean(values: Iterable[float]) -> float | None:
    """The mean; None without values."""
    listed = list(values)
    return sum(listed) / len(listed) if listed else None
