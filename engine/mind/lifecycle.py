"""Growing up and growing old: how much was lived, and how loudly the scaffold may therefore speak.

Exposure E counts what was learned; capacity C is how much the adapters can hold. A newborn scaffold is almost silent,
it grows up within a few interactions, and past its capacity it fades. What confidence or temperament make of that, what
the user pinned and the cap together give the influence weight w.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import Any

from engine.mind.temperament import Mood

DYNAMIC_RANGE = (0.5, 1.5)
"""How far the dynamic modes turn influence down and up."""


class Stage(StrEnum):
    """The ages of life."""

    NEWBORN = "newborn"
    YOUNG = "young"
    MATURE = "mature"
    ELDER = "elder"


# -- age ---------------------------------------------------------------------------------------------------------------


def capacity_of(lora_parameters: int, factor: float) -> float:
    """Capacity C in units of exposure: ``factor`` for each adapter parameter."""
    return factor * lora_parameters


def life_of(exposure: float, capacity: float) -> float:
    """x = E / C: 0 newborn, 1 full. Without adapters there is nothing to fill, and life stays at 0."""
    return exposure / capacity if capacity > 0 else 0.0


def stage_of(life: float) -> Stage:
    """The age at ``life`` = E / C; the next one begins at 0.25, 0.75 and 1."""
    if life < 0.25:
        return Stage.NEWBORN
    if life < 0.75:
        return Stage.YOUNG
    return Stage.MATURE if life < 1.0 else Stage.ELDER


def growth_of(exposure: float, capacity: float, curve: str, scale: float, shift: float) -> float:
    """How grown up the scaffold is, in [0, 1].

    ``sigmoid_linear`` rises as 1 / (1 + exp(-scale (E - shift))) and past capacity falls in a straight line, to nothing
    at twice the capacity. ``exponential`` rises as 1 - exp(-scale E) and past capacity decays as exp(1 - E / C).
    Raises :class:`ValueError` for another ``curve``.
    """
    over = max(0.0, life_of(exposure, capacity) - 1.0)
    match curve:
        case "sigmoid_linear":
            return _sigmoid(scale * (exposure - shift)) * max(0.0, 1.0 - over)
        case "exponential":
            return -math.expm1(-scale * exposure) * math.exp(-over)
        case _:
            raise ValueError(f"lifecycle curve {curve!r} is neither sigmoid_linear nor exponential")


def exposure_gain(mood: Mood, eager: float, default: float) -> float:
    """What one new interaction adds to exposure: ``eager`` in a curious mood, else ``default``."""
    return eager if mood is Mood.CURIOUS else default


# -- influence ---------------------------------------------------------------------------------------------------------


def life_weight(growth: float, cap: float, *, enabled: bool = True) -> float:
    """w_life: ``growth`` up to ``cap``; with lifecycle weighting off, the cap from birth."""
    return min(cap, growth) if enabled else cap


def dynamic_factor(mode: str | None, confidence: float, temperament: float, *, enabled: bool = True) -> float:
    """m_dyn, what a dynamic mode multiplies the influence by, from 0.5 to 1.5.

    ``confidence`` is the mean of the confidence history, ``temperament`` the score T, both in [0, 1], neutral at 0.5.
    1 when switched off or without a mode. Raises :class:`ValueError` for an unknown mode.
    """
    if not enabled or mode is None:
        return 1.0
    match mode:
        case "confidence":
            wanted = 2.0 * confidence
        case "temperament":
            wanted = 0.5 + temperament
        case _:
            raise ValueError(f"dynamic cross-attention mode {mode!r} is neither confidence nor temperament")
    low, high = DYNAMIC_RANGE
    return max(low, min(high, wanted))


def influence_weight(cap: float, dynamic: float, life: float, pinned: float | None = None) -> float:
    """The influence weight w in [0, ``cap``]: ``dynamic`` times what the user ``pinned``, or else times w_life."""
    return max(0.0, min(cap, dynamic * (life if pinned is None else pinned)))


# -- the state ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Lifecycle:
    """What was lived so far."""

    exposure: float = 0.0
    """E, in units of exposure; never falls."""
    _lived: set[str] = field(default_factory=set)
    """Fingerprints of the interactions that were counted."""

    def grow(self, interactions: Iterable[str], gain: float) -> int:
        """Add ``gain`` for each of the ``interactions`` (their text, or any stable name) that is new to this life.

        Returns how many were new. What was counted once never counts again, in training and in sleep alike.
        """
        new = {_fingerprint(text) for text in interactions} - self._lived
        self._lived |= new
        self.exposure += gain * len(new)
        return len(new)

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready copy."""
        return {"exposure": self.exposure, "lived": sorted(self._lived)}

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Lifecycle:
        """The lifecycle that :meth:`to_dict` gave."""
        exposure, lived = saved.get("exposure"), saved.get("lived")
        if isinstance(exposure, bool) or not isinstance(exposure, int | float):
            raise ValueError("lifecycle: 'exposure' is missing or not a number")
        if not 0 <= exposure <= sys.float_info.max:
            raise ValueError(f"lifecycle: exposure {exposure!r} is not a finite number from 0")
        if not isinstance(lived, list) or not all(isinstance(mark, str) for mark in lived):
            raise ValueError("lifecycle: 'lived' is missing or not a list of fingerprints")
        return cls(float(exposure), set(lived))


def _fingerprint(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _sigmoid(z: float) -> float:
    """1 / (1 + exp(-z)), written so that neither end overflows."""
    return 1.0 / (1.0 + math.exp(-z)) if z >= 0 else math.exp(z) / (1.0 + math.exp(z))
