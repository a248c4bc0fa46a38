"""Speaking with the engine: start, queue, stream, stop, refusal, failure, end."""

import gc
from pathlib import Path

import pytest
from driving import PATIENCE
from effects import shows_effect_of

from engine.api import Done, EngineState, Notice, Outcome, Progress, Started
from sovl_tui import app as app_module
from sovl_tui.conversation import Kind, Phase
from sovl_tui.screens.confirm import ConfirmScreen
from tests.tui.stage import on_stage


async def test_the_engine_starts_after_the_first_paint(tmp_path: Path) -> None:
    async with on_stage(tmp_path, awake=False) as stage:
        assert stage.engine.started


async def test_lines_typed_while_it_wakes_go_to_the_engine_at_once_and_wait_on_screen(tmp_path: Path) -> None:
    async with on_stage(tmp_path, awake=False) as stage:
        stage.engine.load(0.4, "converting weights", 12)
        number = await stage.say("hello there")
        assert stage.engine.lines == [(number, "hello there")]
        assert "waiting" in stage.screen_text and "hello there" in stage.screen_text
        assert "waking up" in stage.screen_text and "converting weights" in stage.screen_text
        assert "0:12 left" in stage.screen_text
        stage.engine.awaken()
        stage.engine.begin(number)
        await stage.settle()
        assert "waiting" not in stage.screen_text


