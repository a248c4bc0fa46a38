"""How sure the lifeform was of its recent answers.

Confidence c of an answer is the mean over its tokens of the largest next-token probability, in [0, 1]. It is measured
where the answer is made; here the last few values are kept, because temperament, sleep and dreams look at their mean
and spread rather than at one answer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from statistics import fmean, pstdev
from typing import Any

NEUTRAL = 0.5
"""What every rule takes for confidence when there is none."""

TRACE_LENGTH = 120
"""Values kept for plotting, whatever the length of the history."""


class ConfidenceHistory:
    """The confidence of the last ``maxlen`` answers, oldest first.

    While ``enabled`` is False nothing is recorded, ``last`` is None, and mean and spread are those of an empty history.
    What was recorded before is kept, and counts again once tracking is back on.
    """

    def __init__(self, maxlen: int, *, enabled: bool = True) -> None:
        self.enabled = enabled
        self._values: deque[float] = deque(maxlen=maxlen)
        self._trace: deque[float] = deque(maxlen=TRACE_LENGTH)

    @property
    def maxlen(self) -> int:
        """How many answers count."""
        return self._values.maxlen or 0

    @property
    def values(self) -> tuple[float, ...]:
        """The answers that count, oldest first; none while tracking is off."""
        return tuple(self._values) if self.enabled else ()

    @property
    def trace(self) -> tuple[float, ...]:
        """The last 120 recorded values, oldest first, for plotting. Stays readable while tracking is off."""
        return tuple(self._trace)

    @property
    def last(self) -> float | None:
        """Confidence of the last answer; None when nothing was recorded or tracking is off."""
        return self._values[-1] if self.enabled and self._values else None

    def mean(self) -> float:
        """Mean of :attr:`values`, 0.5 when there are none."""
        return fmean(self.values) if self.values else NEUTRAL

    def std(self) -> float:
        """Population standard deviation of :attr:`values`, 0 below two of them."""
        return pstdev(self.values) if len(self.values) > 1 else 0.0

    def record(self, confidence: float) -> None:
        """Append the confidence of one answer. Raises :class:`ValueError` outside [0, 1]."""
        value = _checked(confidence)
        if self.enabled:
            self._values.append(value)
            self._trace.append(value)

    def resize(self, maxlen: int) -> None:
        """Let ``maxlen`` answers count from now on; the newest stay."""
        self._values = deque(self._values, maxlen=maxlen)

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready copy. ``maxlen`` and ``enabled`` are settings and are not in it."""
        return {"values": list(self._values), "trace": list(self._trace)}

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any], maxlen: int, *, enabled: bool = True) -> ConfidenceHistory:
        """The history that :meth:`to_dict` gave, under the settings of now."""
        history = cls(maxlen, enabled=enabled)
        history._values.extend(_list(saved, "values"))
        history._trace.extend(_list(saved, "trace"))
        return history


def _checked(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value <= 1.0:
        raise ValueError(f"confidence {value!r} is not a number from 0 to 1")
    return float(value)


def _list(saved: Mapping[str, Any], name: str) -> list[float]:
    values = saved.get(name)
    if not isinstance(values, list):
        raise ValueError(f"confidence history: '{name}' is missing or not a list")
    return [_checked(value) for value in values]
