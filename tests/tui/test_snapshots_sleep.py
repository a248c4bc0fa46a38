"""How the sleep room looks in every phase of a night. ``pytest --snapshot-update`` accepts a new look."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from engine import NightRecord
from engine.api import Progress, SleepPhase
from tests.tui import past
from tests.tui.pictures import NARROW, SMALL, WIDE, Act, Size, picture
from tests.tui.stage import HOUSE, Stage

ROOMS = tuple(replace(room, follows=(SleepPhase,)) if room.name == "sleep" else room for room in HOUSE)


@pytest.fixture(autouse=True)
def same_time_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


async def begin(stage: Stage) -> int:
    number = await stage.say("/sleep")
    stage.engine.fall_asleep(number)
    return number


async def awake(stage: Stage) -> None:
    """With or without nights behind it."""
    await stage.pilot.press("f3")


async def falling(stage: Stage) -> None:
    await begin(stage)


async def replaying(stage: Stage) -> None:
    number = await begin(stage)
    stage.engine.phase(number, "dreaming")
    stage.engine.replay(number, 5)
    stage.engine.put(Progress(number, "asking itself", 40, 120, 9.0))


async def dreaming(stage: Stage) -> int:
    number = await begin(stage)
    stage.engine.phase(number, "dreaming")
    stage.engine.replay(number, 5)
    stage.engine.dream(number, 12)
    return number


async def dreamt(stage: Stage) -> None:
    await dreaming(stage)


async def training(stage: Stage) -> None:
    number = await dreaming(stage)
    stage.engine.phase(number, "training")
    stage.engine.learn(number, range(1, 46), 95)


async def held(stage: Stage) -> None:
    await training(stage)
    await stage.settle()
    stage.engine.snapshot(paused=True)


async def auditing(stage: Stage) -> None:
    await training(stage)
    number = stage.engine.lines[-1][0]
    stage.engine.learn(number, range(46, 96), 95)
    stage.engine.phase(number, "auditing")
    stage.engine.audit(number, ["learned", "weak", "refused", "learned"])


async def woke(stage: Stage) -> None:
    await training(stage)
    stage.engine.wake_up(stage.engine.lines[-1][0], 3, 1, 1)


async def rolled_back(stage: Stage) -> None:
    await awake(stage)
    await stage.settle()
    await stage.pilot.press("left")


async def diary(stage: Stage) -> None:
    await awake(stage)
    await stage.settle()
    await stage.pilot.press("d")


LIFE, NONE = past.LIFE, ()
SHOTS = [
    (awake, NONE, WIDE, "dark"),
    (awake, NONE, NARROW, "light"),
    (awake, NONE, SMALL, "dark"),
    (falling, NONE, NARROW, "dark"),
    (replaying, NONE, NARROW, "dark"),
    (dreamt, NONE, WIDE, "dark"),
    (dreamt, NONE, SMALL, "light"),
    (training, LIFE, WIDE, "dark"),
    (training, LIFE, WIDE, "light"),
    (training, NONE, NARROW, "light"),
    (training, NONE, SMALL, "dark"),
    (held, NONE, NARROW, "dark"),
    (auditing, LIFE, WIDE, "light"),
    (auditing, NONE, SMALL, "dark"),
    (woke, NONE, NARROW, "dark"),
    (awake, LIFE, WIDE, "dark"),
    (awake, LIFE, NARROW, "light"),
    (awake, LIFE, SMALL, "dark"),
    (rolled_back, LIFE, WIDE, "dark"),
    (rolled_back, LIFE, NARROW, "dark"),
    (diary, LIFE, NARROW, "dark"),
    (diary, LIFE, SMALL, "dark"),
    (auditing, LIFE, NARROW, "clear-dark"),
    (auditing, LIFE, NARROW, "clear-light"),
    (auditing, LIFE, NARROW, "mono"),
]


@pytest.mark.parametrize(
    ("act", "nights", "size", "theme"),
    SHOTS,
    ids=[f"{act.__name__}-{len(nights)}-{size[0]}x{size[1]}-{theme}" for act, nights, size, theme in SHOTS],
)
def test_look(
    act: Act,
    nights: tuple[NightRecord, ...],
    size: Size,
    theme: str,
    tmp_path: Path,
    snap_compare: Callable[..., bool],
) -> None:
    picture(act, size, theme, tmp_path, snap_compare, nights=nights, rooms=ROOMS)
