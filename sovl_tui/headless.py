"""Driving the engine without a screen: lines in, plain text or JSON events out, one exit status at the end."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from types import FrameType, TracebackType
from typing import IO, Protocol, Self

from engine import visible
from engine.api import (
    Closed,
    Done,
    Dreamt,
    EngineFailed,
    Event,
    Notice,
    Outbox,
    Outcome,
    Output,
    Passage,
    SleepPhase,
    Started,
    TextChunk,
    TrainingStep,
    as_json,
)
from engine.commands import find

SUCCEEDED, FAILED, INTERRUPTED = 0, 1, 130
"""Exit status: every line succeeded; some line did not; the user pressed Ctrl-C."""

_STEPS_PER_LINE = 10
"""Steps of a night's training for which one line is printed."""
_POLL_SECONDS = 0.01
_CLOSING_SECONDS = 30.0
"""How long saving at the end may take."""
_FORCED_SECONDS = 5.0
"""And how long after a second Ctrl-C."""


class Driven(Protocol):
    """What is needed of an engine."""

    outbox: Outbox

    def start(self) -> None:
        """Begin to load."""

    def submit(self, line: str) -> int:
        """Hand in a line; returns the id of its events."""

    def stop(self, id: int | None = None) -> None:
        """End a job."""

    def shutdown(self) -> None:
        """Stop, save, close."""

    def join(self, timeout: float) -> bool:
        """Wait for the end; returns whether it has come."""