async def test_an_answer_streams_and_ends_with_its_figures(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        number = await stage.say("What is the Moon?")
        stage.engine.begin(number)
        stage.engine.say(number, ["It is ", "**rock**"])
        await stage.settle()
        assert "It is rock▍" in stage.screen_text
        assert "speaking" in stage.screen_text
        stage.engine.say(number, [", mostly."])
        stage.engine.finish(number, "It is **rock**, mostly.")
        await stage.settle()
        assert "It is rock, mostly." in stage.screen_text
        assert "42 tokens · 38 tok/s · confidence 0.71 · scaffold silent" in stage.screen_text
        assert "▍" not in stage.screen_text


async def test_escape_stops_and_what_was_said_stays_and_is_marked(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        number = await stage.say("Tell me a story")
        stage.engine.begin(number)
        stage.engine.say(number, ["Once upon a time"])
        await stage.settle()
        await stage.pilot.press("escape")
        assert stage.engine.stops == [number]
        stage.engine.finish(number, "Once upon a time", Outcome.STOPPED, reason="stopped")
        await stage.settle()
        assert "Once upon a time" in stage.screen_text
        assert "■ stopped by you" in stage.screen_text


async def test_escape_closes_the_popup_first_and_stops_only_then(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        number = await stage.say("Tell me a story")
        stage.engine.begin(number)
        await stage.settle()
        await stage.pilot.press("slash")
        assert stage.app.live.popup.is_open
        await stage.pilot.press("escape")
        assert not stage.app.live.popup.is_open
        assert stage.engine.stops == []
        await stage.pilot.press("escape")
        assert stage.engine.stops == [number]


async def test_escape_does_nothing_while_nothing_runs(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await stage.pilot.press("escape")
        assert stage.engine.stops == []


async def test_a_refused_line_shows_why(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        number = await stage.say("/tune cross 9")
        stage.engine.put(Done(number, Outcome.REFUSED, message="weight 9 is outside of 0 … 1"))
        await stage.settle()
        assert "▲ weight 9 is outside of 0 … 1" in stage.screen_text


async def test_command_output_is_shown_as_it_is(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        number = await stage.say("/status")
        stage.engine.command(number, "--- System Status ---\nMemory: *On*  [b]")
        await stage.settle()
        assert "Memory: *On*  [b]" in stage.screen_text


async def test_nothing_that_was_said_is_interpreted(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        evil = "\x1b[31mred\x1b[0m [bold]x[/bold] \x9b2J \u202eabc \x07"
        number = stage.engine.submit(evil)
        stage.app.live.submitted(number, evil)
        stage.engine.answer(number, evil)
        stage.engine.put(Notice("info", evil))
        await stage.settle()
        shown = stage.screen_text
        assert shown.count("␛[31mred␛[0m [bold]x[/bold]") == 3
        assert not any(char in shown for char in "\x1b\x9b\u202e\x07")


async def test_a_failed_engine_leaves_the_app_up_and_starts_again(tmp_path: Path) -> None:
    async with on_stage(tmp_path, awake=False) as stage:
        stage.engine.fail("model.safetensors is truncated; fetch it again", "/somewhere/report.txt")
        await stage.settle()
        for part in ("model.safetensors is truncated; fetch it again", "/somewhere/report.txt", "start again"):
            assert part in stage.screen_text
        await stage.pilot.press("ctrl+r")
        assert stage.engine.restarts == 1
        stage.engine.load(0.1)
        await stage.settle()
        assert not stage.app.live.failure.display


async def test_an_engine_that_ends_by_itself_does_not_take_the_app_with_it(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        stage.engine.fail("AttributeError: a fault of the engine")
        stage.engine.state(EngineState.STOPPING)
        stage.engine.close()
        await stage.settle()
        assert stage.app.is_running and not stage.app._exit
        assert "a fault of the engine" in stage.screen_text and "ctrl+q  quit" in stage.screen_text
        await stage.pilot.press("ctrl+q")
        assert stage.app._exit


async def test_the_command_quit_leaves_and_its_words_are_kept_for_the_terminal(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        number = await stage.say("/quit")
        stage.engine.command(number, "Cleanup completed.\nExiting.")
        stage.engine.close()
        stage.app._tick()
        assert stage.app._exit
        assert stage.app.farewell == "Cleanup completed.\nExiting."


async def test_restart_is_not_offered_to_a_healthy_engine(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await stage.pilot.press("ctrl+r")
        assert stage.engine.restarts == 0


async def test_the_button_of_the_failure_can_be_clicked(tmp_path: Path) -> None:
    async with on_stage(tmp_path, awake=False) as stage:
        stage.engine.fail("no weights")
        await stage.settle()
        await stage.pilot.click("#failure", offset=(6, 2))
        assert stage.engine.restarts == 1


async def test_dangerous_commands_ask_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from engine import commands

    def parse_dangerous(line: str) -> commands.Intent:
        intent = commands.parse(line)
        return replace(intent, spec=replace(intent.spec, confirm=True)) if intent.spec else intent

    monkeypatch.setattr(app_module, "parse", parse_dangerous)
    async with on_stage(tmp_path) as stage:
        await stage.type("/status")
        await stage.pilot.press("escape", "enter")
        assert isinstance(stage.app.screen, ConfirmScreen)
        await stage.pilot.press("enter")
        assert stage.engine.lines == []
        await stage.type("/status")
        await stage.pilot.press("escape", "enter")
        await stage.pilot.press("y")
        assert [line for _, line in stage.engine.lines] == ["/status"]


async def test_quit_waits_until_the_engine_has_saved(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await stage.pilot.press("ctrl+q")
        assert stage.engine.closing
        assert stage.app.is_running
        stage.engine.close()
        stage.app._tick()
        await stage.pilot.pause()
        assert stage.app._exit


@pytest.mark.parametrize(("within", "quits"), [(PATIENCE, True), (-1.0, False)])
async def test_ctrl_c_twice_quits_if_soon_enough_and_once_only_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, within: float, quits: bool
) -> None:
    monkeypatch.setattr(app_module, "TWICE_SECONDS", within)
    async with on_stage(tmp_path) as stage:
        await stage.pilot.press("ctrl+c")
        assert not stage.engine.closing
        await stage.pilot.press("ctrl+c")
        assert stage.engine.closing is quits


async def test_ctrl_c_copies_what_is_selected(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await stage.type("hello")
        stage.app.live.prompt.select_all()
        await stage.pilot.press("ctrl+c", "ctrl+c")
        assert stage.app.clipboard == "hello"
        assert not stage.engine.closing


async def test_a_second_home_is_marked_read_only(tmp_path: Path) -> None:
    async with on_stage(tmp_path, read_only=True) as stage:
        assert "read-only" in stage.screen_text


async def test_progress_is_shown_until_the_state_changes(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        stage.engine.state(EngineState.TRAINING, gestating=True)
        stage.engine.put(Progress(3, "step 40 of 120", 40, 120, 95))
        await stage.settle()
        assert "step 40 of 120" in stage.screen_text and "33 %" in stage.screen_text
        assert "1:35 left" in stage.screen_text
        stage.engine.awaken()
        await stage.settle()
        assert "33 %" not in stage.screen_text


async def test_an_unchanged_snapshot_repaints_nothing(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        painted = []
        for part in stage.app.live.column.parts:
            part.redraw = lambda name=part.id: painted.append(name)  # type: ignore[method-assign]
        await stage.settle()
        stage.engine.put(Started(99, "chat"))
        await stage.settle()
        assert painted == []
        stage.engine.snapshot(weight=0.5)
        await stage.settle()
        assert set(painted) == {"gauges", "state-line"}


async def test_every_number_a_person_cares_about_is_on_the_screen(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        stage.engine.snapshot(
            mood="curious",
            stage="young",
            weight=0.31,
            weight_pinned=True,
            learned=True,
            recognition=0.42,
            exposure=120.0,
            queued=2,
            scaffold_memory=False,
            speaking_with_scaffold=True,
        )
        await stage.settle()
        for part in (
            "curious",
            "young",
            "0.62",
            "0.71",
            "6/10",
            "0.31 pinned",
            "r 0.42",
            "412/2k",
            "SmolLM2-135M-Instruct",
            "same checkpoint",
            "key-value, 20/30 layers",
            "cpu · fp32",
            "token map only",
            "128 entries, 6 unslept",
            "never",
            "2 waiting",
            "with the scaffold",
        ):
            assert part in stage.screen_text, part


async def test_garbage_is_searched_for_from_the_first_paint_on(tmp_path: Path) -> None:
    gc.disable()
    try:
        async with on_stage(tmp_path):
            assert gc.isenabled()
    finally:
        gc.enable()


@shows_effect_of("theme")
async def test_a_theme_set_by_command_or_palette_shows_at_once(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        number = await stage.say("/config theme sovl-light")
        stage.app.config.set("interface_config.theme", "sovl-light")
        stage.engine.command(number, "Config theme: sovl-light")
        await stage.settle()
        assert stage.app.theme == "sovl-light"
        assert not stage.app.live.transcript.ink.dark
        stage.app.action_use_theme("nord")
        assert stage.app.theme == "nord"
        assert stage.app.config.get("theme") == "nord"


@shows_effect_of("animations")
async def test_animations_start_and_stop_at_once(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        stage.app._liveliest = "full"
        figure, levels = stage.app.live.column.figure, []
        for animated in (False, True, False):
            number = await stage.say(f"/config animations {animated}")
            stage.app.config.set("interface_config.animations", animated)
            stage.engine.command(number, f"Config animations: {animated}")
            await stage.settle()
            levels.append((stage.app.animation_level, figure._timer is not None and figure._timer._active.is_set()))
        assert levels == [("none", False), ("full", True), ("none", False)]


async def test_an_unknown_theme_falls_back_to_our_own(tmp_path: Path) -> None:
    async with on_stage(tmp_path, theme="no-such-theme") as stage:
        assert stage.app.theme == "sovl-dark"


async def test_answers_while_a_dialog_is_open_are_not_lost(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        number = await stage.say("hi")
        await stage.pilot.press("f1")
        stage.engine.answer(number, "Hello!")
        await stage.settle()
        await stage.pilot.press("escape")
        assert stage.entries[-1].kind is Kind.ANSWER
        assert stage.entries[-1].phase is Phase.DONE
        assert "Hello!" in stage.screen_text
