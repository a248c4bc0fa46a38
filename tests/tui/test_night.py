"""A night on the live screen, and other long jobs: phases, curve, dreams, verdicts, talk in between, Esc."""

from pathlib import Path

import pytest

from engine.api import (
    Done,
    EngineFailed,
    EngineState,
    MemoryAudited,
    Outcome,
    Output,
    Progress,
    SleepPhase,
    Started,
    TrainingStep,
)
from sovl_tui.conversation import Conversation, Kind, Phase
from sovl_tui.entry_text import text_of
from sovl_tui.ink import make_ink
from sovl_tui.job_drawing import draw_job
from sovl_tui.long_job import PHASES, LongJob
from sovl_tui.loss_curve import LossCurve, blocks
from sovl_tui.themes import DARK
from tests.tui.stage import Stage, on_stage

INK = make_ink({**DARK.to_color_system().generate(), **DARK.variables}, dark=True)


def drawn(job: LongJob, width: int = 76, *, running: bool = True, unfolded: bool = False) -> str:
    lines, _ = draw_job(job, width, INK, running=running, unfolded=unfolded)
    assert all(line.cell_len <= width for line in lines)
    return "\n".join(line.plain for line in lines)


async def begin(stage: Stage, steps: int = 20) -> int:
    """Send it to sleep and let it train."""
    number = await stage.say("/sleep")
    stage.engine.fall_asleep(number)
    stage.engine.phase(number, "dreaming")
    stage.engine.dream(number, 6)
    stage.engine.phase(number, "training")
    stage.engine.learn(number, range(1, steps + 1), 95)
    await stage.settle()
    return number


# -- on the screen -----------------------------------------------------------------------------------------------------


