"""Work on many rows in portions that fit into memory: where one does not, the next ones are half as large."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

import torch

from engine.failures import out_of_memory

Item = TypeVar("Item")
Result = TypeVar("Result")


class LearningFailed(Exception):
    """The loss is not finite, has run away, or finds no memory; the text is one clear line."""


class MemoryFull(LearningFailed):
    """Not even one row at a time fits into memory."""

    def __init__(self) -> None:
        super().__init__("memory ran out, even with one row at a time")


class Portions:
    """How many rows are worked on at once; it only ever falls.

    Attributes:
        most: Rows.
    """

    def __init__(self, most: int) -> None:
        self.most = most

    def of(self, items: Sequence[Item]) -> Iterator[Sequence[Item]]:
        """The items in portions of the present size."""
        if len(items) <= self.most:
            yield items
            return
        size = self.most
        for start in range(0, len(items), size):
            yield items[start : start + size]

    def each(self, items: Sequence[Item], work: Callable[[Sequence[Item]], Result]) -> Iterator[Result]:
        """Do ``work`` on all items, a portion at a time, which must leave nothing behind where it fails.

        Raises:
            MemoryFull: When not even one item fits.
        """
        start = 0
        while start < len(items):
            left = items[start:]
            done, result = self.until_it_fits(len(left), partial(self._first, left, work), _nothing)
            start += done
            yield result

    def _first(self, items: Sequence[Item], work: Callable[[Sequence[Item]], Result]) -> tuple[int, Result]:
        portion = items[: self.most]
        return len(portion), work(portion)

    def until_it_fits(self, rows: int, work: Callable[[], Result], undo: Callable[[], object]) -> Result:
        """Do ``work``, which takes at most so many of its ``rows`` at once as there are in a portion.

        Whenever memory runs out portions are halved, ``undo`` takes back what was done, and it is begun again.

        Raises:
            MemoryFull: When not even one row fits.
        """
        while True:
            try:
                return work()
            except Exception as error:
                if not out_of_memory(error):
                    raise
            # Here the error is gone, and with it all that its frames held on to.
            undo()
            size = min(self.most, rows)
            if size <= 1:
                raise MemoryFull
            self.most = size // 2
            if torch.cuda.is_available():
                torch.cuda.empty_cache()


def _nothing() -> None:
    """For work that leaves nothing behind where it fails."""
