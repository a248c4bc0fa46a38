"""The transcript: following, scrolling, copying, folding, many messages, any width."""

from pathlib import Path

import pytest
from textual import events
from textual.geometry import Offset
from textual.selection import Selection

from engine.api import Done, Notice, Outcome, TextChunk
from sovl_tui.arrangement import Arrangement
from sovl_tui.widgets.transcript import Transcript
from tests.tui.stage import Stage, on_stage


def fill(stage: Stage, count: int, text: str = "An answer of one line.") -> None:
    """Have a conversation of ``count`` questions."""
    for number in range(count):
        line = f"question {number}"
        id = stage.engine.submit(line)
        stage.app.live.submitted(id, line)
        stage.engine.answer(id, text)


def transcript(stage: Stage) -> Transcript:
    return stage.app.live.transcript


def rows(stage: Stage) -> list[str]:
    return [transcript(stage).render_line(row).text for row in range(transcript(stage).size.height)]


def top_line(stage: Stage) -> str:
    return transcript(stage).render_line(0).text.strip()


async def test_it_follows_the_newest_line(tmp_path: Path) -> None:
    async with on_stage(tmp_path, (80, 24)) as stage:
        fill(stage, 30)
        await stage.settle()
        assert "question 29" in stage.screen_text
        assert transcript(stage).scroll_y == transcript(stage).max_scroll_y
        assert not stage.app.live.chip.visible


async def test_scrolled_away_it_stays_and_says_how_much_is_new(tmp_path: Path) -> None:
    async with on_stage(tmp_path, (80, 24)) as stage:
        fill(stage, 30)
        await stage.settle()
        await stage.pilot.press("pageup", "pageup")
        before = top_line(stage)
        stage.engine.put(*(Notice("info", f"remark {number}") for number in range(5)))
        await stage.settle()
        assert top_line(stage) == before
        assert "↓ 10 new lines" in stage.screen_text
        await stage.pilot.press("ctrl+end")
        await stage.settle()
        assert not stage.app.live.chip.visible
        assert transcript(stage).following


async def test_the_chip_leads_to_the_end(tmp_path: Path) -> None:
    async with on_stage(tmp_path, (80, 24)) as stage:
        fill(stage, 30)
        await stage.settle()
        await stage.pilot.press("ctrl+home")
        await stage.settle()
        assert transcript(stage).scroll_y == 0
        await stage.pilot.click("#chip", offset=(3, 0))
        await stage.settle()
        assert transcript(stage).following


async def test_sending_follows_again(tmp_path: Path) -> None:
    async with on_stage(tmp_path, (80, 24)) as stage:
        fill(stage, 30)
        await stage.settle()
        await stage.pilot.press("ctrl+home")
        await stage.say("and now?")
        assert transcript(stage).following
        assert "and now?" in stage.screen_text


async def test_the_mouse_wheel_scrolls(tmp_path: Path) -> None:
    async with on_stage(tmp_path, (80, 24)) as stage:
        fill(stage, 30)
        await stage.settle()
        bottom = transcript(stage).scroll_y
        for _ in range(3):
            transcript(stage).post_message(
                events.MouseScrollUp(transcript(stage), 5, 5, 0, -1, 0, False, False, False, 5, 5)
            )
        await stage.settle()
        assert transcript(stage).scroll_y < bottom


async def test_a_new_width_wraps_anew_and_keeps_the_place(tmp_path: Path) -> None:
    async with on_stage(tmp_path, (120, 40)) as stage:
        fill(stage, 40, "A longer answer that has to be wrapped where the terminal is narrow. " * 3)
        await stage.settle()
        await stage.pilot.press("pageup", "pageup", "pageup")
        await stage.settle()
        seen = next(f"question {number}" for number in range(40) if f"question {number}" in stage.screen_text)
        await stage.pilot.resize_terminal(60, 30)
        await stage.settle()
        assert seen in stage.screen_text
        await stage.pilot.resize_terminal(40, 12)
        await stage.settle()
        await stage.pilot.resize_terminal(120, 40)
        await stage.settle()
        for row in range(transcript(stage).size.height):
            assert transcript(stage).render_line(row).cell_length == transcript(stage).scrollable_content_region.width


async def test_a_width_that_comes_back_brings_its_heights_back(tmp_path: Path) -> None:
    async with on_stage(tmp_path, (120, 40)) as stage:
        fill(stage, 40, "A longer answer that has to be wrapped where the terminal is narrow. " * 3)
        await stage.settle()
        height = transcript(stage).virtual_size.height
        await stage.pilot.resize_terminal(60, 30)
        await stage.pilot.resize_terminal(120, 40)
        await stage.settle()
        assert transcript(stage).virtual_size.height == height


async def test_estimates_become_true_heights(tmp_path: Path) -> None:
    async with on_stage(tmp_path, (80, 24)) as stage:
        fill(stage, 60)
        await stage.deliver()
        estimated = transcript(stage).virtual_size.height
        await stage.pilot.press("ctrl+home")
        for _ in range(60):
            await stage.pilot.press("pagedown")
        seen = transcript(stage).virtual_size.height
        assert seen != estimated
        assert transcript(stage).scroll_y == transcript(stage).max_scroll_y
        await stage.settle()
        assert transcript(stage).virtual_size.height == seen


async def test_heights_found_out_late_do_not_move_what_is_read(tmp_path: Path) -> None:
    async with on_stage(tmp_path, (80, 24)) as stage:
        fill(stage, 60)
        await stage.deliver()
        await stage.pilot.press("pageup", "pageup")
        before, height = rows(stage), transcript(stage).virtual_size.height
        await stage.settle()
        assert transcript(stage).virtual_size.height != height
        assert rows(stage) == before


