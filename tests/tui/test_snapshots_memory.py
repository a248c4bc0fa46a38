"""How the memory room looks. ``pytest --snapshot-update`` accepts a new look."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from engine import NightRecord
from engine.api import MemoryAsked, Output, Passage
from engine.config import Config
from sovl_tui.app import SovlApp
from sovl_tui.screens.memory import MemoryScreen
from tests.tui import past
from tests.tui.fakes import FakeEngine
from tests.tui.stage import HOUSE, Stage

WIDE, NARROW, SMALL = (120, 40), (80, 24), (40, 12)
NOW = past.BEGAN + 4.5 * past.DAY
Act = Callable[[Stage], Awaitable[None]]


@pytest.fixture(autouse=True)
def same_time_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr("sovl_tui.screens.memory.time.time", lambda: NOW)


async def enter(stage: Stage) -> None:
    stage.engine.snapshot(dreams=((1, 0.41), (3, 0.53), (2, 0.66), (4, 0.81), (5, 1.0)))
    await stage.pilot.press("f5")
    await stage.settle()
    assert isinstance(stage.app.screen, MemoryScreen)


async def memories(stage: Stage) -> None:
    await enter(stage)


async def detail(stage: Stage) -> None:
    await enter(stage)
    await stage.pilot.press("down", "down", "enter")


async def asked(stage: Stage) -> None:
    await enter(stage)
    await stage.pilot.press("down", "down", "a")
    number = stage.engine.lines[-1][0]
    question = "When is the meeting with Ms Olufsen?"
    stage.engine.begin(number, "memories ask")
    stage.engine.put(Passage(number, "question", "Asked: ", question), Passage(number, "answer", "Answered: "))
    stage.engine.say(number, ["Your meeting with Ms Olufsen is on Tuesday. It is at half past nine in the small room."])
    stage.engine.put(MemoryAsked(number, 3, question, "", True), Output(number, "It knows: Tuesday."))
    stage.engine.finish(number, "Your meeting")


async def searched(stage: Stage) -> None:
    await enter(stage)
    await stage.pilot.press("slash", *"cello")


async def empty(stage: Stage) -> None:
    await stage.pilot.press("f5")


SHOTS = [
    (empty, (), WIDE, "dark"),
    (empty, (), SMALL, "light"),
    (memories, past.LIFE, WIDE, "dark"),
    (memories, past.LIFE, NARROW, "light"),
    (memories, past.LIFE, SMALL, "dark"),
    (asked, past.LIFE, WIDE, "light"),
    (asked, past.LIFE, NARROW, "dark"),
    (asked, past.LIFE, SMALL, "dark"),
    (detail, past.LIFE, NARROW, "dark"),
    (detail, past.LIFE, SMALL, "light"),
    (searched, past.LIFE, WIDE, "dark"),
    (searched, past.LIFE, SMALL, "light"),
]


@pytest.mark.parametrize(
    ("act", "nights", "size", "theme"),
    SHOTS,
    ids=[f"{act.__name__}-{size[0]}x{size[1]}-{theme}" for act, _, size, theme in SHOTS],
)
def test_look(
    act: Act,
    nights: tuple[NightRecord, ...],
    size: tuple[int, int],
    theme: str,
    tmp_path: Path,
    snap_compare: Callable[..., bool],
) -> None:
    engine = FakeEngine(tmp_path / "home")
    past.live_through(tmp_path / "home", *nights)
    config = Config()
    config.set("interface_config.theme", f"sovl-{theme}")
    config.set("interface_config.animations", False)
    app = SovlApp(engine, config, HOUSE)

    async def run_before(pilot: Pilot[None]) -> None:
        stage = Stage(app, engine, pilot)
        engine.awaken(stage="young", exposure=150.0, weight=0.31, learned=True)
        await stage.settle()
        await act(stage)
        await stage.settle()

    assert snap_compare(app, terminal_size=size, run_before=run_before)
