"""Which entry does a row of a long transcript belong to? Prefix sums over the heights, kept up to a change."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate


class RowIndex:
    """Heights in rows of a sequence of entries, and where each one starts."""

    def __init__(self, heights: Iterable[int] = ()) -> None:
        self._heights = list(heights)
        self._starts = [0]
        self._valid = 0

    def __len__(self) -> int:
        return len(self._heights)

    def replace_from(self, index: int, heights: Iterable[int]) -> None:
        """Take ``heights`` for entry ``index`` and all behind it."""
        self._heights[index:] = heights
        self._valid = min(self._valid, index)

    def set(self, index: int, height: int) -> bool:
        """Set one height; True when it differs from before."""
        if self._heights[index] == height:
            return False
        self._heights[index] = height
        self._valid = min(self._valid, index)
        return True

    def height(self, index: int) -> int:
        """Rows of entry ``index``."""
        return self._heights[index]

    def start(self, index: int) -> int:
        """First row of entry ``index``; for ``len(self)`` the number of all rows."""
        return self._prefix()[index]

    @property
    def total(self) -> int:
        """Number of rows."""
        return self._prefix()[-1]

    def locate(self, row: int) -> tuple[int, int]:
        """The entry that shows ``row`` and the row within it. ``row`` must lie in [0, total)."""
        starts = self._prefix()
        if not 0 <= row < starts[-1]:
            raise IndexError(f"row {row} is outside of 0 … {starts[-1] - 1}")
        index = bisect_right(starts, row) - 1
        return index, row - starts[index]

    def _prefix(self) -> list[int]:
        """Start rows, one more than entries."""
        valid = self._valid
        if valid < len(self._heights) or len(self._starts) != len(self._heights) + 1:
            base = self._starts[valid]
            self._starts[valid:] = accumulate(self._heights[valid:], initial=base)
            self._valid = len(self._heights)
        return self._starts
