"""Rows in batches for many epochs: of like length together, and what is frozen about them computed once."""

from __future__ import annotations

from collections.abc import Sequence

from engine.learning.encoding import Encoded
from engine.learning.exercise import Exercise
from engine.learning.learner import Heed, Learner

CACHE_BYTES = 1 << 29
"""What is frozen about rows is kept between epochs up to this size; beyond, it is computed anew each time."""


class Store:
    """What is frozen about batches, computed when first needed and kept while there is room."""

    def __init__(self, learner: Learner, heed: Heed) -> None:
        self._learner, self._heed = learner, heed
        self._kept: dict[tuple[Encoded, ...], list[Exercise]] = {}
        self._bytes = 0

    def exercises(self, batch: tuple[Encoded, ...]) -> list[Exercise]:
        """The exercises of ``batch``."""
        if batch in self._kept:
            return self._kept[batch]
        made = self._learner.prepare([(row.prompt, row.answer, True) for row in batch], self._heed)
        size = sum(_bytes(exercise) for exercise in made)
        if self._bytes + size <= CACHE_BYTES:
            self._kept[batch] = made
            self._bytes += size
        return made


def _bytes(exercise: Exercise) -> int:
    tensors = (exercise.states, exercise.answer_states, exercise.keys_values)
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors if tensor is not None)


class Batches:
    """Rows of like length in fixed batches.

    A batch is always the same rows, because in reduced precision what is computed about a row depends, in its last
    bits, on the rows beside it.
    """

    def __init__(self, store: Store, rows: Sequence[Encoded], size: int) -> None:
        ordered = sorted(rows, key=lambda row: (len(row.prompt), row.prompt, row.answer))
        self._batches = [tuple(ordered[start : start + size]) for start in range(0, len(ordered), size)]
        self._store = store
        self.sizes = [len(batch) for batch in self._batches]

    def __len__(self) -> int:
        return len(self._batches)

    def exercises(self, index: int) -> list[Exercise]:
        """Batch ``index``, prepared."""
        return self._store.exercises(self._batches[index])