async def test_ten_thousand_messages_keep_few_rows_in_memory(tmp_path: Path) -> None:
    async with on_stage(tmp_path, (80, 24)) as stage:
        for _ in range(50):
            for number in range(100):
                id = stage.engine.submit("")
                transcript(stage).conversation.submitted(id, f"question {number}")
                stage.engine.answer(id, "An answer of one line.")
            stage.app._tick()
        await stage.deliver()
        assert len(stage.entries) == 10_000
        assert stage.entries[-2].text == "question 99" and "question 99" in stage.screen_text
        assert transcript(stage)._rows.rows_in_memory < 6000
        await stage.pilot.press("ctrl+home")
        await stage.deliver()
        assert "question 0" in stage.screen_text


async def test_the_cursor_goes_from_message_to_message_and_copies_the_source(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        fill(stage, 2, "It is **bold**.\n\n```py\nx = 1\n```\n")
        await stage.settle()
        await stage.pilot.press("alt+up")
        await stage.pilot.press("y")
        assert stage.app.clipboard == "It is **bold**.\n\n```py\nx = 1\n```\n"
        await stage.pilot.press("c")
        assert stage.app.clipboard == "x = 1"
        await stage.pilot.press("alt+up", "y")
        assert stage.app.clipboard == "question 1"
        await stage.pilot.press("alt+down", "alt+down")
        assert transcript(stage).cursor is None
        assert stage.app.live.prompt.has_focus


async def test_escape_leaves_the_cursor(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        fill(stage, 1)
        await stage.settle()
        await stage.pilot.press("alt+up", "escape")
        assert transcript(stage).cursor is None
        assert stage.app.live.prompt.has_focus


async def test_typing_on_the_conversation_goes_to_the_prompt(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        fill(stage, 1)
        await stage.settle()
        await stage.pilot.press("shift+tab")
        assert transcript(stage).has_focus
        await stage.pilot.press("y", "o")
        assert stage.app.live.prompt.text == "yo"
        assert stage.app.live.prompt.has_focus


async def test_a_long_line_is_folded_and_unfolded(tmp_path: Path) -> None:
    async with on_stage(tmp_path, (80, 24)) as stage:
        await stage.say("\n".join(f"row {number}" for number in range(60)))
        await stage.pilot.press("alt+up")
        while "more rows" not in stage.screen_text:
            await stage.pilot.press("pagedown")
        height = transcript(stage).virtual_size.height
        await stage.pilot.press("enter")
        await stage.settle()
        assert transcript(stage).virtual_size.height > height
        await stage.pilot.press("enter")
        await stage.settle()
        assert transcript(stage).virtual_size.height == height


async def test_a_click_puts_the_cursor(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        fill(stage, 1)
        await stage.settle()
        await stage.pilot.click("#transcript", offset=(5, 0))
        assert transcript(stage).cursor is stage.entries[0]


async def test_selected_text_is_what_is_read_without_margins(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        fill(stage, 1, "one two three")
        await stage.settle()
        text, _ = transcript(stage).get_selection(Selection(Offset(0, 0), Offset(10, 2)))
        assert text == "question 0\n\none two"
        everything, _ = transcript(stage).get_selection(Selection(None, None))
        assert everything.startswith("question 0\n\none two three\n42 tokens")


async def test_a_selection_is_painted(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        fill(stage, 1, "one two three")
        await stage.settle()
        before = transcript(stage).render_line(2)
        stage.app.screen.selections = {transcript(stage): Selection(Offset(3, 2), Offset(6, 2))}
        await stage.pilot.pause()
        after = transcript(stage).render_line(2)
        assert after.text == before.text
        assert list(after) != list(before)


async def test_focus_in_and_out_keeps_everything(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        fill(stage, 200)
        await stage.settle()
        shown = stage.screen_text
        stage.app.post_message(events.AppBlur())
        await stage.pilot.pause()
        stage.app.post_message(events.AppFocus())
        await stage.pilot.pause()
        await stage.settle()
        assert stage.screen_text == shown


async def test_clear_empties_the_view_only(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        fill(stage, 3)
        await stage.settle()
        await stage.pilot.press("ctrl+l")
        assert "question" not in stage.screen_text
        assert "A living thing in your terminal" in stage.screen_text


async def test_a_very_long_open_block_is_drawn_less_often_but_completely(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        number = await stage.say("go on")
        stage.engine.begin(number)
        words = [f"word{index} " for index in range(1500)]
        for start in range(0, len(words), 50):
            stage.engine.say(number, words[start : start + 50])
            stage.app._tick()
        stage.engine.finish(number, "".join(words))
        await stage.settle()
        assert "word1499" in stage.screen_text


async def test_focus_out_and_in_draws_nothing_anew_whatever_was_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with on_stage(tmp_path) as stage:
        view = transcript(stage)
        before = len(stage.app.screen.query("*"))
        for number in range(1, 5001):
            view.conversation.submitted(number, f"Question {number}?")
            view.conversation.apply(TextChunk(number, "An *answer*."))
            view.conversation.apply(Done(number, Outcome.OK, "An *answer*."))
        view.catch_up()
        await stage.deliver()
        assert len(stage.app.screen.query("*")) == before and "Question 5000?" in stage.screen_text
        shown = stage.screen_text
        drawn: list[object] = []
        monkeypatch.setattr(Arrangement, "draw", lambda rows, entry: drawn.append(entry))
        for event in (events.AppBlur(), events.AppFocus()):
            stage.app.post_message(event)
            await stage.deliver()
        assert drawn == [] and stage.screen_text == shown
