"""``sovl --plain``: lines in, whole words out, nothing that a dumb terminal could stumble over."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.api import Closed, Done, EngineState, Notice, Outcome, Output, SleepPhase, Started, StateChanged, TextChunk
from sovl_tui.headless import Interrupts
from sovl_tui.plain import PROMPT, PlainPrinter, Typed, run_plain
from tests.tui.fakes import FakeEngine


class Plain(FakeEngine):
    """Closes when asked to; ``after`` is what happens once a line was taken, by the line."""

    def __init__(self, folder: Path, after: dict[str, Callable[[int], None]]) -> None:
        super().__init__(folder)
        self.on_submit = lambda id, line: after.get(line, lambda id: self.answer(id, f"You said {line}."))(id)

    def start(self) -> None:
        super().start()
        self.state(EngineState.IMPORTING)
        self.awaken()

    def shutdown(self) -> None:
        super().shutdown()
        self.close()

    def join(self, timeout: float) -> bool:
        return False


@pytest.fixture
def keyboard() -> Iterator[tuple[Typed, Callable[[str], None]]]:
    """What is typed, and a way to type; the end of input comes at the end."""
    reading, writing = os.pipe()

    def press(text: str) -> None:
        nonlocal writing
        os.write(writing, text.encode())

    yield Typed(reading), press
    os.close(writing)
    os.close(reading)


def talk(engine: FakeEngine, typed: Typed, interrupts: Interrupts | None = None, *, prompts: bool = True) -> str:
    out = io.StringIO()
    run_plain(engine, typed, out, interrupts or Interrupts(), prompts=prompts)
    return out.getvalue()


def test_one_talks_and_leaves(tmp_path: Path, keyboard: tuple[Typed, Callable[[str], None]]) -> None:
    typed, press = keyboard
    engine = Plain(tmp_path, {})
    engine.on_submit, answer = None, engine.on_submit

    def act(id: int, line: str) -> None:
        if line == "quit":
            engine.put(Started(id, "quit"), Output(id, "Exiting."), Done(id, Outcome.OK), Closed())
        else:
            assert answer is not None
            answer(id, line)

    engine.on_submit = act
    press("hello\nquit\n")
    said = talk(engine, typed)
    assert said.splitlines()[1:3] == ["SOVL is waking up.", "SOVL is awake."]
    assert "SOVL: You said hello.\n" in said and said.endswith("Exiting.\n")
    assert "\x1b" not in said


def test_the_end_of_input_lets_it_finish_and_saves(
    tmp_path: Path, keyboard: tuple[Typed, Callable[[str], None]]
) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"no line break at the end")
    os.close(writing)
    engine = Plain(tmp_path, {})
    said = talk(engine, Typed(reading), prompts=False)
    os.close(reading)
    assert said.splitlines()[-2:] == ["SOVL: You said no line break at the end.", "Saving …"]
    assert PROMPT not in said and engine.closing


def test_words_come_whole(tmp_path: Path) -> None:
    out = io.StringIO()
    printer = PlainPrinter(out)
    seen = []
    for event in (Started(1, "chat"), *(TextChunk(1, piece) for piece in ("Hel", "lo th", "ere", " you"))):
        printer.show(event)
        seen.append(out.getvalue())
    printer.show(Done(1, Outcome.OK))
    assert seen == ["", "SOVL: ", "SOVL: Hello ", "SOVL: Hello ", "SOVL: Hello there "]
    assert out.getvalue() == "SOVL: Hello there you\n"


def test_ctrl_c_stops_what_runs_and_leaves_when_pressed_twice(
    tmp_path: Path, keyboard: tuple[Typed, Callable[[str], None]]
) -> None:
    typed, press = keyboard
    interrupts = Interrupts()

    def endless(id: int) -> None:
        engine.begin(id)
        engine.say(id, ("on and on",))
        interrupts.count += 1

    def stop(id: int | None = None) -> None:
        engine.stops.append(id)
        engine.finish(id or 0, "on and on", Outcome.STOPPED)
        interrupts.count += 1

    engine = Plain(tmp_path, {"go": endless})
    engine.stop = stop  # type: ignore[method-assign]
    press("go\n")
    out = io.StringIO()
    assert run_plain(engine, typed, out, interrupts) == 130
    assert engine.stops == [1] and engine.closing
    assert "SOVL: on and on\nstopped\n" in out.getvalue()


def test_a_night_is_not_ended_by_one_ctrl_c_and_one_can_talk_meanwhile(
    tmp_path: Path, keyboard: tuple[Typed, Callable[[str], None]]
) -> None:
    typed, press = keyboard
    interrupts = Interrupts()

    def sleep(id: int) -> None:
        engine.put(Started(id, "sleep"), SleepPhase(id, "dreaming"))
        interrupts.count += 1
        press("hello\nwake\n")

    def wake(id: int) -> None:
        engine.put(Done(1, Outcome.STOPPED), Done(id, Outcome.OK), Closed())

    engine = Plain(tmp_path, {"sleep": sleep, "wake": wake})
    press("sleep\n")
    said = talk(engine, typed, interrupts)
    assert "It sleeps. Type wake to wake it" in said and "SOVL: You said hello." in said
    assert engine.stops == []


def test_what_cannot_be_undone_is_asked_about(tmp_path: Path, keyboard: tuple[Typed, Callable[[str], None]]) -> None:
    typed, press = keyboard
    engine = Plain(tmp_path, {"bye": lambda id: engine.put(Done(id, Outcome.OK), Closed())})
    press("reset\nno\n/reset\nyes\nbye\n")
    said = talk(engine, typed)
    assert [line for _, line in engine.lines] == ["/reset", "bye"]
    assert said.count("Really reset? Type yes or no: ") == 2 and "Nothing was done." in said


def test_a_failed_engine_ends_it_with_its_reason(tmp_path: Path, keyboard: tuple[Typed, Callable[[str], None]]) -> None:
    typed, _ = keyboard
    engine = Plain(tmp_path, {})
    engine.fail("the weights are truncated", "/report.txt")
    out = io.StringIO()
    assert run_plain(engine, typed, out, Interrupts()) == 1
    assert "the weights are truncated (report: /report.txt)" in out.getvalue()


def test_remarks_stand_on_lines_of_their_own(tmp_path: Path) -> None:
    out = io.StringIO()
    printer = PlainPrinter(out)
    for event in (StateChanged(EngineState.SPEAKING), TextChunk(1, "half"), Notice("warning", "Mind the gap.")):
        printer.show(event)
    assert out.getvalue() == "half\nMind the gap.\n"
