"""Dream memory: what dreams leave behind, as vectors that fade.

Every dream takes a little weight from those before it; the faintest are dropped, and there is room for a few only.
Plain numbers: whoever dreams brings the vectors, and what else a dream leaves is only kept here.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(slots=True)
class Dream:
    """What one dream left.

    Attributes:
        memory_id: What was dreamt of.
        vector: A pooled vector, by which dreams are compared.
        weight: How much of the dream remains, in [0, 1].
        trace: What attention can read of it, by name; empty when it left nothing of the kind.
    """

    memory_id: int
    vector: tuple[float, ...]
    weight: float = 1.0
    trace: Mapping[str, Any] = field(default_factory=dict)


class DreamMemory:
    """The dreams that are still there, oldest first."""

    def __init__(self, dreams: Sequence[Dream] = ()) -> None:
        self.dreams = list(dreams)

    def __len__(self) -> int:
        return len(self.dreams)

    def add(self, memory_id: int, vector: Sequence[float], *, decay: float, threshold: float, most: int) -> None:
        """Keep a new dream at weight 1 after the older ones have faded.

        Args:
            memory_id: What was dreamt of.
            vector: What it left.
            decay: ``dream_memory_decay``: what the older ones keep of their weight.
            threshold: ``dream_prune_threshold``: fainter ones are dropped.
            most: ``dream_memory_maxlen``: of more, the lightest goes first.
        """
        for dream in self.dreams:
            dream.weight *= decay
        self.dreams = [dream for dream in self.dreams if dream.weight >= threshold]
        self.dreams.append(Dream(memory_id, tuple(vector)))
        while len(self.dreams) > most:
            self.dreams.remove(min(self.dreams, key=lambda dream: dream.weight))

    def novelty(self, vector: Sequence[float]) -> float:
        """1 − the highest cosine similarity to any dream, clipped to [0, 1]; 1 while there are none."""
        return min(1.0, max(0.0, 1.0 - max((cosine(vector, dream.vector) for dream in self.dreams), default=0.0)))

    def drop(self, memory_ids: Collection[int]) -> None:
        """Let go of every dream of these memories."""
        self.dreams = [dream for dream in self.dreams if dream.memory_id not in memory_ids]

    def copy(self) -> DreamMemory:
        """One that can fade by itself."""
        return DreamMemory([replace(dream) for dream in self.dreams])


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """Cosine similarity in [−1, 1]; 0 when a vector is empty or zero."""
    product = sum(a * b for a, b in zip(one, other, strict=False))
    lengths = math.sqrt(sum(a * a for a in one) * sum(b * b for b in other))
    return product / lengths if lengths else 0.0
