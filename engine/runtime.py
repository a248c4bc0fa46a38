"""The engine thread: takes lines in, runs one job at a time, and lets events and snapshots out.

The thread owns the lifeform, and with it torch, the journal and the models. Whoever drives it only puts commands into
the inbox and reads the outbox; nothing here calls a screen. A job that raises is reported and survived. When the models
cannot be loaded the thread stays, answers what needs no model, and waits to be told to try again.
"""

from __future__ import annotations

import itertools
import logging
import os
import queue
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.api import (
    Closed,
    Command,
    Done,
    EngineFailed,
    EngineState,
    Event,
    Notice,
    Outbox,
    Outcome,
    Progress,
    Restart,
    Shutdown,
    Snapshot,
    Started,
    StateChanged,
    Stop,
    Submit,
    TextChunk,
)
from engine.commands import Call, CommandSpec, Intent, Refused, parse
from engine.composition.model_folder import WeightsError
from engine.composition.prompt import PromptTooLong
from engine.config import Config, ConfigError
from engine.gestation import CannotSleep
from engine.home import Home, HomeError
from engine.impulse import QUESTION, Impulse, next_impulse
from engine.lifeform import Lifeform
from engine.memory.record import JournalError
from engine.state_files import StateError
from engine.status import snapshot_of
from engine.voice import Answer

log = logging.getLogger(__name__)

_SWITCH_INTERVAL = 0.001
"""Seconds the interpreter lets one thread run: short, so that Python work here never holds up the screen."""
_NICENESS = 10
"""The engine's priority is lowered by this, so that a key press always comes first."""
_HELD_SECONDS = 0.2
"""How often a sleep that is held looks whether it was stopped."""
_SPEED_EVERY = 0.25
"""Seconds between two figures of the speed of a running answer."""


