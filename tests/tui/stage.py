"""The app on a scripted engine, ready to be driven by a test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot

from engine.config import Config
from sovl_tui.app import SovlApp
from sovl_tui.conversation import Entry
from sovl_tui.rooms import LIVE, ROOMS, Room
from tests.tui.fakes import FakeEngine

HOUSE = tuple(
    Room(name, f"f{number}", f"F{number}", does, f"sovl_tui.screens.{name}:{name.capitalize()}Screen")
    for number, (name, does) in enumerate(
        (
            (LIVE, "the conversation, and how it is"),
            ("sleep", "the night: dreams, learning, verdicts"),
            ("journal", "everything that was said and done"),
            ("memory", "what it has learned"),
            ("config", "every setting"),
        ),
        start=2,
    )
)
"""The rooms as pictures show them: a fixed table, so that a new room changes none but its own."""

_MOST_TICKS = 1000
"""After so many it would never rest."""
_SLICE = 0.1
"""Seconds of one tick for finding out heights; how many ticks that takes shows nowhere."""


@dataclass
class Stage:
    """What a test holds."""

    app: SovlApp
    engine: FakeEngine
    pilot: Pilot[None]

    async def deliver(self) -> None:
        """Have the pump deliver what the engine put out, and the screen show it; heights out of view may be guesses."""
        self.app._pump.tick()
        await self.pilot.pause()

    async def settle(self) -> None:
        """Deliver, find out all heights, and paint, until there is nothing left to do and nothing moves any more."""
        before = None
        for _ in range(_MOST_TICKS):
            busy = self.app._pump.tick() or self.app.live.transcript.refine(_SLICE)
            await self.pilot.pause()
            now = [(node, node.region, node.virtual_size, node.scroll_offset) for node in self.app.screen.query("*")]
            if not busy and now == before:
                return
            before = now
        raise AssertionError(f"no rest after {_MOST_TICKS} ticks: the engine goes on talking, or the layout on moving")

    async def type(self, text: str) -> None:
        """Put text into the prompt as if typed, in one go."""
        self.app.live.prompt.insert(text)
        await self.pilot.pause()

    async def say(self, text: str) -> int:
        """Type a line, send it, and return its id."""
        await self.type(text)
        await self.pilot.press("enter")
        await self.settle()
        return self.engine.lines[-1][0]

    @property
    def entries(self) -> list[Entry]:
        return self.app.live.transcript.conversation.entries

    @property
    def screen_text(self) -> str:
        """What can be read on the screen."""
        compositor = self.app.screen._compositor
        return "\n".join("".join(part.text for part in strip).rstrip() for strip in compositor.render_strips())


@asynccontextmanager
async def on_stage(
    folder: Path,
    size: tuple[int, int] = (120, 40),
    *,
    theme: str = "sovl-dark",
    awake: bool = True,
    read_only: bool = False,
    opens: bool = False,
    rooms: Sequence[Room] = ROOMS,
) -> AsyncIterator[Stage]:
    """Run the app without a terminal; the lifeform is awake unless told otherwise.

    With ``opens`` the sleep room opens by itself.
    """
    engine = FakeEngine(folder / "home", read_only=read_only)
    config = Config()
    config.set("interface_config.theme", theme)
    config.set("interface_config.animations", False)
    config.set("interface_config.open_sleep", opens)
    app = SovlApp(engine, config, rooms)
    async with app.run_test(size=size) as pilot:
        stage = Stage(app, engine, pilot)
        if awake:
            engine.awaken()
        await stage.settle()
        yield stage
