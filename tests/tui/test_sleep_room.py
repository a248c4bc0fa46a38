"""The sleep room: it opens by itself, shows a night as it happens, holds and wakes it, and keeps its diary."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from time import time

import pytest
from effects import shows_effect_of

from engine import NightRecord
from engine.api import Done, Dreamt, Outcome, Output, Progress
from sovl_tui.screens.sleep import SleepScreen
from tests.tui import past
from tests.tui.stage import Stage
from tests.tui.stage import on_stage as bare_stage

OnStage = AbstractAsyncContextManager[Stage]
WIDE, NARROW, SMALL = (120, 40), (80, 24), (40, 12)


def on_stage(folder: Path, size: tuple[int, int] = WIDE, *nights: NightRecord, opens: bool = True) -> OnStage:
    """The app on a life with so many nights behind it."""
    past.live_through(folder / "home", *nights)
    return bare_stage(folder, size, opens=opens)


def room(stage: Stage) -> SleepScreen:
    screen = stage.app.rooms.get("sleep")
    assert isinstance(screen, SleepScreen)
    return screen


async def begin(stage: Stage, phase: str = "training") -> int:
    """Send it to sleep, as far as ``phase``."""
    number = await stage.say("/sleep")
    stage.engine.fall_asleep(number)
    if phase != "falling asleep":
        stage.engine.phase(number, "dreaming")
        stage.engine.replay(number, 3)
        stage.engine.dream(number, 5)
    if phase in ("training", "auditing"):
        stage.engine.phase(number, "training")
        stage.engine.learn(number, range(1, 46), 95)
    if phase == "auditing":
        stage.engine.phase(number, "auditing")
    await stage.settle()
    return number


# -- it opens by itself ------------------------------------------------------------------------------------------------


async def test_it_opens_when_the_lifeform_falls_asleep(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await begin(stage, "falling asleep")
        assert stage.app.screen is room(stage)
        assert "☾ Asleep" in stage.screen_text and " falling asleep " in stage.screen_text
        await stage.pilot.press("escape")
        await stage.settle()
        assert stage.app.screen is stage.app.live and stage.engine.stops == []


async def test_of_its_own_accord_too(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        stage.engine.fall_asleep(77)
        await stage.settle()
        assert stage.app.screen is room(stage)


async def test_it_does_not_come_between_somebody_and_what_they_write(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await stage.type("I was about to")
        stage.engine.fall_asleep(77)
        await stage.settle()
        assert stage.app.screen is stage.app.live and stage.app.live.prompt.text == "I was about to"
        assert [one.message for one in stage.app._notifications] == ["It fell asleep; F3 shows the night."]


@shows_effect_of("open_sleep")
async def test_it_stays_closed_where_that_is_wanted_and_misses_nothing(tmp_path: Path) -> None:
    async with on_stage(tmp_path, opens=False) as stage:
        await begin(stage)
        assert stage.app.screen is stage.app.live
        await stage.pilot.press("f3")
        await stage.settle()
        assert "step 45 of 95" in stage.screen_text and "What is the name of your cat? → Mia" in stage.screen_text


async def test_a_dream_alone_does_not_open_it(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        number = await stage.say("/dream")
        stage.engine.begin(number, "dream")
        stage.engine.phase(number, "dreaming")
        stage.engine.replay(number, 2)
        await stage.settle()
        assert stage.app.screen is stage.app.live
        await stage.pilot.press("f3")
        await stage.settle()
        assert "☾ Dreaming" in stage.screen_text and "training" not in stage.screen_text
        assert "My cat is called Mia." in stage.screen_text


async def test_z_shows_one_list_on_the_whole_width_with_all_its_words(tmp_path: Path) -> None:
    why = "its answer does not rest on the memory but on something else"
    async with on_stage(tmp_path) as stage:
        number = await begin(stage)
        stage.engine.put(Dreamt(number, "My cat is called Mia.", "What colour is the cat?", "", False, why))
        await stage.settle()
        assert why not in stage.screen_text and room(stage).verdicts.display
        await stage.pilot.press("z")
        await stage.settle()
        assert why in stage.screen_text and not room(stage).verdicts.display
        await stage.pilot.press("escape")
        await stage.settle()
        assert stage.app.screen is room(stage) and room(stage).verdicts.display


# -- a night as it happens ---------------------------------------------------------------------------------------------


async def test_a_night_from_its_first_dream_to_its_last_verdict(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        number = await stage.say("/sleep")
        stage.engine.fall_asleep(number)
        stage.engine.phase(number, "dreaming")
        stage.engine.replay(number, 2)
        stage.engine.put(Progress(number, "asking itself", 30, 120, 9.0))
        await stage.settle()
        shown = stage.screen_text
        assert "☾ My cat is called Mia." in shown and "0.51 0.82 0.15" in shown
        assert "asking itself" in shown and "25 %" in shown and "0:09 left" in shown
        assert "drift elsewhere" not in shown, "no curve before the first step"
        stage.engine.dream(number, 5)
        await stage.settle()
        assert "✓ What is the name of your cat? → Mia" in stage.screen_text
        assert "✗ When did we move? · it knew that already" in stage.screen_text
        assert "dreams · 5 asked, 3 kept" in stage.screen_text and "asking itself" not in stage.screen_text
        stage.engine.phase(number, "training")
        stage.engine.learn(number, range(1, 46), 95)
        await stage.settle()
        shown = stage.screen_text
        assert "step 45 of 95 · loss 0.81 · drift 0.009" in shown and "47 %" in shown and "1:10 left" in shown
        assert "2.62 → 0.81" in shown and "0.004 → 0.009" in shown
        stage.engine.phase(number, "auditing")
        stage.engine.audit(number, ["learned", "refused"])
        await stage.settle()
        assert "verdicts · knew 0 → 1 of 2" in stage.screen_text and "0 → 100 %" in stage.screen_text
        stage.engine.wake_up(number, 1, 0, 1)
        await stage.settle()
        assert "Learned 1 of 2; loss 2.51 → 0.31; mood curious." in stage.screen_text
        assert "☾ Asleep" not in stage.screen_text and "s sleep now" in stage.screen_text


async def test_questions_stand_below_their_memory_in_the_order_of_the_dreams(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await begin(stage, "dreaming")
        lines = [line.strip("│ ") for line in stage.screen_text.split("\n")]
        places = [
            next(n for n, line in enumerate(lines) if words in line)
            for words in ("My cat is called Mia.", "What is the name", "Who is Mia?", "We moved to Graz")
        ]
        assert places == sorted(places)


async def test_the_feed_follows_its_end_until_one_scrolls_away(tmp_path: Path) -> None:
    async with on_stage(tmp_path, NARROW) as stage:
        number = await begin(stage, "dreaming")
        stage.engine.dream(number, 40)
        await stage.settle()
        feed = room(stage).dreams
        assert feed.following and feed.scroll_y == feed.max_scroll_y > 0
        await stage.pilot.press("home")
        stage.engine.dream(number, 5)
        await stage.settle()
        assert feed.scroll_y == 0 and not feed.following
        await stage.pilot.press("end")
        await stage.settle()
        assert feed.following and feed.scroll_y == feed.max_scroll_y


async def test_the_feed_stays_at_its_end_when_the_curves_take_room_from_it(tmp_path: Path) -> None:
    async with on_stage(tmp_path, NARROW) as stage:
        number = await begin(stage, "dreaming")
        stage.engine.dream(number, 40)
        stage.engine.phase(number, "training")
        stage.engine.learn(number, range(1, 46), 95)
        await stage.settle()
        feed = room(stage).dreams
        assert feed.following and feed.top == feed.count - feed.page


# -- hold, wake, begin -------------------------------------------------------------------------------------------------


async def test_p_holds_the_night_and_lets_it_go_on(tmp_path: Path) -> None:
    async with on_stage(tmp_path, NARROW) as stage:
        await begin(stage)
        await stage.pilot.press("p")
        assert stage.engine.lines[-1][1] == "/sleep pause"
        stage.engine.snapshot(paused=True)
        await stage.settle()
        assert " held" in stage.screen_text and "p go on" in stage.screen_text
        assert "left" not in stage.screen_text.split("\n")[1]
        await stage.pilot.press("p")
        assert stage.engine.lines[-1][1] == "/sleep resume"


async def test_w_asks_before_it_wakes_it(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        number = await begin(stage)
        before = len(stage.engine.lines)
        await stage.pilot.press("w", "n")
        assert len(stage.engine.lines) == before
        await stage.pilot.press("w", "y")
        await stage.settle()
        assert stage.engine.lines[-1][1] == "/wake"
        woken = "Woken early: everything is as it was before this sleep."
        stage.engine.put(Output(number, woken), Output(number, "--- Awake ---"), Done(number, Outcome.OK))
        stage.engine.awaken(gestating=False)
        await stage.settle()
        assert woken in stage.screen_text


async def test_s_puts_it_to_sleep_and_does_nothing_in_a_night(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        await stage.pilot.press("f3")
        await stage.settle()
        await stage.pilot.press("p", "w")
        assert stage.engine.lines == []
        await stage.pilot.press("s")
        assert stage.engine.lines[-1][1] == "/sleep"
        stage.engine.fall_asleep(stage.engine.lines[-1][0])
        await stage.settle()
        await stage.pilot.press("s")
        assert [line for _, line in stage.engine.lines] == ["/sleep"]


# -- the diary ---------------------------------------------------------------------------------------------------------


async def test_the_diary_shows_every_night_and_the_arrows_turn_its_pages(tmp_path: Path) -> None:
    async with on_stage(tmp_path, WIDE, *past.LIFE) as stage:
        await stage.pilot.press("f3")
        await stage.settle()
        assert "Learned 4 of 5" in stage.screen_text and " kept" in stage.screen_text
        seen = []
        for _ in range(5):
            seen.append(stage.screen_text)
            await stage.pilot.press("left")
            await stage.settle()
        assert " rolled back" in seen[1] and "it would lose 2 old memories" in seen[1]
        assert " woken early" in seen[2] and "Woken early" in seen[2]
        assert " kept 50%" in seen[3] and "All of it was too much" in seen[3]
        assert "verdicts · knew 0 → 1 of 3" in seen[4]
        assert stage.screen_text == seen[4], "there is no night before the first"
        for _ in range(5):
            await stage.pilot.press("right")
        await stage.settle()
        assert stage.screen_text == seen[0]


async def test_a_row_of_the_diary_can_be_clicked(tmp_path: Path) -> None:
    async with on_stage(tmp_path, WIDE, *past.LIFE) as stage:
        await stage.pilot.press("f3")
        await stage.settle()
        await stage.pilot.click("#sleep-diary", offset=(5, 2))
        await stage.settle()
        assert " rolled back" in stage.screen_text


async def test_a_night_that_is_over_becomes_a_page_of_the_diary(tmp_path: Path) -> None:
    async with on_stage(tmp_path, WIDE, past.LIFE[0]) as stage:
        number = await begin(stage)
        assert room(stage).diary.rows[0].day == "tonight"  # type: ignore[union-attr]
        ended = time() + 1
        past.live_through(stage.engine.home.path, replace(past.LIFE[0], began=ended - 60, ended=ended))
        stage.engine.wake_up(number, 1, 1, 1)
        await stage.settle()
        rows = room(stage).diary.rows
        assert [page.record is None for page in rows] == [False, False]  # type: ignore[union-attr]
        assert "tonight" not in stage.screen_text and " kept" in stage.screen_text


async def test_turning_back_during_a_night_stays_there(tmp_path: Path) -> None:
    async with on_stage(tmp_path, WIDE, *past.LIFE) as stage:
        number = await begin(stage)
        await stage.pilot.press("left", "left")
        await stage.settle()
        assert " rolled back" in stage.screen_text
        stage.engine.learn(number, range(46, 60), 95)
        await stage.settle()
        assert " rolled back" in stage.screen_text and "step 59" not in stage.screen_text
        await stage.pilot.press("right", "right")
        await stage.settle()
        assert "step 59 of 95" in stage.screen_text


async def test_a_journal_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        stage.engine.home.journal_path.write_text("no database " * 500)
        await stage.pilot.press("f3")
        await stage.settle()
        (said,) = stage.app._notifications
        assert "is not a readable journal" in said.message and said.severity == "error"


# -- little room -------------------------------------------------------------------------------------------------------


async def test_on_a_small_screen_the_phase_decides_what_is_seen_and_v_shows_another_part(tmp_path: Path) -> None:
    async with on_stage(tmp_path, SMALL) as stage:
        number = await begin(stage, "dreaming")
        assert "Who is Mia? → My cat" in stage.screen_text
        stage.engine.phase(number, "training")
        stage.engine.learn(number, range(1, 46), 95)
        await stage.settle()
        assert "Who is Mia?" not in stage.screen_text and "loss" in stage.screen_text
        stage.engine.phase(number, "auditing")
        stage.engine.audit(number, ["learned"])
        await stage.settle()
        assert "0 → 100 %" in stage.screen_text
        await stage.pilot.press("v")
        await stage.settle()
        assert "Who is Mia?" in stage.screen_text and "0 → 100 %" not in stage.screen_text


@pytest.mark.parametrize("size", [NARROW, SMALL])
async def test_d_shows_the_diary_where_it_is_not_beside_the_night(tmp_path: Path, size: tuple[int, int]) -> None:
    async with on_stage(tmp_path, size, *past.LIFE) as stage:
        await stage.pilot.press("f3")
        await stage.settle()
        assert "Mon 24 Nov" not in stage.screen_text
        await stage.pilot.press("d", "down", "enter")
        await stage.settle()
        assert " rolled back" in stage.screen_text
        await stage.pilot.press("d")
        await stage.settle()
        assert "Mon 24 Nov" in stage.screen_text
        await stage.pilot.press("escape")
        await stage.settle()
        assert "Mon 24 Nov" not in stage.screen_text and stage.app.screen is room(stage)


async def test_a_step_lays_nothing_out_and_paints_what_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with on_stage(tmp_path) as stage:
        number = await begin(stage)
        layouts, painted = [], []
        screen = room(stage)
        monkeypatch.setattr(screen, "_refresh_layout", lambda *_, **__: layouts.append(1))
        for rows in (screen.dreams, screen.verdicts, screen.diary, screen.key_bar, screen.figure):
            monkeypatch.setattr(rows, "refresh", lambda *_, id=rows.id, **__: painted.append(id))
        for step in range(46, 60):
            stage.engine.learn(number, range(step, step + 1), 95)
            await stage.deliver()
        assert layouts == [] and painted == []
        assert "step 59 of 95" in stage.screen_text
