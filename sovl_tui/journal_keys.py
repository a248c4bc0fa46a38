"""The keys of all journal entries that are shown, oldest first, whichever way they come in.

A search hands out the newest first, and what is written meanwhile comes after all of them. Two arrays take both at the
cost of a copy of what is new, however many there are already.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import overload


class JournalKeys(Sequence[int]):
    """Place to key."""

    def __init__(self) -> None:
        self._found = array("q")
        """Newest first."""
        self._written = array("q")
        """Oldest first, all newer than what was found."""

    def __len__(self) -> int:
        return len(self._found) + len(self._written)

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> list[int]: ...
    def __getitem__(self, index: int | slice) -> int | list[int]:
        """The key at a place, the oldest at 0; a slice gives a list."""
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        found = len(self._found)
        if not 0 <= index < len(self):
            raise IndexError(index)
        return self._found[found - 1 - index] if index < found else self._written[index - found]

    def __iter__(self) -> Iterator[int]:
        yield from reversed(self._found)
        yield from self._written

    def add_found(self, keys: Iterable[int]) -> None:
        """``keys``, newest first, are older than all that are here."""
        self._found.extend(keys)

    def add_written(self, keys: Iterable[int]) -> None:
        """``keys``, oldest first, are newer than all that are here."""
        self._written.extend(keys)

    def copy(self) -> JournalKeys:
        """The keys as they are now, for a thread that takes its time."""
        copied = JournalKeys()
        copied._found, copied._written = self._found[:], self._written[:]
        return copied
