"""The loss of a running training as a curve in block characters. A step costs the same however many there were."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

_BINS = 240
"""More than any plot has columns."""
_EIGHTHS = " ▁▂▃▄▅▆▇█"


class LossCurve:
    """Losses of ``steps`` optimiser steps, averaged in bins over the whole way, so the future is empty space."""

    def __init__(self) -> None:
        self.first: float | None = None
        self.last: float | None = None
        self._sums = [0.0] * _BINS
        self._counts = [0] * _BINS

    def add(self, step: int, steps: int, loss: float) -> None:
        """Take the loss of step ``step`` of ``steps``, counted from 1; one that is no number is left out."""
        if not isfinite(loss) or steps < 1:
            return
        self.first = loss if self.first is None else self.first
        self.last = loss
        begin, end = ((min(max(place, 0), steps) * _BINS) // steps for place in (step - 1, step))
        for index in range(begin, max(end, begin + 1)):
            if index < _BINS:
                self._sums[index] += loss
                self._counts[index] += 1

    def columns(self, width: int) -> list[float | None]:
        """The mean loss in each of ``width`` columns; None where no step has been."""
        result: list[float | None] = []
        for column in range(width):
            begin = column * _BINS // width
            bins = range(begin, max(begin + 1, (column + 1) * _BINS // width))
            count = sum(self._counts[index] for index in bins)
            result.append(sum(self._sums[index] for index in bins) / count if count else None)
        return result


def blocks(values: Sequence[float | None], height: int) -> list[str]:
    """``values`` as columns of ``height`` rows, the highest one full; a column without a value is blank."""
    top = max((value for value in values if value is not None), default=0.0)
    levels = [0 if value is None else max(1, round(value / top * height * 8)) if top > 0 else 1 for value in values]
    return ["".join(_EIGHTHS[min(8, max(0, level - 8 * row))] for level in levels) for row in range(height - 1, -1, -1)]
