"""Ways through the app: jump mode, panes by number, help for where one is, what was said in the corner, outside."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path

import pytest

from sovl_tui import outside
from sovl_tui.rooms import LIVE, ROOMS
from sovl_tui.screens.help import HelpScreen
from sovl_tui.screens.jump import JumpScreen
from sovl_tui.screens.messages import MessagesScreen
from tests.tui import past
from tests.tui.stage import on_stage


async def test_jump_mode_puts_a_sign_on_panes_and_rooms_and_goes_there(tmp_path: Path) -> None:
    past.live_through(tmp_path / "home", *past.LIFE)
    async with on_stage(tmp_path) as stage:
        await stage.pilot.press("ctrl+o")
        await stage.settle()
        assert isinstance(stage.app.screen, JumpScreen)
        for sign in (" 1 ", " 2 ", " l ", " s ", " j ", " m ", " c "):
            assert sign in stage.screen_text
        await stage.pilot.press("m")
        await stage.settle()
        screen = stage.app.screen
        assert screen is stage.app.rooms.get("memory")
        await stage.pilot.press("ctrl+o", "2")
        await stage.settle()
        assert screen.focused is screen.detail  # type: ignore[attr-defined]
        await stage.pilot.press("1")
        assert screen.focused is screen.memories  # type: ignore[attr-defined]
        await stage.pilot.press("ctrl+o", "escape")
        await stage.settle()
        assert stage.app.screen is screen and screen.focused is screen.memories  # type: ignore[attr-defined]


async def test_a_sign_can_be_clicked_and_goes_when_the_terminal_changes(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await stage.pilot.press("ctrl+o")
        await stage.settle()
        place = stage.app.live.transcript.region.offset
        await stage.pilot.click(offset=(place.x + 1, place.y))
        await stage.settle()
        assert stage.app.live.transcript.has_focus
        await stage.pilot.press("ctrl+o")
        await stage.pilot.resize_terminal(80, 24)
        await stage.settle()
        assert stage.app.screen is stage.app.live


async def test_digits_are_text_in_the_prompt(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await stage.pilot.press("1", "2", "?")
        assert stage.app.live.prompt.text == "12?"


async def test_help_is_about_where_one_is(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await stage.pilot.press("f6", "?")
        await stage.settle()
        assert isinstance(stage.app.screen, HelpScreen)
        shown = stage.screen_text
        assert shown.index("Keys in config") < shown.index("Keys in this list")
        await stage.pilot.press("escape", "slash", "?")
        await stage.settle()
        screen = stage.app.rooms.get("config")
        assert stage.app.screen is screen and screen.search.value == "?"  # type: ignore[attr-defined]


async def test_what_was_said_in_the_corner_can_be_read_later(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await stage.pilot.press("f7")
        await stage.settle()
        assert "Nothing was said yet." in stage.screen_text
        await stage.pilot.press("f7")
        stage.app.notify("first, [b]not markup[/b]")
        stage.app.notify("then a warning", severity="warning")
        stage.app.clear_notifications()
        await stage.settle()
        assert "then a warning" not in stage.screen_text
        await stage.pilot.press("f7")
        await stage.settle()
        shown = stage.screen_text
        assert isinstance(stage.app.screen, MessagesScreen)
        assert shown.index("▲ then a warning") < shown.index("• first, [b]not markup[/b]")


async def test_a_line_is_written_in_another_editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with on_stage(tmp_path) as stage:
        await stage.type("draft")
        await stage.pilot.press("f8")
        assert stage.app.live.prompt.text == "draft"
        assert "no terminal" in stage.app._said[-1].text
        monkeypatch.setattr(stage.app, "suspend", nullcontext)
        monkeypatch.setattr("sovl_tui.app.edit", lambda text: f"{text}, and more")
        await stage.pilot.press("f8")
        assert stage.app.live.prompt.text == "draft, and more"
        await stage.pilot.press("alt+z")
        assert stage.app.live.prompt.text == "draft"


def test_an_editor_that_fails_leaves_the_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf " edited" >> "$1"\n')
    editor.chmod(0o755)
    real = Path.open
    monkeypatch.setattr(
        Path,
        "open",
        lambda path, *args, **more: (
            real(Path(os.devnull), "r+b", buffering=0) if str(path) == "/dev/tty" else real(path, *args, **more)
        ),
    )
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", str(editor))
    assert outside.edit("text") == "text edited"
    for command, why in (("false", "ended with status 1"), (str(tmp_path / "none"), "cannot be used")):
        monkeypatch.setenv("EDITOR", command)
        with pytest.raises(outside.EditorError, match=why):
            outside.edit("text")


async def test_every_room_is_reached_from_the_prompt(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        for room in (*ROOMS[1:], ROOMS[0]):
            stage.app.rooms.go(LIVE)
            await stage.settle()
            assert stage.app.live.prompt.has_focus
            await stage.pilot.press(room.key)
            await stage.settle()
            assert stage.app.rooms.name_of(stage.app.rooms.here) == room.name
