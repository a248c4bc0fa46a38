"""How the memory room looks. ``pytest --snapshot-update`` accepts a new look."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine import NightRecord
from engine.api import MemoryAsked, Output, Passage
from sovl_tui.screens.memory import MemoryScreen
from tests.tui import past
from tests.tui.pictures import NARROW, SMALL, WIDE, Act, Size, picture
from tests.tui.stage import Stage

NOW = past.BEGAN + 4.5 * past.DAY


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
    size: Size,
    theme: str,
    tmp_path: Path,
    snap_compare: Callable[..., bool],
) -> None:
    picture(act, size, theme, tmp_path, snap_compare, nights=nights)
