"""The prompt: growing, history, completion, hint, long pastes."""

from pathlib import Path

import pytest
from textual import events

from sovl_tui.history import History
from tests.tui.stage import on_stage


async def test_enter_sends_and_empties(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await stage.say("hello")
        assert [line for _, line in stage.engine.lines] == ["hello"]
        assert stage.app.live.prompt.text == ""


async def test_blank_lines_are_not_sent(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await stage.type("   ")
        await stage.pilot.press("enter")
        assert stage.engine.lines == []


@pytest.mark.parametrize("key", ["shift+enter", "ctrl+j", "alt+enter"])
async def test_new_lines_grow_the_prompt(tmp_path: Path, key: str) -> None:
    async with on_stage(tmp_path) as stage:
        before = stage.app.live.prompt.size.height
        await stage.type("one")
        await stage.pilot.press(key)
        await stage.type("two")
        assert stage.app.live.prompt.text == "one\ntwo"
        assert stage.app.live.prompt.size.height == before + 1
        assert await stage.say("") and stage.engine.lines[-1][1] == "one\ntwo"


async def test_up_and_down_walk_through_history_and_keep_the_draft(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await stage.say("first")
        await stage.say("second")
        await stage.type("draft")
        prompt = stage.app.live.prompt
        seen = []
        for key in ("up", "up", "up", "down", "down", "down"):
            await stage.pilot.press(key)
            seen.append(prompt.text)
        assert seen == ["second", "first", "first", "second", "draft", "draft"]


async def test_up_moves_the_cursor_inside_several_lines_first(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await stage.say("earlier")
        await stage.type("one\ntwo")
        await stage.pilot.press("up")
        assert stage.app.live.prompt.text == "one\ntwo"
        await stage.pilot.press("up")
        assert stage.app.live.prompt.text == "earlier"


async def test_history_lives_in_the_home_folder(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await stage.say("remember\nme")
    async with on_stage(tmp_path) as stage:
        await stage.pilot.press("up")
        assert stage.app.live.prompt.text == "remember\nme"


async def test_a_read_only_home_is_not_written(tmp_path: Path) -> None:
    async with on_stage(tmp_path, read_only=True) as stage:
        await stage.say("hello")
        assert not stage.engine.home.history_path.exists()


def test_a_damaged_history_file_loses_only_its_damage(tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_bytes(b'"good"\nnot json\n{"no": 1}\n\xff\xfe\n"also good"\n')
    history = History(path)
    assert [history.older(""), history.older(""), history.older("")] == ["also good", "good", None]


def test_repeated_lines_are_kept_once_and_an_unwritable_file_is_no_error(tmp_path: Path) -> None:
    history = History(tmp_path / "missing" / "history")
    history.add("a")
    history.add("a")
    assert (history.older(""), history.older("")) == ("a", None)


async def test_the_line_below_says_what_enter_does(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await stage.type("hello")
        assert "Enter says it" in stage.screen_text
        stage.app.live.prompt.clear()
        await stage.type("status")
        assert "Enter runs status" in stage.screen_text


async def test_a_slash_lists_the_commands_with_arguments_and_summary(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await stage.pilot.press("slash")
        await stage.type("tune")
        assert "/tune cross [weight|auto]" in stage.screen_text
        assert "cross-attention" in stage.screen_text


async def test_arrows_choose_and_tab_completes(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await stage.type("/memory")
        popup = stage.app.live.popup
        first = popup.current
        await stage.pilot.press("down")
        assert popup.current != first
        chosen = popup.current.text
        await stage.pilot.press("tab")
        assert stage.app.live.prompt.text == chosen + " "


async def test_enter_completes_an_unfinished_command_and_runs_a_finished_one(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await stage.type("/statu")
        assert "Enter completes to /status" in stage.screen_text
        await stage.pilot.press("enter")
        assert stage.engine.lines == []
        assert stage.app.live.prompt.text == "/status "
        await stage.pilot.press("enter")
        assert [line for _, line in stage.engine.lines] == ["/status "]


async def test_tab_completes_without_a_slash_too(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await stage.type("statu")
        await stage.pilot.press("tab")
        assert stage.app.live.prompt.text == "status "


async def test_an_entry_of_the_list_can_be_clicked(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await stage.type("/memory")
        await stage.pilot.click("#popup", offset=(4, 1))
        assert stage.app.live.prompt.text.startswith("/memory ")
        assert not stage.engine.lines


async def test_a_paste_of_a_hundred_thousand_characters_is_one_sign_and_sent_in_full(tmp_path: Path) -> None:
    text = "word " * 20_000
    async with on_stage(tmp_path) as stage:
        await stage.type("Sum this up: ")
        stage.app.live.prompt.post_message(events.Paste(text))
        await stage.pilot.pause()
        assert len(stage.app.live.prompt.text) < 100
        assert "100,013 characters" in stage.screen_text
        await stage.pilot.press("enter")
        await stage.settle()
        assert stage.engine.lines[-1][1] == "Sum this up: " + text
        assert "more rows" in stage.screen_text


async def test_pasted_control_characters_are_seen_and_sent_as_they_are_seen(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        stage.app.live.prompt.post_message(events.Paste("a\x1b[31mb\r\nc"))
        await stage.pilot.pause()
        assert stage.app.live.prompt.text == "a␛[31mb\nc"


async def test_a_recalled_long_line_is_one_sign_again(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        stage.app.live.prompt.add("x" * 5000)
        await stage.pilot.press("enter", "up")
        assert len(stage.app.live.prompt.text) < 100
        assert stage.app.live.prompt.line == "x" * 5000


async def test_a_question_mark_opens_help_only_on_an_empty_prompt(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await stage.type("why")
        await stage.pilot.press("question_mark")
        assert stage.app.live.prompt.text == "why?"
        stage.app.live.prompt.clear()
        await stage.pilot.press("question_mark")
        assert stage.app.screen.query("#help-text")


async def test_a_search_finds_earlier_lines_by_what_is_typed(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        for line in ("My cat is Mia", "hello", "The CAT sleeps\nall day", "goodbye"):
            await stage.say(line)
        live = stage.app.live
        await stage.type("cat")
        await stage.pilot.press("ctrl+f")
        assert live.popup.current is not None and live.popup.current.text == "The CAT sleeps all day"
        await stage.type(" is")
        assert live.popup.current is not None and live.popup.current.text == "My cat is Mia"
        await stage.pilot.press("enter")
        assert live.prompt.text == "My cat is Mia" and not live.popup.is_open
        assert len(stage.engine.lines) == 4


async def test_a_search_ends_with_escape_and_may_find_nothing(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await stage.say("hello")
        await stage.type("hel")
        await stage.pilot.press("ctrl+f", "escape")
        assert stage.app.live.prompt.text == "hel" and not stage.app.live.popup.is_open
        await stage.type("x")
        await stage.pilot.press("ctrl+f")
        assert "no earlier line has that" in stage.screen_text
        assert await stage.say("") == 2
