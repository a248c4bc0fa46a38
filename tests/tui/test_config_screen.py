"""The configuration screen: looking, searching, changing, saving, undoing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.api import Done, Outcome
from engine.config import keys
from sovl_tui.screens.confirm import ConfirmScreen
from tests.tui.config_states import opened
from tests.tui.stage import Stage, on_stage

HEAT = "controls_config.base_temperature"


def saved_heat(stage: Stage) -> float:
    return json.loads(stage.engine.config_path.read_text())["controls_config"]["base_temperature"]  # type: ignore[no-any-return]


def lines(stage: Stage) -> list[str]:
    return [line for _, line in stage.engine.lines]


async def test_every_key_is_there_with_its_value(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        screen = await opened(stage)
        for key in keys():
            assert screen.list.go_to(key.dotted), key.dotted
        screen.list.go_to(HEAT)
        await stage.settle()
        text = stage.screen_text
        assert "base_temperature" in text and "a number from 0.5 to 1.5" in text and "steadier" in text
        assert "at once" in text and "the default" in text


async def test_a_value_is_edited_checked_and_sent(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        screen = await opened(stage)
        screen.list.go_to(HEAT)
        await stage.pilot.press("enter")
        await stage.settle()
        assert screen.editor.value == "0.7" and screen.editor.has_focus
        screen.editor.value = "9"
        await stage.settle()
        assert "9 is out of range; it must be a number from 0.5 to 1.5" in stage.screen_text
        await stage.pilot.press("enter")
        assert not lines(stage) and screen.editor.has_focus
        screen.editor.value = "0.9"
        await stage.pilot.press("enter")
        await stage.settle()
        assert lines(stage) == [f"/config {HEAT} 0.9"]
        assert stage.app.config.get(HEAT) == 0.9
        assert "✓ base_temperature is 0.9." in stage.screen_text and "unsaved" in stage.screen_text
        assert screen.list.has_focus


async def test_esc_leaves_a_value_as_it_was(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        screen = await opened(stage)
        screen.list.go_to(HEAT)
        await stage.pilot.press("enter", "5", "escape")
        await stage.settle()
        assert stage.app.screen is screen and screen.list.has_focus and not lines(stage)
        await stage.pilot.press("escape")
        assert stage.app.screen is stage.app.live


async def test_an_unchanged_value_is_not_sent(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        screen = await opened(stage)
        screen.list.go_to(HEAT)
        await stage.pilot.press("enter", "enter")
        assert not lines(stage)


async def test_switches_turn_and_choices_go_round(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        screen = await opened(stage)
        screen.list.go_to("controls_config.enable_dreaming")
        await stage.pilot.press("space")
        await stage.settle()
        screen.list.go_to("controls_config.dynamic_cross_attn_mode")
        for _ in range(3):
            await stage.pilot.press("enter")
            await stage.settle()
        assert [line.split()[-1] for line in lines(stage)] == ["false", "confidence", "temperament", "null"]


async def test_what_the_engine_keeps_is_not_for_changing(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        screen = await opened(stage)
        screen.list.go_to("controls_config.has_woken")
        await stage.pilot.press("enter")
        await stage.settle()
        assert not lines(stage) and "kept by SOVL itself" in stage.screen_text


async def test_a_text_of_several_lines_goes_there_and_back(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        stage.app.config.set("system_prompt", "You are Mia.\nBe \\brief.")
        screen = await opened(stage)
        screen.list.go_to("controls_config.system_prompt")
        await stage.pilot.press("enter")
        assert screen.editor.value == r"You are Mia.\nBe \\brief."
        screen.editor.value += r"\nThanks."
        await stage.pilot.press("enter")
        await stage.settle()
        assert stage.app.config.get("system_prompt") == "You are Mia.\nBe \\brief.\nThanks."


async def test_what_the_engine_refuses_is_said(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        screen = await opened(stage)
        screen.list.go_to("core_config.layer_selection_mode")
        await stage.pilot.press("enter", "enter")
        await stage.settle()
        assert "needs custom_layers" in stage.screen_text
        assert stage.app.config.get("layer_selection_mode") == "late"


async def test_a_change_that_waits_is_marked(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        screen = await opened(stage)
        stage.engine.on_submit = None
        screen.list.go_to("controls_config.enable_dreaming")
        await stage.pilot.press("enter")
        await stage.settle()
        (row,) = [line for line in stage.screen_text.split("\n") if "enable_dreaming " in line[:60]]
        assert "…" in row
        stage.engine.put(Done(stage.engine.lines[-1][0], Outcome.STOPPED))
        await stage.settle()
        assert "nothing was changed" in stage.screen_text


async def test_a_config_command_shows_at_once(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await opened(stage)
        stage.app.submit("/config cross_attn_layers [5, 7]")
        await stage.settle()
        assert "[5, 7]" in stage.screen_text and "● 1 unsaved" in stage.screen_text


async def test_a_change_made_while_one_was_elsewhere_shows_when_one_comes_back(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        screen = await opened(stage)
        await stage.pilot.press("escape")
        await stage.settle()
        stage.app.submit(f"/config {HEAT} 1.1")
        await stage.settle()
        await stage.pilot.press("f6")
        await stage.settle()
        assert screen.list.go_to(HEAT)
        await stage.settle()
        assert "1.1" in stage.screen_text


async def test_search_finds_names_help_and_values(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        screen = await opened(stage)
        await stage.pilot.press("slash", *"garbled")
        await stage.settle()
        assert "enable_error_listening" in stage.screen_text and "base_temperature" not in stage.screen_text
        assert f"1 of {len(keys())}" in stage.screen_text
        await stage.pilot.press("down", "enter")
        await stage.settle()
        assert lines(stage) == ["/config controls_config.enable_error_listening false"]
        await stage.pilot.press("slash", *" zebra")
        await stage.settle()
        assert "No setting has all these words" in stage.screen_text
        await stage.pilot.press("escape")
        await stage.settle()
        assert screen.list.has_focus and "base_temperature" in [one.spec.name for one in screen.list.shown]


async def test_only_what_was_changed(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        stage.app.config.set("top_k", 50)
        screen = await opened(stage)
        await stage.pilot.press("m")
        await stage.settle()
        assert "top_k" in stage.screen_text and "top_p" not in stage.screen_text
        await stage.pilot.press("escape")
        await stage.settle()
        assert len(screen.list.shown) == len(keys())


async def test_sections_are_one_key_away(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        screen = await opened(stage)
        for expected in ("lora_rank", "learning_rate"):
            await stage.pilot.press("right")
            assert screen.list.current is not None and screen.list.current.spec.name == expected
        await stage.pilot.press("left")
        assert screen.list.current is not None and screen.list.current.spec.name == "lora_rank"
        await stage.pilot.press("end", "home")
        assert screen.list.current is not None and screen.list.current.spec.name == "base_model_name"


async def test_saving_shows_the_difference_first(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        screen = await opened(stage)
        stage.app.submit(f"/config {HEAT} 0.9")
        await stage.settle()
        await stage.pilot.press("s")
        await stage.settle()
        assert isinstance(stage.app.screen, ConfirmScreen)
        assert HEAT in stage.screen_text and "- 0.7" in stage.screen_text and "+ 0.9" in stage.screen_text
        await stage.pilot.press("n")
        await stage.settle()
        assert saved_heat(stage) == 0.7
        await stage.pilot.press("s", "y")
        await stage.settle()
        assert saved_heat(stage) == 0.9
        assert "Saved to" in stage.screen_text and not screen.settings.unsaved()
        await stage.pilot.press("s")
        await stage.settle()
        assert "Everything is saved." in stage.screen_text


async def test_undo_takes_the_last_change_back(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await opened(stage)
        await stage.pilot.press("u")
        await stage.settle()
        assert "nothing to undo" in stage.screen_text
        stage.app.submit(f"/config {HEAT} 0.9")
        await stage.settle()
        await stage.pilot.press("u")
        await stage.settle()
        assert stage.app.config.get(HEAT) == 0.7
        assert stage.app.screen.list.current.spec.dotted == HEAT  # type: ignore[attr-defined]
        await stage.pilot.press("U")
        await stage.settle()
        assert stage.app.config.get(HEAT) == 0.9
        await stage.pilot.press("U")
        await stage.settle()
        assert "nothing to redo" in stage.screen_text


async def test_reset_of_one_and_of_all(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        config = stage.app.config
        config.set("top_k", 50)
        config.set("top_p", 0.5)
        config.set("has_woken", True)
        screen = await opened(stage)
        screen.list.go_to("controls_config.top_k")
        await stage.pilot.press("r")
        await stage.settle()
        assert config.get("top_k") == 40 and config.get("top_p") == 0.5
        await stage.pilot.press("r")
        await stage.settle()
        assert "It has its default." in stage.screen_text
        await stage.pilot.press("R")
        await stage.settle()
        assert "- 0.5" in stage.screen_text and "+ 0.95" in stage.screen_text
        await stage.pilot.press("y")
        await stage.settle()
        assert config.get("top_p") == 0.95 and config.get("has_woken") is True
        assert "/config reset controls_config.top_p" in lines(stage)


async def test_the_line_that_sets_it_can_be_copied(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        screen = await opened(stage)
        screen.list.go_to(HEAT)
        await stage.pilot.press("y")
        assert stage.app.clipboard == "/config base_temperature 0.7"


async def test_the_mouse_chooses_and_changes(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        screen = await opened(stage)
        await stage.pilot.click("#config-list", offset=(10, 3))
        await stage.settle()
        assert screen.list.current is not None and screen.list.current.spec.name == "cross_attn_layers"
        await stage.pilot.click("#config-list", offset=(10, 4), times=2)
        await stage.settle()
        assert lines(stage) == ["/config core_config.use_dynamic_layers true"]


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12)])
async def test_it_fits(tmp_path: Path, size: tuple[int, int]) -> None:
    async with on_stage(tmp_path, size) as stage:
        screen = await opened(stage)
        screen.list.go_to(HEAT)
        await stage.settle()
        rows = stage.screen_text.split("\n")
        assert len(rows) == size[1] and all(len(row) <= size[0] for row in rows)
        assert any("base_temperature" in row and "0.7" in row for row in rows)
        assert screen.list.size.height >= 5


async def test_a_broken_file_is_said(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        stage.engine.config_path.write_text("{")
        await opened(stage)
        assert "broken JSON" in stage.screen_text
