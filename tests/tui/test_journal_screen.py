"""The journal screen: looking, searching, going back in time, marking, telling the engine, exporting."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.api import Done, Outcome
from engine.memory.journal import Journal
from sovl_tui.screens.confirm import ConfirmScreen
from tests.tui.journal_states import BEGIN, fill, opened
from tests.tui.stage import Stage, on_stage

ALL = 49
"""Entries of five days."""


def lines(stage: Stage) -> list[str]:
    return [line for _, line in stage.engine.lines]


def write(stage: Stage, prompt: str, days: float = 30, **more: object) -> None:
    """The engine writes something down, and says that it is done."""
    with Journal.open(stage.engine.home.journal_path) as journal:
        when = BEGIN.timestamp() + days * 86_400
        journal.record(conversation_id="new", prompt=prompt, response="", timestamp=when, **more)  # type: ignore[arg-type]
    stage.engine.put(Done(99, Outcome.OK))


async def test_it_opens_at_the_end_and_shows_all_of_the_newest(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        screen = await opened(stage)
        assert f"{ALL} entries · following" in stage.screen_text
        assert screen.list.cursor == ALL - 1 and "SOVL, by itself" in stage.screen_text
        await stage.pilot.press("home")
        await stage.settle()
        assert "Hello! Who are you?" in stage.screen_text and "I am SOVL, a small mind" in stage.screen_text
        assert "following" not in stage.screen_text
        await stage.pilot.press("down")
        await stage.settle()
        assert (
            "#2" in stage.screen_text and "memory" in stage.screen_text and "☾ learned 2026-11-20" in stage.screen_text
        )


async def test_a_far_jump_is_painted_once_its_lines_are_read(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        screen = await opened(stage, rounds=40)
        there = screen.list
        end, before = there.count - 1, there.top
        assert there.count > 3 * there.page
        painted: list[bool] = []
        draw = there.draw
        there.draw = lambda index, *rest: painted.append(there.has_line(there.keys[index])) or draw(index, *rest)  # type: ignore[method-assign, func-returns-value]
        there.move_to(0)
        assert there.cursor == 0 and there.top == before and not there.following, "keys may go on from there at once"
        await stage.settle()
        assert there.top == 0 and "Hello! Who are you?" in stage.screen_text
        assert painted and all(painted), "nothing was drawn without its line"
        there.move_to(end)
        assert there.following
        there.action_move(-1)
        await stage.settle()
        assert there.cursor == end - 1 and there.top + there.page > end


async def test_a_far_jump_does_not_wait_for_a_slow_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with on_stage(tmp_path) as stage:
        screen = await opened(stage, rounds=40)
        monkeypatch.setattr(screen.access, "read_lines", lambda keys: None)
        screen.list.move_to(0)
        await stage.settle()
        timer = screen.list._held
        assert timer is not None and timer._interval <= 0.1 and timer._callback is not None
        timer._callback()  # here no clock runs
        await stage.settle()
        assert screen.list.top == 0 and not screen.list.has_line(screen.list.keys[0])
        assert "#1 " in stage.screen_text, "the entry under the cursor is shown beside it"


async def test_what_is_written_shows_and_is_followed(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        screen = await opened(stage)
        write(stage, "A new day.")
        await stage.settle()
        assert "A new day." in stage.screen_text and screen.list.cursor == ALL
        await stage.pilot.press("up", "up")
        write(stage, "And another.", 31)
        await stage.settle()
        assert "↓ 1 new" in stage.screen_text and screen.list.cursor == ALL - 2
        await stage.pilot.press("f")
        await stage.settle()
        assert "And another." in stage.screen_text and screen.list.cursor == ALL + 1


async def test_what_comes_in_late_finds_its_place(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await opened(stage)
        write(stage, "Before all that.", -1)
        await stage.settle()
        await stage.pilot.press("home")
        await stage.settle()
        assert "Before all that." in stage.screen_text.split("Hello! Who")[0]


async def test_what_was_written_while_one_was_elsewhere(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await opened(stage)
        await stage.pilot.press("escape")
        await stage.settle()
        write(stage, "Meanwhile.")
        await stage.settle()
        await stage.pilot.press("f4")
        await stage.settle()
        assert "Meanwhile." in stage.screen_text


async def test_words_find_and_are_shown_in_what_was_found(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        screen = await opened(stage)
        await stage.pilot.press("slash", *"cello")
        await stage.settle()
        assert "5 entries" in stage.screen_text and "Moon" not in stage.screen_text
        await stage.pilot.press("enter")
        assert screen.list.has_focus
        await stage.pilot.press("escape")
        await stage.settle()
        assert f"{ALL} entries" in stage.screen_text and screen.search.value == ""
        await stage.pilot.press("escape")
        assert stage.app.screen is stage.app.live


async def test_conditions_go_round_by_keys_and_by_mouse(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        screen = await opened(stage)
        await stage.pilot.press("m", "m")
        await stage.settle()
        assert screen.search.value == "mood:curious" and "20 entries" in stage.screen_text
        await stage.pilot.press("l", "l")
        await stage.settle()
        assert screen.search.value == "mood:curious is:waiting" and "8 entries" in stage.screen_text
        screen.search.value = ""
        await stage.settle()
        for expected in ("chat", "spark", "question", "event", ""):
            await stage.pilot.press("t")
            await stage.settle()
            assert screen.wanted.kind == expected
        await stage.pilot.press("c")
        await stage.settle()
        assert screen.search.value == "in:00000004-cafe" and "9 entries" in stage.screen_text
        await stage.pilot.press("c")
        await stage.settle()
        await stage.pilot.click("#journal-filters", offset=(3, 0))
        await stage.settle()
        assert screen.wanted.kind == "chat"


async def test_a_condition_that_means_nothing_changes_nothing(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        screen = await opened(stage)
        screen.search.value = "is:happy"
        await stage.settle()
        assert "is:happy means nothing" in stage.screen_text and f"{ALL} entries" in stage.screen_text


async def test_one_goes_to_a_date_and_from_day_to_day(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        screen = await opened(stage)
        await stage.pilot.press("d", *"never")
        await stage.settle()
        assert "'never' is no time" in stage.screen_text
        await stage.pilot.press("enter")
        assert screen.asking.is_open
        screen.asking.input.value = "2026-11-22 09:30"
        await stage.settle()
        assert "Sunday, 2026-11-22 09:30" in stage.screen_text
        await stage.pilot.press("enter")
        await stage.settle()
        assert screen.list.current_line is not None and "Moon" in screen.list.current_line.prompt
        for key, day in (("left_square_bracket", 21), ("right_square_bracket", 22), ("right_square_bracket", 23)):
            await stage.pilot.press(key)
            await stage.settle()
            line = screen.list.current_line
            assert line is not None and "Hello" in line.prompt and f"11-{day} 09:12" in stage.screen_text


async def test_entries_wrap(tmp_path: Path) -> None:
    async with on_stage(tmp_path, (80, 24)) as stage:
        screen = await opened(stage)
        assert "Once upon a time there was" not in stage.screen_text
        await stage.pilot.press("w", "up", "up")
        await stage.settle()
        assert "Once upon a time there was" in stage.screen_text
        for key in ("home", "end", "pageup", "pagedown"):
            await stage.pilot.press(key)
            await stage.settle()
            in_view = {index for index, _ in screen.list._arrange()}
            assert screen.list.cursor in in_view
        await stage.pilot.press("w")
        await stage.settle()
        assert screen.list.cursor == ALL - 1


async def test_an_entry_is_kept_from_learning_and_given_back(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        screen = await opened(stage)
        await stage.pilot.press("n")
        await stage.settle()
        assert lines(stage) == ["/trainable 45 off"]
        with Journal.open(stage.engine.home.journal_path) as journal:
            journal.set_trainable(45, False)
        stage.engine.put(Done(1, Outcome.OK))
        await stage.settle()
        assert "✓ Will not be learned." in stage.screen_text and "never to be learned" in stage.screen_text
        assert screen.list.current_line is not None and screen.list.current_line.state == "excluded"
        await stage.pilot.press("n")
        assert lines(stage)[-1] == "/trainable 45 on"
        stage.engine.put(Done(2, Outcome.REFUSED, message="This home is open read-only."))
        await stage.settle()
        assert "✗ This home is open read-only." in stage.screen_text


async def test_marked_entries_are_rated_together(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        screen = await opened(stage)
        await stage.pilot.press("home", "space", "space")
        await stage.settle()
        assert "2 marked" in stage.screen_text
        await stage.pilot.press("minus")
        assert lines(stage) == ["/rate down 1", "/rate down 2"] and not screen.list.marked
        await stage.pilot.press("space", "escape")
        assert not screen.list.marked and stage.app.screen is screen


async def test_an_event_is_neither_learned_nor_rated(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        screen = await opened(stage)
        screen.search.value = "kind:event"
        await stage.settle()
        screen.list.focus()
        await stage.pilot.press("n", "plus")
        await stage.settle()
        assert not lines(stage) and "an event is neither" in stage.screen_text
        assert "rows" in stage.screen_text and "310" in stage.screen_text


async def test_what_was_learned_is_forgotten_after_a_question(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await opened(stage)
        await stage.pilot.press("x")
        await stage.settle()
        assert "Nothing of it is remembered" in stage.screen_text
        await stage.pilot.press("home", "down")
        await stage.settle()
        await stage.pilot.press("x")
        await stage.settle()
        assert isinstance(stage.app.screen, ConfirmScreen) and "#1 My cat is called Mia." in stage.screen_text
        await stage.pilot.press("y")
        await stage.settle()
        assert lines(stage) == ["/forget 1"]


async def test_what_is_shown_or_marked_is_exported(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        screen = await opened(stage)
        file = tmp_path / "cats.jsonl"
        screen.search.value = "cello"
        await stage.settle()
        screen.list.focus()
        await stage.pilot.press("e")
        await stage.settle()
        assert "export 5 to" in stage.screen_text
        screen.asking.input.value = str(file)
        await stage.pilot.press("enter")
        await stage.settle()
        assert "✓ Exported 5 interactions" in stage.screen_text
        assert {json.loads(line)["prompt"] for line in file.read_text().splitlines()} == {
            "My sister Ada plays the cello."
        }
        await stage.pilot.press("space", "e")
        screen.asking.input.value = str(file)
        await stage.pilot.press("enter")
        await stage.settle()
        assert "is there already" in stage.screen_text and screen.asking.is_open
        screen.asking.input.value = str(tmp_path / "one.jsonl")
        await stage.pilot.press("enter")
        await stage.settle()
        assert len((tmp_path / "one.jsonl").read_text().splitlines()) == 1


async def test_an_entry_is_read_and_copied(tmp_path: Path) -> None:
    async with on_stage(tmp_path, (40, 12)) as stage:
        screen = await opened(stage)
        await stage.pilot.press("home", "enter")
        await stage.settle()
        assert "I am SOVL, a small mind" in stage.screen_text and not screen.list.is_on_screen
        await stage.pilot.press("y")
        assert stage.app.clipboard.startswith("Hello! Who are you?\n\nI am SOVL")
        await stage.pilot.press("escape")
        await stage.settle()
        assert screen.list.has_focus and screen.list.is_on_screen


async def test_a_journal_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    async with on_stage(tmp_path, (80, 24)) as stage:
        stage.engine.home.journal_path.write_text("no database, but long enough to look like one " * 40)
        await opened(stage, rounds=0)
        words = " ".join(stage.screen_text.split())
        assert "The journal cannot be read. journal.sqlite3 is not a readable journal" in words and "…" not in words


async def test_a_journal_that_begins_later(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await opened(stage, rounds=0)
        assert "Nothing was said yet." in stage.screen_text
        fill(stage.engine.home.journal_path, 1)
        stage.engine.put(Done(99, Outcome.OK))
        await stage.settle()
        assert "9 entries" in stage.screen_text


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12)])
async def test_it_fits(tmp_path: Path, size: tuple[int, int]) -> None:
    async with on_stage(tmp_path, size) as stage:
        screen = await opened(stage)
        rows = stage.screen_text.split("\n")
        assert len(rows) == size[1] and all(len(row) <= size[0] for row in rows)
        assert any("SOVL asks" in row for row in rows) and screen.list.size.height >= 6