class Engine:
    """The front door: one lifeform on one background thread.

    All methods may be called from any thread and return at once, :meth:`join` excepted.

    Attributes:
        home: The lifeform's folder.
        config: Its settings; read them, and change them by submitting ``config`` lines.
        config_path: Where ``config save`` writes them.
        outbox: What it has to say.
    """

    def __init__(self, home: Home, config: Config, config_path: Path | None = None) -> None:
        """``home`` must be open; ``config_path`` is where ``config save`` writes, by default the home's own file."""
        self.home = home
        self.config = config
        self.outbox = Outbox(Snapshot(read_only=home.read_only))
        self.config_path = config_path or home.config_path
        self._inbox: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._ids = itertools.count(1)
        self._held: deque[Submit] = deque()  # long jobs that came while another one ran
        self._waiting: set[int] = set()
        self._stopped: set[int] = set()
        self._jobs: list[int] = []  # what runs, the outermost first: a long job lets others come in between
        self._stirred = time.monotonic()
        self._leaving = threading.Event()
        self._life: Lifeform | None = None
        self._why = ""  # why no model is loaded
        self._saved = False  # by quit, at the very end
        self._tokens = 0
        self._since: float | None = None
        self._wondering: int | None = None  # the question of its own that it is thinking of
        self._thread = threading.Thread(target=self._run, name="sovl-engine", daemon=True)

    # -- called from other threads -------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the thread. It imports torch and loads the models; lines may be submitted at once."""
        self._thread.start()

    def submit(self, line: str) -> int:
        """Hand in one line, chat or command. Returns the id that all its events carry."""
        self.stir()
        number = next(self._ids)
        self._waiting.add(number)
        if (spec := _command_in(line)) is not None and spec.urgent:
            self._stopped |= {*self._waiting, *self._jobs} - {number}
        self._inbox.put(Submit(number, line))
        return number

    def stir(self) -> None:
        """Someone is at the keys: what it does of its own accord can wait, a question it is still thinking of, too."""
        self._stirred = time.monotonic()
        if (question := self._wondering) is not None:
            self.stop(question)

    def stop(self, id: int | None = None) -> None:
        """End the job ``id``, running or waiting; without an id, whatever runs now. Seen at the next token or step."""
        wanted = (self._jobs[-1] if self._jobs else None) if id is None else id
        if wanted is not None and (wanted in self._jobs or wanted in self._waiting):
            self._stopped.add(wanted)

    def restart(self) -> None:
        """Try again after the engine failed."""
        self._inbox.put(Restart())

    def shutdown(self) -> None:
        """Stop the running job, save, and end the thread."""
        self._leaving.set()
        self._inbox.put(Shutdown())

    def join(self, timeout: float) -> bool:
        """Wait for the thread to end, at most ``timeout`` seconds. Returns whether it has."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    # -- the thread ----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        _step_back()
        try:
            if self._open() and self._awaken():
                self._greet_warnings()
            self._serve()
        except BaseException as error:
            # A fault of the engine itself, not of a job: say so, and end rather than hang.
            self._fail(error)
        finally:
            self._close()

    def _open(self) -> bool:
        """Open journal and mind, which need no torch."""
        try:
            self._life = Lifeform(self.home, self.config, self.config_path)
        except JournalError as error:
            self._fail(error)
            return False
        self._show(EngineState.COLD)
        return True

    def _awaken(self) -> bool:
        """Import what is heavy and load the models. Returns whether that went well."""
        life = self._life
        if life is None:
            return False
        try:
            self._show(EngineState.IMPORTING, "importing torch")
            import engine.composition.loading  # noqa: F401 - seconds of imports, under a name of their own

            self._show(EngineState.LOADING, "loading")
            life.awaken(self._report)
        except Exception as error:
            self._fail(error)
            return False
        self._show(EngineState.AWAKE)
        return True

    def _report(self, doing: str, fraction: float) -> None:
        if self._leaving.is_set():
            raise _Leaving
        if self.outbox.latest.note != doing:
            self._show(EngineState.LOADING, doing)
        self.outbox.put(Progress(0, doing, fraction, 1.0))

    def _greet_warnings(self) -> None:
        for warning in self._life.warnings if self._life else ():
            self.outbox.put(Notice("warning", warning))

    def _serve(self) -> None:
        """Take commands until told to leave."""
        while not self._leaving.is_set():
            match self._next():
                case Submit(id, line):
                    self._do(id, line)
                case Restart() if self.outbox.latest.state is EngineState.FAILED:
                    if (self._life is not None or self._open()) and self._awaken():
                        self._greet_warnings()
                case Stop(id):
                    self.stop(id)
                case Shutdown():
                    break

    def _next(self) -> Command:
        """The next command; when it is quiet, what the lifeform does of its own accord: sleep, or ask something."""
        if self._held:
            return self._held.popleft()
        began = time.monotonic()
        while True:
            impulse = self._impulse(began)
            try:
                return self._inbox.get(timeout=None if impulse is None else impulse.seconds)
            except queue.Empty:
                impulse = self._impulse(began)  # someone may have begun to type meanwhile
                if impulse is not None and impulse.seconds <= 0:
                    number = next(self._ids)
                    self._wondering = number if impulse.line == QUESTION else None
                    return Submit(number, impulse.line)

    def _impulse(self, began: float) -> Impulse | None:
        """What it will do of its own accord; ``began`` is when it had nothing to do any more."""
        quiet = time.monotonic() - max(began, self._stirred)
        return next_impulse(self._life, quiet, time.time()) if self._life is not None else None

    def _attend(self, aside: Callable[[], AbstractContextManager[None]]) -> None:
        """In the middle of a long job, answer what the user said meanwhile, and wait until it is quiet again."""
        life = self._life
        if self._inbox.empty() or life is None:
            return
        sleeper, quiet = self._jobs[-1], life.config.controls_config.sleep_quiet_seconds
        with aside():
            while not (self._leaving.is_set() or sleeper in self._stopped or life.waking):
                try:
                    command = self._inbox.get(timeout=_HELD_SECONDS if life.paused else quiet)
                except queue.Empty:
                    if life.paused:
                        continue  # held until it is told to go on; a Stop is only seen by looking
                    break
                match command:
                    case Submit(_, line) if (spec := _command_in(line)) is not None and (spec.long or spec.urgent):
                        self._held.append(command)
                    case Submit(id, line):
                        self._do(id, line)
                    case Stop(id):
                        self.stop(id)
                    case Shutdown():
                        break

    def _do(self, id: int, line: str) -> None:
        """Run one submitted line from :class:`Started` to :class:`Done`."""
        self._waiting.discard(id)
        intent = parse(line)
        if id in self._stopped:
            self._stopped.discard(id)
            self.outbox.put(Done(id, Outcome.STOPPED))
            return
        self._jobs.append(id)  # a long job that waits meanwhile can still be stopped
        before, note = self.outbox.latest.state, self.outbox.latest.note
        call = Call(
            id,
            intent.args,
            self._emit,
            lambda: id in self._stopped or self._leaving.is_set(),
            enter=self._show,
            attend=self._attend,
        )
        self.outbox.put(Started(id, intent.spec.name if intent.spec else "chat"))
        self._tokens, self._since = 0, None
        try:
            done = self._outcome(id, intent, call, before)
        finally:
            self._jobs.remove(id)
            self._stopped.discard(id)
        if self.outbox.latest.state.busy:
            rebuilt = before is EngineState.FAILED and self._life is not None and self._life.composition is not None
            self._show(EngineState.AWAKE if rebuilt else before, "" if rebuilt else note)
        else:
            self._show(self.outbox.latest.state, self.outbox.latest.note)
        if id == self._wondering:
            self._wondering = None
            if done.outcome is Outcome.STOPPED:
                done = Done(id, Outcome.OK)  # nobody asked for it, so nobody needs to hear that it was given up
        self.outbox.put(done)
        if call.quit:
            self._saved = True
            self._leaving.set()

    def _outcome(self, id: int, intent: Intent, call: Call, before: EngineState) -> Done:
        life = self._life
        try:
            if intent.kind == "error":
                raise Refused(intent.message)
            if intent.kind == "empty":
                return Done(id, Outcome.OK)
            if life is None:
                raise Refused(self._why)
            if _needs_model(intent.spec) and life.composition is None:
                raise Refused(f"no model is loaded: {self._why}")
            if intent.spec is not None and intent.spec.alone and len(self._jobs) > 1:
                raise Refused(
                    f"{intent.spec.name} has to wait for the long job that runs; stop it first (a sleep: wake)."
                )
            self._show(_state_during(intent.spec, before))
            answer = intent.spec.handler(life, call) if intent.spec else life.chat(call, intent.text)
        except _REFUSALS as error:
            return Done(id, Outcome.REFUSED, message=str(error))
        except Exception as error:
            log.exception("job %d failed: %s", id, intent.spec.name if intent.spec else "chat")
            return Done(id, Outcome.FAILED, message=f"{_one_line(error)} (the engine goes on)")
        if not isinstance(answer, Answer):
            return Done(id, Outcome.STOPPED if call.cancelled() else Outcome.OK)
        stopped = answer.stats.stop_reason == "stopped"
        return Done(id, Outcome.STOPPED if stopped else Outcome.OK, text=answer.text, stats=answer.stats)

    def _emit(self, event: Event) -> None:
        self.outbox.put(event)
        if not isinstance(event, TextChunk):
            return
        now = time.monotonic()
        if self._since is None:
            self._since = now  # the first token's time is the prompt's, not the decoder's
            return
        self._tokens += event.tokens
        if now - self._since > _SPEED_EVERY:
            latest = self.outbox.latest
            speed = self._tokens / (now - self._since)
            self.outbox.latest = replace(latest, version=latest.version + 1, tokens_per_second=speed)
            self._tokens, self._since = 0, now

    # -- states --------------------------------------------------------------------------------------------------------

    def _show(self, state: EngineState, note: str = "") -> None:
        """Replace the snapshot; say so when the state is another."""
        latest = self.outbox.latest
        engine: dict[str, Any] = {
            "version": latest.version + 1,
            "state": state,
            "note": note,
            "queued": len(self._waiting),
        }
        last = self._life.last_answer if self._life else None
        speed = last.tokens_per_second if last else latest.tokens_per_second
        if self._life is not None:
            self.outbox.latest = snapshot_of(self._life, tokens_per_second=speed, **engine)
        else:
            self.outbox.latest = replace(latest, **engine)
        if (latest.state, latest.note) != (state, note):
            self.outbox.put(StateChanged(state, note))

    def _fail(self, error: BaseException) -> None:
        if isinstance(error, _Leaving):
            return
        self._why = _one_line(error)
        log.error("the engine failed", exc_info=error)
        report = self._write_report(error)
        self._show(EngineState.FAILED, self._why)
        self.outbox.put(EngineFailed(self._why, report))

    def _write_report(self, error: BaseException) -> str:
        if self.home.read_only:
            return ""
        path = self.home.log_dir / f"failure-{time.strftime('%Y%m%d-%H%M%S')}.txt"
        try:
            path.write_text("".join(traceback.format_exception(error)))
        except OSError:
            return ""
        return str(path)

    def _close(self) -> None:
        life = self._life
        latest = self.outbox.latest
        self.outbox.latest = replace(latest, version=latest.version + 1, state=EngineState.STOPPING, note="")
        self.outbox.put(StateChanged(EngineState.STOPPING))
        if life is not None:
            if life.composition is not None and not life.read_only and not self._saved:
                try:
                    life.save()
                except (StateError, OSError) as error:
                    self.outbox.put(Notice("error", str(error)))
            life.close()
        latest = self.outbox.latest
        self.outbox.latest = replace(latest, version=latest.version + 1, state=EngineState.CLOSED)
        self.outbox.put(StateChanged(EngineState.CLOSED))
        self.outbox.put(Closed())


class _Leaving(Exception):
    """Raised inside loading when the program is told to end."""


_REFUSALS = (Refused, ConfigError, HomeError, JournalError, PromptTooLong, StateError, WeightsError, CannotSleep)


def _command_in(line: str) -> CommandSpec | None:
    """The command that ``line`` carries out; None for chat, and for a command with bad arguments."""
    intent = parse(line)
    return intent.spec if intent.kind == "command" else None


def _state_during(spec: CommandSpec | None, before: EngineState) -> EngineState:
    """What the engine is doing while a line is carried out."""
    if spec is not None and spec.urgent:
        return EngineState.WORKING
    return EngineState.SPEAKING if _needs_model(spec) else before


def _needs_model(spec: CommandSpec | None) -> bool:
    return spec is None or spec.needs_model


def _one_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__


def _step_back() -> None:
    """Give the screen's thread precedence over this one."""
    sys.setswitchinterval(min(sys.getswitchinterval(), _SWITCH_INTERVAL))
    if sys.platform == "linux":
        try:
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        except OSError:
            log.debug("the priority of the engine thread could not be lowered")
