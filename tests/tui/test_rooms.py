"""From room to room: keys, tabs, Esc, who is told what."""

from __future__ import annotations

import pkgutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.app import ComposeResult
from textual.widgets import Static

from engine.api import Dreamt, EngineState, Event, Notice
from sovl_tui.app import SovlApp
from sovl_tui.keymap import APP_KEYS, ROOM_KEYS, KeySpec
from sovl_tui.rooms import ROOMS, Room
from sovl_tui.screens.room import RoomScreen
from sovl_tui.vitals import Vitals
from tests.tui.stage import on_stage

NIGHT = Dreamt(1, "My cat is called Mia.", "Who is Mia?", "My cat", True)


class Parlour(RoomScreen):
    """Notes what it is told."""

    KEYS = (KeySpec("parlour.tea", "t", "t", "pour some tea", "pour"),)

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []
        self.deliveries = 0
        self.vitals: list[Vitals] = []
        self.open = False

    def compose_body(self) -> ComposeResult:
        yield Static("a quiet parlour")

    def take(self, events: Sequence[Event]) -> None:
        self.deliveries += 1
        self.events += events

    def show(self, vitals: Vitals) -> None:
        super().show(vitals)
        self.vitals.append(vitals)

    def step_back(self) -> bool:
        was_open, self.open = self.open, False
        return was_open

    def action_pour(self) -> None:
        self.app.send("/status")


class Attic(Parlour):
    """A room that must not miss a dream."""


ROOM_TABLE = (
    *(room for room in ROOMS if room.name == "live"),
    Room("parlour", "f8", "F8", "tea", f"{__name__}:Parlour"),
    Room("attic", "f9", "F9", "old dreams", f"{__name__}:Attic", follows=(Dreamt,)),
)


def parlour(app: SovlApp, name: str = "parlour") -> Parlour:
    room = app.rooms.get(name)
    assert isinstance(room, Parlour)
    return room


async def test_a_room_is_made_once_and_esc_leads_back(tmp_path: Path) -> None:
    async with on_stage(tmp_path, rooms=ROOM_TABLE) as stage:
        assert stage.app.rooms.go("parlour")
        await stage.settle()
        first = stage.app.screen
        assert "a quiet parlour" in stage.screen_text and "awake" in stage.screen_text.split("\n")[0]
        await stage.pilot.press("escape")
        await stage.settle()
        assert stage.app.screen is stage.app.live and stage.app.live.prompt.has_focus
        stage.app.rooms.go("attic")
        stage.app.rooms.go("parlour")
        await stage.settle()
        assert stage.app.screen is first
        first.open = True  # type: ignore[attr-defined]
        await stage.pilot.press("escape")
        assert stage.app.screen is first
        assert not stage.engine.stops


async def test_esc_in_a_room_stops_nothing(tmp_path: Path) -> None:
    async with on_stage(tmp_path, rooms=ROOM_TABLE) as stage:
        number = await stage.say("hello")
        stage.engine.begin(number)
        stage.app.rooms.go("parlour")
        await stage.settle()
        await stage.pilot.press("escape")
        await stage.settle()
        assert stage.app.screen is stage.app.live and not stage.engine.stops
        await stage.pilot.press("escape")
        assert stage.engine.stops == [number]


async def test_events_go_to_the_room_seen_the_conversation_and_who_follows(tmp_path: Path) -> None:
    async with on_stage(tmp_path, rooms=ROOM_TABLE) as stage:
        stage.app.rooms.go("parlour")
        await stage.settle()
        seen = parlour(stage.app)
        before = seen.deliveries
        stage.engine.put(Notice("info", "one"), NIGHT, Notice("info", "two"))
        stage.engine.snapshot(unslept=3)
        await stage.deliver()
        assert seen.deliveries == before + 1
        assert seen.events[-3:] == [Notice("info", "one"), NIGHT, Notice("info", "two")]
        assert NIGHT in parlour(stage.app, "attic").events
        assert seen.vitals[-1].snapshot.unslept == 3
        assert not any(vitals.snapshot.unslept == 3 for vitals in parlour(stage.app, "attic").vitals)
        stage.app.rooms.go("attic")
        stage.engine.put(NIGHT)
        await stage.deliver()
        assert seen.deliveries == before + 1
        assert parlour(stage.app, "attic").events.count(NIGHT) == 2
        assert parlour(stage.app, "attic").vitals[-1].snapshot.unslept == 3
        assert "one" in "".join(str(entry.text) for entry in stage.entries)