class Interrupts:
    """Counts Ctrl-C instead of letting it strike anywhere; raises only while the next line is being read."""

    def __init__(self) -> None:
        self.count = 0
        self.raising = False
        self._before: object = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._strike)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)  # type: ignore[arg-type]

    def _strike(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        if self.raising:
            raise KeyboardInterrupt


class Printer(Protocol):
    """Shows events."""

    def show(self, event: Event) -> None:
        """Show ``event``, or leave it out."""


class JsonPrinter:
    """Every event as one line of JSON."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out

    def show(self, event: Event) -> None:
        """Write ``event``; ASCII only, so that nothing in it acts on a terminal."""
        self._out.write(json.dumps(as_json(event)) + "\n")
        self._out.flush()


class TextPrinter:
    """Answers as they come and commands' output as lines; what belongs to no line goes to ``err``."""

    def __init__(self, out: IO[str], err: IO[str]) -> None:
        self._out = out
        self._err = err
        self._label = ""
        self._closing = ""
        """What the passage that is being printed ends with, and the remark on it."""
        self._note = ""
        self._inside_line = False
        self._nights: set[int] = set()
        """Ids of jobs with phases; other training prints lines of its own."""

    def show(self, event: Event) -> None:
        """Write what a reader of plain text wants to see of ``event``."""
        match event:
            case Started(name=name):
                command = find(name)
                self._label = command.answer_label if command else ""
            case Passage(label=label, text=text, closing=closing, note=note):
                self._end_line()
                self._closing, self._note = closing, note
                self._write(self._label + label + text)
                self._label, self._inside_line = "", True
            case TextChunk(text=text) if text:
                self._write(self._label + text)
                self._label = ""
            case Output(text=text):
                self._line(text)
            case SleepPhase(id=id, phase=phase, note=note):
                self._nights.add(id)
                self._line(f"Phase: {phase}" + (f" ({note})" if note else ""))
            case TrainingStep(id=id, step=step, steps=steps, loss=loss) if id in self._nights:
                if step % _STEPS_PER_LINE == 0 or step in (1, steps):
                    self._line(f"Step {step}/{steps} | Loss: {loss:.2f}")
            case Dreamt(question=question, answer=answer, kept=True):
                self._line(f"Dreamt: {_flat(question)} -> {_flat(answer)}")
            case Done(outcome=outcome, message=message):
                self._end_line()
                if outcome is Outcome.STOPPED:
                    self._complain("stopped")
                elif message:
                    self._complain(message)
            case Notice(text=text):
                self._complain(text)
            case EngineFailed(message=message, report=report):
                self._complain(message + (f" (report: {report})" if report else ""))
            case _:
                pass

    def _write(self, text: str) -> None:
        self._out.write(visible(text))
        self._out.flush()
        self._inside_line = not text.endswith("\n")

    def _line(self, text: str) -> None:
        self._end_line()
        self._write(text + "\n")

    def _end_line(self) -> None:
        closing, note, self._closing, self._note = self._closing, self._note, "", ""
        if closing or self._inside_line:
            self._write(f"{closing}\n")
        if note:
            self._write(f"    ({note})\n")

    def _complain(self, text: str) -> None:
        self._end_line()
        complain(self._err, text)


def _flat(text: str) -> str:
    """``text`` on one line."""
    return " ".join(text.split())


class _Silence:
    """Shows nothing, once nobody reads any more."""

    def show(self, event: Event) -> None:
        pass


def complain(err: IO[str], text: str) -> None:
    """One line for whoever watches, with the program's name before it."""
    err.write(f"sovl: {visible(text)}\n")
    err.flush()


def run(engine: Driven, lines: Iterable[str], printer: Printer, err: IO[str], interrupts: Interrupts) -> int:
    """Run ``lines`` in order, show what comes, end the engine; returns the exit status.

    The first Ctrl-C stops the running line, and the lines after it are not run; the second ends the engine at once.
    """
    return _Run(engine, printer, err, interrupts).all_of(lines)


class _Run:
    """One headless run, from the engine's start to its end."""

    def __init__(self, engine: Driven, printer: Printer, err: IO[str], interrupts: Interrupts) -> None:
        self._engine = engine
        self._printer = printer
        self._err = err
        self._interrupts = interrupts
        self._status = SUCCEEDED
        self._closed = False
        self._seen = 0
        self._unread = False
        """Whether whoever read our output has gone."""

    def all_of(self, lines: Iterable[str]) -> int:
        self._engine.start()
        left_out = 0
        for line in self._one_by_one(lines):
            if self._closed or not self._line(line):
                left_out += 1
        if left_out and not (self._seen or self._unread):
            complain(self._err, f"{left_out} {'line was' if left_out == 1 else 'lines were'} not run: SOVL had ended")
            self._status = FAILED
        self._end()
        return INTERRUPTED if self._seen else self._status

    def _one_by_one(self, lines: Iterable[str]) -> Iterator[str]:
        """The lines worth running, until Ctrl-C, or until nobody reads the output."""
        waiting = iter(lines)
        while not (self._seen or self._unread):
            self._interrupts.raising = True
            try:
                line = next(waiting, None)
            except KeyboardInterrupt:
                self._seen = self._interrupts.count
                return
            finally:
                self._interrupts.raising = False
            if line is None:
                return
            if line.strip():
                yield line

    def _line(self, line: str) -> bool:
        """Run one line; returns whether it came to an end of its own."""
        job = self._engine.submit(line)
        while not self._closed:
            for event in self._events():
                if isinstance(event, Done) and event.id == job:
                    return True
            self._heed_interrupts(job)
        return False

    def _end(self) -> None:
        """Let the engine save and close, and show what it says meanwhile."""
        self._engine.shutdown()
        until = time.monotonic() + _CLOSING_SECONDS
        while not self._closed and time.monotonic() < until:
            for _ in self._events():
                pass
            if self._interrupts.count > max(1, self._seen):
                self._seen = self._interrupts.count
                until = min(until, time.monotonic() + _FORCED_SECONDS)

    def _events(self) -> Iterator[Event]:
        """What has come since; waits a moment when nothing has."""
        gone = self._engine.join(0)  # asked first: what it said before it went is still read below
        events = self._engine.outbox.drain()
        if not events:
            self._closed = self._closed or gone
            time.sleep(_POLL_SECONDS)
        for event in events:
            self._closed = self._closed or isinstance(event, Closed)
            self._judge(event)
            try:
                self._printer.show(event)
            except BrokenPipeError:
                self._printer, self._unread, self._status = _Silence(), True, FAILED
                self._engine.stop()
            yield event

    def _judge(self, event: Event) -> None:
        match event:
            case Done(outcome=outcome) if outcome is not Outcome.OK:
                self._status = FAILED
            case EngineFailed() | Notice(level="error"):
                self._status = FAILED
            case _:
                pass

    def _heed_interrupts(self, job: int) -> None:
        if self._interrupts.count == self._seen:
            return
        self._engine.stop(job)
        if self._seen or self._engine.outbox.latest.state.starting:
            self._engine.shutdown()  # asked twice, or there is nothing yet that could be stopped
        self._seen = self._interrupts.count
