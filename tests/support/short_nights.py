"""Nights of a few steps over a few prompts, for tiny models: all that happens in a night, in a second."""

from __future__ import annotations

import pytest

from engine.learning import curriculum, dreaming
from engine.learning import sleep as nights


def shorten_nights(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every night of this process a short one that minds no bleed."""
    monkeypatch.setattr(nights, "_FEWEST_STEPS", 3)
    monkeypatch.setattr(nights, "_ROUNDS", 0.1)
    monkeypatch.setattr(nights, "_MOST_BLEED", 1.0)
    few_prompts = {
        "_UNKNOWN": 4,
        "_FEWEST_SHUT": 4,
        "_GENERIC_KEPT": 3,
        "_GENERIC_SHUT": 6,
        "_SHUT_PER_FACT": 2,
        "_CONTROLS": 4,
        "_PASSAGES_KEPT": 1,
        "_PROSE_SHUT": 2,
    }
    for name, few in few_prompts.items():
        monkeypatch.setattr(curriculum, name, few)
    monkeypatch.setattr(curriculum, "_NEW", curriculum.RowPlan(questions=5))
    monkeypatch.setattr(dreaming, "_BEGINNINGS", ("What", "Which"))
