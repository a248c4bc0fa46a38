"""Sizes, help, palette, keys at the bottom."""

from pathlib import Path

import pytest

from engine.commands import COMMANDS
from sovl_tui.ink import make_ink
from sovl_tui.keymap import APP_KEYS, PROMPT_KEYS, ROOM_KEYS
from sovl_tui.palette import UI_ENTRIES, entries
from sovl_tui.screens.help import HelpScreen, help_text
from sovl_tui.themes import OWN_THEMES
from tests.tui.stage import on_stage


@pytest.mark.parametrize(
    ("size", "column", "strip", "too_small"),
    [
        ((120, 40), True, False, False),
        ((80, 24), True, False, False),
        ((60, 24), False, True, False),
        ((40, 12), False, True, False),
        ((20, 5), False, False, True),
        ((10, 2), False, False, True),
    ],
)
async def test_each_size_has_its_layout(
    tmp_path: Path, size: tuple[int, int], column: bool, strip: bool, too_small: bool
) -> None:
    async with on_stage(tmp_path, size) as stage:
        live = stage.app.live
        assert live.column.is_on_screen is column
        assert (live.strip.is_on_screen and live.strip.size.height > 0) is strip
        assert live.too_small.is_on_screen is too_small
        assert live.prompt.is_on_screen is not too_small


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12)])
async def test_prompt_and_answer_fit_at_each_size(tmp_path: Path, size: tuple[int, int]) -> None:
    async with on_stage(tmp_path, size) as stage:
        number = await stage.say("hello")
        stage.engine.answer(number, "Hi, you.")
        await stage.settle()
        assert "Hi, you." in stage.screen_text
        assert all(len(line) <= size[0] for line in stage.screen_text.split("\n"))


async def test_resizing_there_and_back_shows_the_same(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        number = await stage.say("hello")
        stage.engine.answer(number, "Hi, you. " * 40)
        await stage.settle()
        before = stage.screen_text
        for size in ((40, 12), (20, 5), (3, 1), (200, 60), (120, 40)):
            await stage.pilot.resize_terminal(*size)
            await stage.settle()
        assert stage.screen_text == before
        assert stage.app.live.prompt.has_focus


async def test_the_status_can_be_put_away(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await stage.pilot.press("ctrl+t")
        assert not stage.app.live.column.is_on_screen
        assert "calm" in stage.screen_text
        await stage.pilot.press("ctrl+t")
        assert stage.app.live.column.is_on_screen


async def test_help_opens_and_closes(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await stage.pilot.press("f1")
        assert isinstance(stage.app.screen, HelpScreen)
        assert stage.screen_text.index("Keys in the prompt") < stage.screen_text.index("Keys in the conversation")
        await stage.pilot.press("escape", "shift+tab", "f1")
        assert stage.screen_text.index("Keys in the conversation") < stage.screen_text.index("Keys in the prompt")


def test_help_has_every_command_and_every_key() -> None:
    text = help_text(make_ink({}, dark=True), (("in the prompt", PROMPT_KEYS),)).plain
    for command in COMMANDS:
        assert command.usage in text and command.summary in text
    for key in (*APP_KEYS, *ROOM_KEYS, *PROMPT_KEYS):
        assert key.shown in text and key.does in text


def test_the_palette_has_every_command_and_every_theme() -> None:
    offered = [entry.name for entry in entries(["nord", "sovl-dark"])]
    for command in COMMANDS:
        assert f"/{command.usage}" in offered
    assert offered[-len(OWN_THEMES) - 1 :] == [*(f"theme: {theme.name}" for theme in OWN_THEMES), "theme: nord"]
    assert len(set(offered)) == len(offered)


async def test_every_action_of_the_palette_exists(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        for entry in UI_ENTRIES:
            target, _, action = entry.action.partition(".")
            node = stage.app if target == "app" else stage.app.live
            assert hasattr(node, f"action_{action.partition('(')[0]}"), entry.action


async def test_the_palette_runs_a_command(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await stage.pilot.press("ctrl+p")
        await stage.pilot.press(*"status")
        await stage.pilot.press("enter")
        assert [line for _, line in stage.engine.lines] == ["/status"]


async def test_the_palette_leaves_arguments_to_the_user(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        stage.app.action_begin("generate")
        await stage.pilot.pause()
        assert stage.app.live.prompt.text == "/generate "


async def test_the_keys_below_follow_the_state_and_can_be_clicked(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        assert "esc stop" not in stage.screen_text
        number = await stage.say("hi")
        stage.engine.begin(number)
        await stage.settle()
        assert "esc stop" in stage.screen_text
        await stage.pilot.click("#keys", offset=(4, 0))
        assert stage.engine.stops == [number]


async def test_a_picture_is_saved_in_the_home_folder(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        stage.app.action_picture()
        assert list(stage.engine.home.path.glob("*.svg"))


async def test_what_is_typed_where_there_is_no_room_is_in_the_prompt_once_there_is(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await stage.pilot.resize_terminal(10, 3)
        await stage.pilot.press("\u044f")
        await stage.pilot.resize_terminal(100, 30)
        await stage.pilot.pause()
        assert stage.app.live.prompt.text == "\u044f"