async def test_a_dialog_is_answered_before_one_goes_elsewhere(tmp_path: Path) -> None:
    async with on_stage(tmp_path, rooms=ROOM_TABLE) as stage:
        stage.app.send("/reset")
        await stage.settle()
        assert not stage.app.rooms.go("parlour")
        await stage.pilot.press("n")
        assert stage.app.rooms.go("parlour")


async def test_keys_and_palette_of_a_room(tmp_path: Path) -> None:
    async with on_stage(tmp_path, rooms=ROOM_TABLE) as stage:
        stage.app.rooms.go("parlour")
        await stage.settle()
        await stage.pilot.press("ctrl+t")
        assert not stage.app.live.has_class("-no-status")
        await stage.pilot.press("ctrl+p", *"pour some")
        await stage.settle()
        await stage.pilot.press("enter")
        await stage.settle()
        assert stage.engine.lines[-1][1] == "/status"
        await stage.pilot.press("f1")
        await stage.settle()
        assert "Keys in parlour" in stage.screen_text and "pour some tea" in stage.screen_text


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12)])
async def test_tabs_fit_and_can_be_clicked(tmp_path: Path, size: tuple[int, int]) -> None:
    async with on_stage(tmp_path, size, rooms=ROOM_TABLE) as stage:
        stage.app.rooms.go("parlour")
        await stage.settle()
        line = stage.screen_text.split("\n")[0]
        assert "F8 parlour" in line and len(line) <= size[0]
        await stage.pilot.click("#tabs", offset=(line.index("F9") + 1, 0))
        await stage.settle()
        assert stage.app.screen is stage.app.rooms.get("attic")


async def test_colours_of_a_room_follow_the_theme(tmp_path: Path) -> None:
    async with on_stage(tmp_path, rooms=ROOM_TABLE) as stage:
        stage.app.rooms.go("parlour")
        await stage.settle()
        stage.app.action_use_theme("sovl-light")
        await stage.settle()
        assert parlour(stage.app).tabs.ink == stage.app.ink and not stage.app.ink.dark


async def test_a_command_begun_in_a_room_is_written_in_the_conversation(tmp_path: Path) -> None:
    async with on_stage(tmp_path, rooms=ROOM_TABLE) as stage:
        stage.app.rooms.go("parlour")
        await stage.settle()
        stage.app.action_begin("generate")
        await stage.settle()
        assert stage.app.screen is stage.app.live and stage.app.live.prompt.text == "/generate "


async def test_a_night_goes_on_while_one_looks_elsewhere(tmp_path: Path) -> None:
    async with on_stage(tmp_path, rooms=ROOM_TABLE) as stage:
        stage.app.rooms.go("parlour")
        stage.engine.state(EngineState.DREAMING, "dreaming", gestating=True)
        await stage.settle()
        assert "dreaming" in stage.screen_text.split("\n")[0]


async def test_what_changes_in_a_room_that_is_not_seen_paints_nothing(tmp_path: Path) -> None:
    async with on_stage(tmp_path, rooms=ROOM_TABLE) as stage:
        number = await stage.say("hello")
        stage.app.rooms.go("parlour")
        await stage.settle()
        painted: list[object] = []
        stage.app.screen.refresh = lambda *args, **more: painted.append(args)  # type: ignore[method-assign,assignment]
        stage.engine.answer(number, "Hi, you.")
        stage.app.live.column.figure.redraw()
        await stage.deliver()
        stage.app.live._on_timer_update()
        assert painted == [] and not stage.app.live.is_current
        del stage.app.screen.refresh
        await stage.pilot.press("escape")
        await stage.settle()
        assert "Hi, you." in stage.screen_text


def test_every_room_can_be_made() -> None:
    for room in ROOMS:
        assert issubclass(pkgutil.resolve_name(room.screen), RoomScreen)


def test_no_two_keys_collide() -> None:
    keys = [key for spec in (*APP_KEYS, *ROOM_KEYS) for key in spec.keys.split(",")]
    assert len(set(keys)) == len(keys)
    assert len({spec.id for spec in (*APP_KEYS, *ROOM_KEYS)}) == len(APP_KEYS) + len(ROOM_KEYS)
