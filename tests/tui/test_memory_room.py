"""The memory room: what is listed, all about one memory, and what one can do with it."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from time import time

import pytest

from engine import NightRecord
from engine.api import Done, MemoryAsked, Outcome, Output, Passage
from engine.memory.journal import Journal
from sovl_tui.memory_rows import ago
from sovl_tui.screens.memory import MemoryScreen
from tests.tui import past
from tests.tui.stage import Stage, on_stage

WIDE, NARROW, SMALL = (120, 40), (80, 24), (40, 12)
MEETING = "The meeting with Ms Olufsen is on Tuesday at half past nine in the small room upstairs."


def living(folder: Path, size: tuple[int, int] = WIDE, *nights: NightRecord) -> AbstractAsyncContextManager[Stage]:
    past.live_through(folder / "home", *(nights or past.LIFE))
    return on_stage(folder, size)


async def enter(stage: Stage, *keys: str) -> MemoryScreen:
    await stage.pilot.press("f5")
    await stage.settle()
    await stage.pilot.press(*keys)
    await stage.settle()
    screen = stage.app.screen
    assert isinstance(screen, MemoryScreen)
    return screen


def texts(screen: MemoryScreen) -> list[str]:
    return [row.memory.text for row in screen.memories.rows]  # type: ignore[union-attr]


async def answer(stage: Stage, number: int, *, right: bool = True, so_far: bool = False) -> None:
    """What the engine does when it is asked about a memory."""
    engine = stage.engine
    engine.begin(number, "memories ask")
    engine.put(
        Passage(number, "question", "Asked: ", "Who is the meeting with?"), Passage(number, "answer", "Answered: ")
    )
    engine.say(number, ["It is with ", "Ms Olufsen."])
    if not so_far:
        engine.put(MemoryAsked(number, 3, "Who is the meeting with?", "It is with Ms Olufsen.", right))
        engine.put(Output(number, "It knows: Ms Olufsen." if right else "It does not say: Ms Olufsen."))
        engine.finish(number, "It is with Ms Olufsen.")
    await stage.settle()


async def test_every_memory_is_listed_with_its_verdict_and_strength_over_the_nights(tmp_path: Path) -> None:
    async with living(tmp_path) as stage:
        await enter(stage)
        shown = stage.screen_text
        assert "5 memories   ✓ 4 learned   ~ 1 weak" in shown
        rows = {line.split("│")[1].strip() for line in shown.split("\n") if line.count("│") > 2}
        cat = next(row for row in rows if "My cat" in row)
        assert cat.startswith("✓ My cat is called Mia.") and "▇▇▁▇" in cat and "100%" in cat
        sister = next(row for row in rows if "My sister" in row)
        assert sister.startswith("~") and "▇▃" in sister and "40%" in sister


async def test_all_about_one_memory_stands_beside_the_list(tmp_path: Path) -> None:
    async with living(tmp_path) as stage:
        stage.engine.snapshot(dreams=((3, 0.41), (1, 0.53), (3, 1.0)))
        await enter(stage, "down", "down")
        shown = stage.screen_text
        assert "trained in 3 nights" in shown and "told in exchange 3" in shown
        assert "Tue 25 Nov" in shown and "40 →  40 %" in shown and "40 → 100 %" in shown
        assert "lingers" in shown and "1.00 → 0.95" in shown and "0.41 → 0.39" in shown
        assert "0.42 0.50 0.14" in shown
        await stage.pilot.press("end")
        await stage.settle()
        assert "asked itself" in stage.screen_text and "? What is the name of your cat? → Mia" in stage.screen_text


async def test_lingering_dreams_are_shown_with_what_remains_of_them(tmp_path: Path) -> None:
    async with living(tmp_path) as stage:
        await enter(stage)
        assert "no dream lingers" in stage.screen_text
        stage.engine.snapshot(dreams=((1, 0.41), (99, 0.7), (2, 1.0)))
        await stage.settle()
        lines = [
            line for line in stage.screen_text.split("\n") if any(w in line for w in (" 1.00  ", " 0.70  ", " 0.41  "))
        ]
        assert ["We moved" in lines[0], "memory 99" in lines[1], "My cat" in lines[2]] == [True] * 3


async def test_a_asks_about_the_memory_and_shows_answer_and_verdict(tmp_path: Path) -> None:
    async with living(tmp_path) as stage:
        await enter(stage, "down", "down", "a")
        number, line = stage.engine.lines[-1]
        assert line == "/memories ask 3" and "asking …" in stage.screen_text
        await answer(stage, number, so_far=True)
        assert "? Who is the meeting with?" in stage.screen_text and "◆ It is with Ms Olufsen." in stage.screen_text
        await stage.pilot.press("a")
        assert len(stage.engine.lines) == 1, "one question at a time"
        stage.engine.put(MemoryAsked(number, 3, "", "", False), Output(number, "It does not say: half past nine."))
        stage.engine.finish(number, "It is with Ms Olufsen.")
        await stage.settle()
        assert "✗ It does not say: half past nine." in stage.screen_text
        await stage.pilot.press("up")
        await stage.settle()
        assert "It does not say" not in stage.screen_text
        await stage.pilot.press("down", "a")
        assert [line for _, line in stage.engine.lines] == ["/memories ask 3"] * 2


async def test_an_answer_that_comes_while_one_looks_elsewhere_is_there_afterwards(tmp_path: Path) -> None:
    async with living(tmp_path) as stage:
        await enter(stage, "down", "down", "a")
        await stage.pilot.press("escape")
        await stage.settle()
        assert stage.app.screen is stage.app.live
        await answer(stage, stage.engine.lines[-1][0])
        await enter(stage)
        assert "✓ It knows: Ms Olufsen." in stage.screen_text


async def test_a_refused_question_says_why(tmp_path: Path) -> None:
    async with living(tmp_path) as stage:
        await enter(stage, "a")
        number = stage.engine.lines[-1][0]
        stage.engine.put(Done(number, Outcome.REFUSED, message="No question fits memory 5."))
        await stage.settle()
        assert "✖ No question fits memory 5." in stage.screen_text


async def test_x_asks_before_it_forgets_and_the_list_shows_it(tmp_path: Path) -> None:
    async with living(tmp_path) as stage:
        screen = await enter(stage, "x", "n")
        assert stage.engine.lines == []
        await stage.pilot.press("x", "y")
        await stage.settle()
        number, line = stage.engine.lines[-1]
        assert line == "/forget 5"
        with Journal.open(stage.engine.home.journal_path) as journal, journal.transaction():
            journal.memories.forget([5])
        stage.engine.command(number, "Will be unlearned in the next sleep: I am allergic to walnuts.")
        await stage.settle()
        assert texts(screen)[-1] == "I am allergic to walnuts." and "∅ 1 gone" in stage.screen_text
        assert screen.memories.cursor == 4, "the cursor stays with its memory"
        before = len(stage.engine.lines)
        await stage.pilot.press("x", "y")
        assert len(stage.engine.lines) == before, "what is forgotten cannot be forgotten again"


async def test_o_sorts_in_other_ways(tmp_path: Path) -> None:
    async with living(tmp_path) as stage:
        screen = await enter(stage)
        newest = texts(screen)
        assert newest[0] == "I am allergic to walnuts." and "newest first" in stage.screen_text
        await stage.pilot.press("o")
        await stage.settle()
        assert texts(screen)[0] == "My sister Ada plays the cello." and "weakest first" in stage.screen_text
        assert screen.memories.cursor == texts(screen).index(newest[0])
        await stage.pilot.press("o")
        await stage.settle()
        assert texts(screen)[-1] == "My sister Ada plays the cello."
        await stage.pilot.press("o")
        await stage.settle()
        assert texts(screen) == newest


async def test_e_examines_everything_in_the_conversation(tmp_path: Path) -> None:
    async with living(tmp_path) as stage:
        await stage.pilot.press("f5")
        await stage.settle()
        await stage.pilot.press("e")
        await stage.settle()
        assert stage.engine.lines[-1][1] == "/evaluate" and stage.app.screen is stage.app.live


async def test_a_night_brings_the_list_up_to_date(tmp_path: Path) -> None:
    async with living(tmp_path, WIDE, past.LIFE[0]) as stage:
        screen = await enter(stage)
        assert len(texts(screen)) == 3
        number = stage.engine.submit("/sleep")
        stage.engine.fall_asleep(number)
        await stage.settle()
        now = time()
        past.live_through(stage.engine.home.path, replace(past.LIFE[4], began=now - 60, ended=now))
        stage.engine.wake_up(number, 4, 1, 0)
        await stage.settle()
        assert len(texts(screen)) == 5 and " now" in stage.screen_text


async def test_a_home_without_memories_says_how_to_get_some(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await enter(stage, "a", "x", "o", "enter")
        assert "Tell it something, then let it sleep." in stage.screen_text and stage.engine.lines == []


async def test_a_journal_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        stage.engine.home.journal_path.write_text("no database " * 500)
        await enter(stage)
        assert [one.severity for one in stage.app._notifications] == ["error"]


@pytest.mark.parametrize("size", [NARROW, SMALL])
async def test_with_little_room_enter_opens_a_memory_and_esc_closes_it(tmp_path: Path, size: tuple[int, int]) -> None:
    async with living(tmp_path, size) as stage:
        screen = await enter(stage, "down", "down")
        assert "trained in" not in stage.screen_text
        await stage.pilot.press("enter")
        await stage.settle()
        assert "trained in 3 nights" in stage.screen_text and "My cat is called" not in stage.screen_text
        await stage.pilot.press("escape")
        await stage.settle()
        assert stage.app.screen is screen and "My cat is called" in stage.screen_text
        await stage.pilot.press("a")
        await stage.settle()
        await answer(stage, stage.engine.lines[-1][0])
        assert "It knows: Ms Olufsen." in stage.screen_text, "where the answer is to be seen, it is shown"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "now"), (59, "now"), (60, "1 min"), (3599, "60 min"), (7200, "2 h"), (172_800, "2 d")]
)
def test_how_long_ago(seconds: float, words: str) -> None:
    assert ago(seconds) == words


async def test_a_search_shows_only_what_fits_and_esc_shows_everything(tmp_path: Path) -> None:
    async with living(tmp_path) as stage:
        screen = await enter(stage, "slash")
        screen.search.insert("cello", 0)
        await stage.settle()
        assert texts(screen) == ["My sister Ada plays the cello."] and "1 of 5 memories" in stage.screen_text
        await stage.pilot.press("enter", "a")
        assert stage.engine.lines[-1][1] == "/memories ask 4"
        await stage.pilot.press("slash")
        screen.search.value = "LEARNED upstairs"
        await stage.settle()
        assert texts(screen) == [MEETING]
        screen.search.value = "nowhere"
        await stage.settle()
        assert "Nothing fits." in stage.screen_text and "5 memories" in stage.screen_text
        await stage.pilot.press("escape")
        await stage.settle()
        assert len(texts(screen)) == 5 and screen.memories.has_focus and not screen.search.display
