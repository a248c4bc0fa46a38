"""Thirty times a second while something happens, five times while not: take what the engine put out, hand it on once.

The engine never calls the screen. Text that came between two ticks arrives as one piece, and a snapshot that did not
change is not shown again, so what has to be drawn does not depend on how fast the model speaks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from engine.api import EngineState, Event, Outbox, Progress, Snapshot, StateChanged, TrainingStep
from sovl_tui.vitals import Vitals

BUSY_SECONDS = 1 / 30
IDLE_SECONDS = 1 / 5
CALM_TICKS = 15
"""Ticks without anything new before the pump slows down."""


class Sink(Protocol):
    """Where the pump delivers to."""

    def take(self, events: Sequence[Event]) -> None:
        """Events since the last tick, oldest first, at least one."""
        ...

    def show(self, vitals: Vitals) -> None:
        """A changed status."""
        ...


class Pump:
    """One :meth:`tick` drains the outbox. ``pace`` is told the seconds until the next one when that changes."""

    def __init__(self, outbox: Outbox, sink: Sink, pace: Callable[[float], None]) -> None:
        self._outbox = outbox
        self._sink = sink
        self._pace = pace
        self._calm = 0
        self._interval = IDLE_SECONDS
        self._shown: tuple[int, Progress | None] | None = None
        self._progress: Progress | None = None

    def hurry(self) -> None:
        """Expect news: something was just sent."""
        self._calm = 0
        self._set_pace(BUSY_SECONDS)

    def tick(self) -> bool:
        """Deliver what is new; True when there was anything."""
        events = self._outbox.drain()
        for event in events:
            if isinstance(event, Progress):
                self._progress = event
            elif isinstance(event, TrainingStep):
                self._progress = Progress(
                    event.id, f"training {event.step}/{event.steps}", event.step, event.steps, event.seconds_left
                )
            elif isinstance(event, StateChanged):
                self._progress = None
        snapshot = self._outbox.latest
        seen = (snapshot.version, self._progress)
        news = bool(events) or seen != self._shown
        if events:
            self._sink.take(events)
        if seen != self._shown:
            self._shown = seen
            self._sink.show(Vitals(snapshot, self._progress))
        self._settle_pace(news, snapshot)
        return news

    def _settle_pace(self, news: bool, snapshot: Snapshot) -> None:
        active = snapshot.state.busy or snapshot.state.starting or snapshot.state is EngineState.STOPPING
        self._calm = 0 if news or active else self._calm + 1
        self._set_pace(IDLE_SECONDS if self._calm > CALM_TICKS else BUSY_SECONDS)

    def _set_pace(self, seconds: float) -> None:
        if seconds != self._interval:
            self._interval = seconds
            self._pace(seconds)
