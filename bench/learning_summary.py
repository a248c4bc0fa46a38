"""The figures of the table, computed from judged records.

Rates come as estimates with clustered intervals; what is no mean of outcomes (AUROC, ECE, perplexity) as plain numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Any

from bench.learning_metrics import (
    Estimate,
    auroc,
    brier,
    calibration_error,
    calibration_error_on_other_half,
    estimate,
    perplexity_drift,
    score,
)
from bench.learning_records import ELSEWHERE, Record

TAUGHT = ("canonical", "dev", "test")

_RATES: dict[str, tuple[tuple[str, ...], str]] = {
    "R": (("canonical",), "correct"),
    "G": (("test",), "correct"),
    "G dev": (("dev",), "correct"),
    "bleed": (ELSEWHERE, "bled"),
    "L": (("unrelated", "near_miss"), "identical"),
    "unrelated identical": (("unrelated",), "identical"),
    "near miss identical": (("near_miss",), "identical"),
    "unknown identical": (("unknown",), "identical"),
    "near miss and unknown identical": (("near_miss", "unknown"), "identical"),
    "common knowledge": (("known",), "correct"),
    "typo": (("typo",), "correct"),
    "small letters": (("lower",), "correct"),
    "yes/no": (("yes", "no"), "correct"),
    "noise": (("typo", "lower", "yes", "no"), "correct"),
    "R after small talk": (("canonical_after",), "correct"),
    "G after small talk": (("test_after",), "correct"),
    "old value": (("canonical", "test"), "old_value"),
}
"""Name of the rate, kinds of questions, field of the record. Records whose field is None are no part of it."""


def summarise(records: Sequence[Record]) -> dict[str, Any]:
    """All figures of one system in one mode, over one seed or several."""
    figures: dict[str, Any] = {name: _rate(records, *what) for name, what in _RATES.items()}
    parts = [figures[name] for name in ("R", "G", "L")]
    figures["S"] = score(*(part.mean for part in parts)) if all(parts) else None
    figures["knowledge kept"] = _rate([r for r in records if r["kind"] == "known" and r["base_correct"]])
    figures["length ratio"] = _length_ratio(records)
    figures["corrected R"] = _rate([r for r in records if r["kind"] == "canonical" and r["old_value"] is not None])
    figures["corrected G"] = _rate([r for r in records if r["kind"] == "test" and r["old_value"] is not None])
    with_scaffold = [{**r, "correct": r["weight"] > 0} for r in records if r["mode"] != "base"]
    figures["gate opens"] = {
        kind: _rate([r for r in with_scaffold if r["kind"] == kind])
        for kind in (*TAUGHT, *ELSEWHERE, "known")
        if with_scaffold
    }
    figures |= _confidence(records)
    return figures


def _rate(records: Iterable[Record], kinds: tuple[str, ...] = (), key: str = "correct") -> Estimate | None:
    return estimate(
        (record["cluster"], record[key])
        for record in records
        if record[key] is not None and (not kinds or record["kind"] in kinds)
    )


def _length_ratio(records: Sequence[Record]) -> float | None:
    unrelated = [record for record in records if record["kind"] == "unrelated"]
    before = sum(record["base_tokens"] for record in unrelated)
    return sum(record["tokens"] for record in unrelated) / before if before else None


# -- confidence --------------------------------------------------------------------------------------------------------


def _confidence(records: Sequence[Record]) -> dict[str, Any]:
    """Does it know what it knows: right against wrong, taught against never told."""
    answered = [r for r in records if r["kind"] in (*TAUGHT, "known") and r["confidence"] is not None]
    # Whatever is said about what nobody ever told is wrong.
    unknown = [{**r, "correct": False} for r in records if r["kind"] == "unknown" and r["confidence"] is not None]
    taught = [r for r in records if r["kind"] in TAUGHT]
    pool = [*answered, *unknown]
    values, right = [r["confidence"] for r in pool], [bool(r["correct"]) for r in pool]
    readings: dict[str, Callable[[Record], float | None]] = {
        "mean": lambda r: r["confidence"],
        **{name: _reading(name) for name in ("geometric", "least", "first", "margin")},
    }
    fitted = calibration_error_on_other_half(values, right, [r["cluster"] for r in pool])
    return {
        "AUROC right/wrong, taught": _auroc(taught, lambda r: r["confidence"]),
        "AUROC right/wrong, all": {name: _auroc(pool, reading) for name, reading in readings.items()},
        "ECE": calibration_error(values, right),
        "ECE fitted": fitted[1] if fitted else None,
        "temperature fitted": fitted[0] if fitted else None,
        "Brier": brier(values, right),
        "confidence answers": len(pool),
        "confidence percentiles": _percentiles([r["confidence"] for r in taught if r["confidence"] is not None]),
        "AUROC told/unknown, confidence": _told(records, ("unknown",), "confidence"),
        "AUROC told/unknown, gate": _told(records, ("unknown",), "recognition"),
        "AUROC told/elsewhere, gate": _told(records, ELSEWHERE, "recognition"),
    }


def _reading(name: str) -> Callable[[Record], float | None]:
    return lambda record: record["other_confidences"].get(name)


def _auroc(records: Sequence[Record], reading: Callable[[Record], float | None]) -> float | None:
    pairs = [(reading(record), record["correct"]) for record in records]
    right = [value for value, correct in pairs if correct and value is not None]
    wrong = [value for value, correct in pairs if correct is False and value is not None]
    return auroc(right, wrong)


def _told(records: Sequence[Record], others: tuple[str, ...], key: str) -> float | None:
    told = [r[key] for r in records if r["kind"] in TAUGHT and r[key] is not None]
    rest = [r[key] for r in records if r["kind"] in others and r[key] is not None]
    return auroc(told, rest)


def _percentiles(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        f"p{share}": ordered[min(len(ordered) - 1, share * len(ordered) // 100)]
        for share in (5, 25, 50, 75, 95)
        if ordered
    }


# -- drift -------------------------------------------------------------------------------------------------------------


def drift_figures(drifts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Perplexity and divergence over several runs' sums."""
    tokens = sum(drift["tokens"] for drift in drifts)
    if not tokens:
        return {}
    base, own, divergence = (sum(d[key] for d in drifts) / tokens for key in ("base_nats", "nats", "divergence"))
    return {
        "tokens": tokens,
        "base perplexity": math.exp(base),
        "perplexity": math.exp(own),
        "perplexity drift": perplexity_drift(own, base),
        "KL": divergence,
    }


def as_json(figures: Any) -> Any:
    """``figures`` with estimates as objects."""
    if isinstance(figures, Estimate):
        return asdict(figures)
    if isinstance(figures, dict):
        return {name: as_json(value) for name, value in figures.items()}
    return figures