async def test_a_night_can_be_watched_from_the_first_phase_to_the_last_word(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        number = await stage.say("/sleep")
        stage.engine.fall_asleep(number)
        await stage.settle()
        assert "Asleep" in stage.screen_text and " falling asleep " in stage.screen_text
        stage.engine.phase(number, "dreaming")
        stage.engine.dream(number, 3)
        await stage.settle()
        assert "✓ What is the name of your cat? → Mia" in stage.screen_text
        assert "✗ What colour is the cat? · the answer is not in the memory" in stage.screen_text
        stage.engine.phase(number, "training")
        stage.engine.learn(number, range(1, 41), 95)
        await stage.settle()
        assert "✓ dreaming" in stage.screen_text and "What is the name" not in stage.screen_text
        assert "step 40/95 · loss 0.70" in stage.screen_text and "1:17 left" in stage.screen_text
        stage.engine.phase(number, "auditing")
        stage.engine.audit(number, ["learned"])
        await stage.settle()
        assert "✓ My cat is called Mia." in stage.screen_text and "0 → 100 %" in stage.screen_text
        stage.engine.wake_up(number, 3, 1, 1)
        await stage.settle()
        shown = stage.screen_text
        assert "Learned 3 of 5; loss 2.51 → 0.31; mood curious." in shown
        assert "weak" in shown and "refused" in shown and "3 questions dreamt, 2 kept" in shown
        assert "falling asleep" not in shown and "---" not in shown
        assert [entry.kind for entry in stage.entries] == [Kind.USER, Kind.JOB]


async def test_what_the_report_repeats_is_shown_once(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        number = await begin(stage)
        stage.engine.wake_up(number, 2, 1, 0)
        await stage.settle()
        for once in ("Learned 2 of 3", "My cat is called Mia.", "We moved to Graz", "95 steps over 310 rows"):
            assert stage.screen_text.count(once) == 1, once


async def test_a_night_that_nobody_asked_for_shows_too(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        stage.engine.fall_asleep(77)
        await stage.settle()
        assert [(entry.kind, entry.line_id) for entry in stage.entries] == [(Kind.JOB, 77)]
        assert "Fell asleep by itself" in stage.screen_text
        stage.engine.wake_up(77, 1, 0, 0)
        await stage.settle()
        assert stage.entries[0].phase is Phase.DONE
        assert "Learned 1 of 1" in stage.screen_text


async def test_one_can_talk_while_it_sleeps(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        night = await begin(stage)
        first, second = await stage.say("Are you there?"), await stage.say("And now?")
        stage.engine.answer(first, "Half asleep.")
        stage.engine.phase(night, "training")
        stage.engine.learn(night, range(21, 30), 95)
        await stage.settle()
        assert "Half asleep." in stage.screen_text and "step 29/95" in stage.screen_text
        stage.engine.answer(second, "Still.")
        stage.engine.wake_up(night, 1, 0, 0)
        await stage.settle()
        shown = stage.screen_text
        order = [shown.index(words) for words in ("Learned 1 of 1", "Are you there?", "Half asleep.", "And", "Still.")]
        assert order == sorted(order)
        assert all(entry.phase is Phase.DONE for entry in stage.entries)


@pytest.mark.parametrize("phase", ["dreaming", "training", "auditing"])
async def test_escape_does_not_end_a_night_but_says_what_does(tmp_path: Path, phase: str) -> None:
    async with on_stage(tmp_path, (80, 24)) as stage:
        number = await begin(stage)
        stage.engine.phase(number, phase)
        await stage.settle()
        await stage.pilot.press("escape", "escape")
        assert stage.engine.stops == []
        assert "asleep: /wake wakes it" in stage.screen_text
        assert "/wake wake it" in stage.screen_text and "esc stop" not in stage.screen_text
        stage.engine.wake_up(number, 1, 0, 0)
        await stage.settle()
        assert "asleep: /wake" not in stage.screen_text and "/wake wake it" not in stage.screen_text


async def test_escape_stops_the_answer_and_not_the_night_below_it(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        night = await begin(stage)
        number = await stage.say("Tell me a story")
        stage.engine.begin(number)
        stage.engine.say(number, ["Once upon"])
        await stage.settle()
        await stage.pilot.press("escape")
        assert stage.engine.stops == [number]
        stage.engine.put(Done(number, Outcome.STOPPED, "Once upon"))
        stage.engine.phase(night, "training")
        await stage.settle()
        await stage.pilot.press("escape")
        assert stage.engine.stops == [number]


async def test_a_night_that_was_woken_says_so(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        night = await begin(stage)
        wake = await stage.say("/wake")
        stage.engine.command(wake, "Waking up; everything is as it was before this sleep.")
        stage.engine.put(Output(night, "Woken early: everything is as it was before this sleep."))
        stage.engine.put(Output(night, "--- Awake ---"), Done(night, Outcome.OK))
        await stage.settle()
        assert "☾ Woken early: everything is as it was" in stage.screen_text


async def test_a_night_that_is_refused_leaves_only_the_reason(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        number = await stage.say("/sleep")
        stage.engine.put(Started(number, "sleep"), Output(number, "--- Sleeping ---"))
        stage.engine.put(Done(number, Outcome.REFUSED, message="there is nothing to train"))
        await stage.settle()
        assert [entry.kind for entry in stage.entries] == [Kind.USER, Kind.NOTICE]
        assert "☾ Asleep" not in stage.screen_text and "there is nothing to train" in stage.screen_text


async def test_the_status_tells_phase_step_and_time_left(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        number = await begin(stage)
        column = [line.rpartition("│")[2] for line in stage.screen_text.split("\n")]
        assert any("☾ training 20/95" in line and "1:45 left" in line for line in column)
        assert any("sleepy" in line and "━" in line and "─" not in line and "asleep" in line for line in column)
        stage.engine.phase(number, "auditing")
        await stage.settle()
        assert "☾ auditing" in stage.screen_text and "/wake wakes it" in stage.screen_text
        await stage.pilot.resize_terminal(60, 20)
        stage.engine.learn(number, range(21, 22), 95)
        await stage.settle()
        assert "☾ auditing 22 %" in stage.screen_text and "1:44 left" in stage.screen_text


async def test_dreams_and_all_verdicts_can_be_unfolded(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        number = await begin(stage)
        stage.engine.wake_up(number, 10, 0, 1)
        await stage.settle()
        assert "3 more memories and 6 questions dreamt, 4 kept" in stage.screen_text
        assert "Who is Mia?" not in stage.screen_text
        await stage.pilot.press("alt+up", "enter")
        assert "Who is Mia? → My cat" in stage.screen_text and "more memories" not in stage.screen_text
        await stage.pilot.press("enter")
        assert "Who is Mia?" not in stage.screen_text


async def test_a_dream_shows_its_questions_and_its_line(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        number = await stage.say("/dream")
        stage.engine.put(Started(number, "dream"), Output(number, "--- Dreaming ---"))
        stage.engine.state(EngineState.DREAMING, "dreaming")
        stage.engine.put(SleepPhase(number, "dreaming"))
        stage.engine.dream(number, 3)
        await stage.settle()
        assert "Who is Mia? → My cat" in stage.screen_text and "3 questions dreamt, 2 kept" in stage.screen_text
        await stage.pilot.press("escape")
        assert stage.engine.stops == [number]
        stage.engine.put(Output(number, "Dreaming from prompt similarity: 0.42\n--- Dream Concluded ---"))
        stage.engine.finish(number)
        await stage.settle()
        assert "☾ Dreaming from prompt similarity: 0.42" in stage.screen_text
        assert "Who is Mia? → My cat" in stage.screen_text


async def test_a_training_has_a_bar_below_its_lines_and_keeps_its_curve(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        number = await stage.say("/train 2")
        stage.engine.state(EngineState.TRAINING)
        stage.engine.put(Started(number, "train"), Output(number, "Starting training for 2 epochs..."))
        stage.engine.put(Progress(number, "preparing", 3, 10))
        stage.engine.learn(number, range(1, 31), 60)
        stage.engine.put(Progress(number, "epoch 1/2, 812 tokens/s", 30, 60, 42), Output(number, "Epoch 1/2"))
        await stage.settle()
        shown = stage.screen_text
        assert shown.index("Starting training") < shown.index("Epoch 1/2") < shown.index("50 %")
        assert "epoch 1/2, 812 tokens/s · loss 0.7" in shown and "0:42 left" in shown
        await stage.pilot.press("escape")
        assert stage.engine.stops == [number]
        stage.engine.learn(number, range(31, 61), 60)
        stage.engine.put(Output(number, "Training complete."))
        stage.engine.finish(number)
        await stage.settle()
        shown = stage.screen_text
        assert shown.index("Training complete.") < shown.index("60 steps")
        assert "812 tokens/s" not in shown


async def test_a_bar_without_a_curve_goes_when_the_work_is_done(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        number = await stage.say("/evaluate")
        stage.engine.put(Started(number, "evaluate"), Progress(number, "asking", 5, 20))
        await stage.settle()
        assert "asking" in stage.screen_text and "25 %" in stage.screen_text
        stage.engine.put(Output(number, "reliability 1.00"), Done(number, Outcome.OK))
        await stage.settle()
        assert [entry.kind for entry in stage.entries] == [Kind.USER, Kind.OUTPUT]


async def test_many_steps_of_one_tick_are_drawn_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with on_stage(tmp_path) as stage:
        number = await begin(stage)
        from sovl_tui import entry_drawing

        drawings = []

        def counted(job: LongJob, *args: object, **kwargs: object) -> object:
            drawings.append(job)
            return draw_job(job, *args, **kwargs)  # type: ignore[arg-type]

        monkeypatch.setattr(entry_drawing, "draw_job", counted)
        stage.engine.learn(number, range(21, 80), 95)
        stage.app._tick()
        assert len(drawings) == 1


# -- as data and as lines ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [16, 30, 45, 76, 100])
@pytest.mark.parametrize("phase", PHASES)
def test_every_phase_fits_every_width(width: int, phase: str) -> None:
    job = LongJob("sleep")
    for been in PHASES[: PHASES.index(phase) + 1]:
        job.take(SleepPhase(1, been))
    assert phase[: width - 8] in drawn(job, width)
    job.take(TrainingStep(1, 12_345, 99_999, 1234.5, 0.5, 360_000))
    job.take(MemoryAudited(1, 1, "a memory\nof two lines \x1b[2J " * 9, "weak", 0.0, 0.5))
    assert "\x1b" not in drawn(job, width)
    assert "\x1b" not in drawn(job, width, running=False)


def test_a_phase_that_was_left_out_is_not_ticked_off() -> None:
    job = LongJob("sleep")
    job.take(SleepPhase(1, "falling asleep"))
    job.take(SleepPhase(1, "training"))
    row = drawn(job).split("\n")[1]
    assert "✓ falling asleep" in row and "– dreaming" in row and "✓ dreaming" not in row


def test_what_went_wrong_is_never_hidden_by_what_went_well() -> None:
    job = LongJob("sleep")
    for number in range(30):
        job.take(MemoryAudited(1, number, f"fact {number}", "refused" if number == 29 else "learned", 0.0, 1.0))
    shown = drawn(job, running=False)
    assert "✗ fact 29" in shown and "22 more memories" in shown


def test_the_whole_night_can_be_copied() -> None:
    talk = Conversation()
    talk.apply(Started(1, "sleep"))
    talk.apply(SleepPhase(1, "auditing"))
    talk.apply(MemoryAudited(1, 1, "My cat is called Mia.", "learned", 0.0, 1.0))
    talk.apply(Output(1, "--- Sleeping ---"))
    talk.apply(Output(1, "Learned 1 of 1.\n  learned: My cat is called Mia.\nLeft for the next night: 3 more facts."))
    talk.apply(Done(1, Outcome.OK))
    assert text_of(talk.entries[0]) == (
        "Learned 1 of 1.\n✓ My cat is called Mia.\nLeft for the next night: 3 more facts."
    )


def test_clearing_keeps_the_running_night() -> None:
    talk = Conversation()
    talk.apply(Started(1, "sleep"))
    talk.clear()
    assert [entry.kind for entry in talk.entries] == [Kind.JOB]
    talk.apply(Done(1, Outcome.OK))
    assert talk.entries == [] and talk.running == []


def test_an_engine_that_fell_over_runs_nothing_any_more() -> None:
    talk = Conversation()
    talk.apply(Started(1, "sleep"))
    talk.apply(EngineFailed("no weights"))
    assert talk.running == []


def test_a_curve_falls_from_left_to_right_and_leaves_the_future_empty() -> None:
    curve = LossCurve()
    for step in range(1, 51):
        curve.add(step, 100, 4.0 - 0.06 * step)
    columns = curve.columns(40)
    known = [value for value in columns if value is not None]
    assert len(known) == 20 and columns[:20] == known
    assert known == sorted(known, reverse=True)
    rows = blocks(columns, 3)
    assert [len(row) for row in rows] == [40, 40, 40]
    assert rows[0][0] == "█" and rows[0][19] == " " and "█" * 18 in rows[2][:20] and not rows[2][20:].strip()


@pytest.mark.parametrize("steps", [1, 3, 240, 7919])
def test_a_finished_curve_has_no_gap(steps: int) -> None:
    curve = LossCurve()
    for step in range(1, steps + 1):
        curve.add(step, steps, 1.0)
    for width in (4, 32, 71, 240):
        assert curve.columns(width) == pytest.approx([1.0] * width)


def test_a_loss_that_is_no_number_leaves_the_curve_as_it_is() -> None:
    curve = LossCurve()
    curve.add(1, 4, 2.0)
    curve.add(2, 4, float("nan"))
    curve.add(3, 4, float("inf"))
    assert (curve.first, curve.last) == (2.0, 2.0)
    assert blocks([0.0, None], 2) == ["  ", "▁ "]
