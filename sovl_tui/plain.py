"""``sovl --plain``: the same lifeform one line at a time, for screen readers and terminals that can do no more.

Nothing is drawn over, moved or coloured; whatever comes is written once, in whole words, from top to bottom. One can
go on typing while it speaks or sleeps: lines wait for their turn.
"""

from __future__ import annotations

import codecs
import os
import select
import time
from collections import deque
from collections.abc import Iterator
from typing import IO

from engine.api import Closed, Done, EngineFailed, EngineState, Event, Outcome, Progress, Started, StateChanged
from engine.commands import parse
from sovl_tui.headless import FAILED, INTERRUPTED, SUCCEEDED, Driven, Interrupts, TextPrinter

PROMPT = "You: "
GREETING = "SOVL, one line at a time. Say something, or type help. Ctrl-C stops an answer; quit or Ctrl-D leaves."

_WAIT_SECONDS = 0.05
_CLOSING_SECONDS = 30.0
_TWICE_SECONDS = 3.0
"""Two Ctrl-C within this time leave."""
_PROGRESS_SECONDS = 10.0
"""Time between two words on how far the start-up is."""
_CONFIRMED = ("y", "yes")


class PlainPrinter(TextPrinter):
    """Writes events for someone who hears them: whole words only, and who speaks is said."""

    def __init__(self, out: IO[str]) -> None:
        super().__init__(out, out)
        self._held = ""
        """The beginning of a word whose end has not come yet."""
        self._told = 0.0
        self._waking = False

    def show(self, event: Event) -> None:
        """Write what there is to say about ``event``."""
        match event:
            case Started(name="chat"):
                self._label = "SOVL: "
                return
            case StateChanged(state=state) if state.starting:
                if not self._waking:
                    self.say("SOVL is waking up.")
                self._waking = True
                return
            case StateChanged(state=EngineState.AWAKE) if self._waking:
                self.say("SOVL is awake.")
                self._waking = False
                return
            case Progress(id=0, label=label, done=done, total=total) if total > 0 and self._is_time():
                self.say(f"{label}: {100 * done / total:.0f} %")
                return
        super().show(event)

    def say(self, text: str) -> None:
        """A line of the program's own."""
        self._end_line()
        super()._write(text + "\n")

    def ask(self, question: str) -> None:
        """Leave the cursor behind ``question``; what comes unasked begins a line of its own."""
        self._end_line()
        super()._write(question)

    def answered(self) -> None:
        """A line was typed: its end is the end of the line that is shown, too."""
        self._inside_line = False

    def _is_time(self) -> bool:
        now = time.monotonic()
        due = now - self._told >= _PROGRESS_SECONDS
        self._told = now if due else self._told
        return due

    def _write(self, text: str) -> None:
        """Hold back the last word until it is whole."""
        text, self._held = self._held + text, ""
        cut = max(text.rfind(" "), text.rfind("\n")) + 1
        self._held = text[cut:]
        self._inside_line = self._inside_line or bool(self._held)
        if cut:
            super()._write(text[:cut])
            self._inside_line = self._inside_line or bool(self._held)

    def _end_line(self) -> None:
        held, self._held = self._held, ""
        if held:
            super()._write(held)
        super()._end_line()

    def _complain(self, text: str) -> None:
        self.say(text)


