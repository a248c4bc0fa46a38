"""Who sleeps, who watches, and what became of a night."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from engine.api import EngineState, Event
from engine.learning.dreaming import DreamQuestion, DreamtOf
from engine.memory.memories import Verdict

if TYPE_CHECKING:
    from engine.composition.composition import Composition
    from engine.config import Config
    from engine.memory.dreams import DreamMemory
    from engine.mind.lifecycle import Lifecycle
    from engine.mind.temperament import Temperament


class Sleeper(Protocol):
    """Who sleeps: the parts of a lifeform that a night needs."""

    config: Config
    composition: Composition | None
    lifecycle: Lifecycle
    temperament: Temperament
    dreams: DreamMemory
    pinned_weight: float | None


class Watcher(Protocol):
    """Who watches, and may wake it."""

    @property
    def id(self) -> int:
        """What its events carry."""

    def emit(self, event: Event, /) -> None:
        """Take an event."""

    def cancelled(self) -> bool:
        """Whether to wake up now."""

    def enter(self, state: EngineState, note: str, /) -> None:
        """Show what is being done."""

    def attend(self, aside: Callable[[], AbstractContextManager[None]], /) -> None:
        """Answer what was said meanwhile, inside the context ``aside()``."""


@dataclass(slots=True)
class Night:
    """What became of one night.

    Attributes:
        verdicts: For each memory that was looked at its verdict and strength.
        before: For each memory that was looked at its strength before.
        questions: What dreams made of memories, the kept ones.
        asked: All that dreams made of memories.
        scale: Share of the change that was kept; 0 when the old weights were restored.
        settled: The threshold that the gate was raised to, measured before it was raised; None when it was not.
        loss_before: Loss of the first steps, nats per token; None when nothing was trained.
        loss_after: Loss of the last ones.
        losses: Loss of every step.
        drifts: Drift of every step, nats per token.
        seconds: How long each phase took.
        dreams: Which memories were dreamt of, and how.
        why: Why the change was not kept whole; empty when it was.
    """

    verdicts: dict[int, tuple[Verdict, float]] = field(default_factory=dict)
    before: dict[int, float] = field(default_factory=dict)
    questions: dict[int, list[str]] = field(default_factory=dict)
    asked: list[DreamQuestion] = field(default_factory=list)
    rows: int = 0
    steps: int = 0
    scale: float = 0.0
    settled: float | None = None
    loss_before: float | None = None
    loss_after: float | None = None
    losses: list[float] = field(default_factory=list)
    drifts: list[float] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    why: str = ""
    dreams: list[DreamtOf] = field(default_factory=list)


class Broken(Exception):
    """The night was broken off by the user."""
