"""The rooms of the app, in one table: keys, help, palette and the line at the top are made from it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.api import Event, SleepPhase, Woke

LIVE = "live"
"""The room that all others lead back to."""


@dataclass(frozen=True, slots=True)
class Room:
    """One room. Nothing of it is imported before one goes there."""

    name: str
    """One short word; what the line at the top shows."""
    key: str
    shown: str
    """The key as people write it."""
    does: str
    """What one finds there, in a few words."""
    screen: str
    """Where its :class:`~sovl_tui.screens.room.RoomScreen` is: ``module:class``."""
    follows: tuple[type[Event], ...] = ()
    """Events that it must not miss: at the first of them it is made, and from then on told of all, seen or not."""


ROOMS: tuple[Room, ...] = (
    Room(LIVE, "f2", "F2", "the conversation, and how it is", "sovl_tui.screens.live:LiveScreen"),
    Room(
        "sleep",
        "f3",
        "F3",
        "the night: dreams, learning, verdicts",
        "sovl_tui.screens.sleep:SleepScreen",
        follows=(SleepPhase,),
    ),
    Room("journal", "f4", "F4", "everything that was said and done", "sovl_tui.screens.journal:JournalScreen"),
    Room("memory", "f5", "F5", "what it has learned", "sovl_tui.screens.memory:MemoryScreen", follows=(Woke,)),
    Room("config", "f6", "F6", "every setting", "sovl_tui.screens.config:ConfigScreen"),
)
"""From left to right."""