class Typed:
    """Lines that come in at a descriptor, read without waiting for them."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._text = ""
        self.ended = False

    def take(self, wait: float) -> list[str]:
        """The lines that are complete; waits at most ``wait`` seconds for something to come."""
        if self.ended:
            time.sleep(wait)
            return []
        if not select.select([self._descriptor], [], [], wait)[0]:
            return []
        try:
            piece = os.read(self._descriptor, 65536)
        except OSError:  # the terminal is gone
            piece = b""
        self.ended = not piece
        self._text += self._decoder.decode(piece, final=self.ended)
        *lines, self._text = self._text.split("\n")
        if self.ended and self._text:
            lines.append(self._text)
            self._text = ""
        return lines


def run_plain(engine: Driven, typed: Typed, out: IO[str], interrupts: Interrupts, *, prompts: bool = True) -> int:
    """Talk until the user leaves; returns the exit status. ``prompts`` says whether someone is waiting for them."""
    return _Plain(engine, typed, PlainPrinter(out), interrupts, prompts).run()


class _Plain:
    """One talk, from the engine's start to its end."""

    def __init__(
        self, engine: Driven, typed: Typed, printer: PlainPrinter, interrupts: Interrupts, prompts: bool
    ) -> None:
        self._engine = engine
        self._typed = typed
        self._printer = printer
        self._interrupts = interrupts
        self._prompts = prompts
        self._status = SUCCEEDED
        self._waiting: dict[int, str] = {}
        """Lines that are not done yet: their id, and the command once it has begun."""
        self._later: deque[str] = deque()
        """Lines typed ahead of a question that wants an answer first."""
        self._unconfirmed: str | None = None
        self._prompted = False
        self._seen = 0
        self._pressed = -_TWICE_SECONDS
        self._closing_since: float | None = None

    def run(self) -> int:
        self._engine.start()
        if self._prompts:
            self._printer.say(GREETING)
        while not self._step():
            pass
        return self._status

    def _step(self) -> bool:
        """One round; returns whether all is over."""
        closed = self._engine.join(0)  # asked first: what it said before it went is still read below
        for event in self._engine.outbox.drain():
            closed = closed or isinstance(event, Closed)
            self._hear(event)
        if closed:
            return True
        self._heed_interrupts()
        if self._closing_since is not None:
            time.sleep(_WAIT_SECONDS)
            return time.monotonic() - self._closing_since > _CLOSING_SECONDS
        self._prompt()
        for line in self._lines():
            self._take(line)
        if self._typed.ended and not (self._waiting or self._later):
            self._close()
        return False

    def _hear(self, event: Event) -> None:
        self._prompted = self._prompted and isinstance(event, Progress | StateChanged)
        match event:
            case Started(id=id, name=name):
                self._waiting[id] = name
            case Done(id=id, outcome=outcome):
                self._waiting.pop(id, None)
                if outcome is not Outcome.OK and not self._prompts:
                    self._status = FAILED
            case EngineFailed():
                self._status = FAILED
        self._printer.show(event)
        if isinstance(event, EngineFailed):
            self._close()

    # -- what is typed -------------------------------------------------------------------------------------------------

    def _prompt(self) -> None:
        """Ask for a line once there is nothing more to come."""
        starting = self._engine.outbox.latest.state.starting
        if self._prompts and not (self._prompted or self._waiting or self._unconfirmed or starting):
            self._printer.ask(PROMPT)
            self._prompted = True

    def _lines(self) -> Iterator[str]:
        self._later.extend(self._typed.take(0 if self._later else _WAIT_SECONDS))
        while self._later and self._closing_since is None:
            yield self._later.popleft()

    def _take(self, line: str) -> None:
        if self._prompted or self._unconfirmed is not None:
            self._printer.answered()
        self._prompted = False
        if self._unconfirmed is not None:
            agreed, self._unconfirmed = self._unconfirmed, None
            if line.strip().casefold() in _CONFIRMED:
                self._submit(agreed)
            else:
                self._printer.say("Nothing was done.")
            return
        if not line.strip():
            return
        intent = parse(line)
        if self._prompts and intent.kind == "command" and intent.spec is not None and intent.spec.confirm:
            self._unconfirmed = line
            self._printer.ask(f"{intent.spec.summary} Really {intent.spec.name}? Type yes or no: ")
        else:
            self._submit(line)

    def _submit(self, line: str) -> None:
        self._waiting[self._engine.submit(line)] = ""

    # -- stopping ------------------------------------------------------------------------------------------------------

    def _heed_interrupts(self) -> None:
        if self._interrupts.count == self._seen:
            return
        self._seen = self._interrupts.count
        self._prompted, self._unconfirmed = False, None
        now = time.monotonic()
        again, self._pressed = now - self._pressed <= _TWICE_SECONDS, now
        running = [(id, name) for id, name in self._waiting.items() if name and name != "sleep"]
        if again or self._closing_since is not None or self._engine.outbox.latest.state.starting:
            self._status = INTERRUPTED
            self._close()
        elif running:
            self._engine.stop(running[-1][0])
        elif "sleep" in self._waiting.values():
            self._printer.say("It sleeps. Type wake to wake it; Ctrl-C once more leaves, and gives the night up.")
        else:
            self._printer.say("Ctrl-C once more leaves; so does quit.")

    def _close(self) -> None:
        if self._closing_since is None:
            self._closing_since = time.monotonic()
            self._printer.say("Saving …")
            self._engine.shutdown()
