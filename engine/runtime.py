"""The engine thread: takes lines in, runs one job at a time, and lets events and snapshots out.

The thread owns the lifeform, and with it torch, the journal and the models. Whoever drives it only puts commands into
the inbox and reads the outbox; nothing here calls a screen. A job that raises is reported and survived. When the models
cannot be loaded the thread stays, answers what needs no model, and waits to be told to try again. A job that hangs is
given up together with its thread: another one takes its place, and goes on from the last good state.
"""

from __future__ import annotations

import itertools
import logging
import math
import queue
import threading
import time
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
from engine.commands import Call, Intent, Refused, command_in, parse
from engine.config import Config
from engine.failures import one_line, write_report
from engine.home import Home
from engine.importing import models_imported
from engine.impulse import QUESTION, Impulse, next_impulse
from engine.jobs import REFUSALS, Leaving, must_wait, state_during, unasked, what_waits
from engine.lifeform import Lifeform
from engine.memory.record import JournalError
from engine.rescue import rescue
from engine.speed import Speedometer
from engine.state_files import StateError
from engine.status import snapshot_of
from engine.threads import break_into, step_back
from engine.voice import Answer
from engine.watchdog import Pulse, Watchdog

log = logging.getLogger(__name__)

_HELD_SECONDS = 0.2
"""How often a sleep that is held looks whether it was stopped."""
_RETRY_SECONDS = 5.0
"""Between two attempts to write what waits for another program that holds the journal."""
_PANIC_SECONDS = 10.0
"""How long a job that is silent may keep a panic waiting."""


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
        self._wondering: int | None = None  # the question of its own that it is thinking of
        self._speed = Speedometer()
        self._urgent_since: float | None = None  # a panic waits
        self._wary = False  # after a job that hung: nothing of its own accord until somebody says something
        self._pulse = Pulse()
        self._watchdog = Watchdog(self._look_after)
        self._given_up: list[threading.Thread] = []
        self._thread = self._new_thread()

    # -- called from other threads -------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the thread. It imports torch and loads the models; lines may be submitted at once."""
        self._pulse.pass_to(self._thread)
        self._thread.start()
        self._watchdog.start()

    def submit(self, line: str) -> int:
        """Hand in one line, chat or command. Returns the id that all its events carry."""
        self.stir()
        number = next(self._ids)
        self._waiting.add(number)
        if (spec := command_in(line)) is not None and spec.urgent:
            self._stopped |= {*self._waiting, *self._jobs} - {number}
            self._urgent_since = self._pulse.clock()
        self._wary = False
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
        """Wait for the thread to end, for ``timeout`` seconds. Returns whether all have that ever ran."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not any(thread.is_alive() for thread in (self._thread, *self._given_up))

    # -- a job that hangs ----------------------------------------------------------------------------------------------

    def _new_thread(self, hung: Lifeform | None = None) -> threading.Thread:
        return threading.Thread(target=self._run, args=(hung,), name="sovl-engine", daemon=True)

    def _patience(self) -> float:
        """Seconds that the thread may be silent as things are."""
        state = self.outbox.latest.state
        if not self._jobs or state is EngineState.LOADING:
            return math.inf  # it loads as long as it takes: the disk is slow, and the model large
        patience: float = self.config.controls_config.watchdog_seconds
        since = None if state is EngineState.WORKING else self._urgent_since  # one panic need not hurry for another
        if since is not None and self._pulse.clock() - since > _PANIC_SECONDS:
            patience = min(patience, _PANIC_SECONDS)
        return patience

    def _look_after(self) -> None:
        """Called by the watchdog: give up a thread that is silent for too long, and let another one go on."""
        patience, life = self._patience(), self._life
        if self._pulse.silence < patience or self._leaving.is_set() or life is None:
            return
        thread, hung, jobs = self._new_thread(life), self._thread, self._jobs
        if not self._pulse.pass_to(thread, patience):
            return
        self._why = f"the job that ran gave no sign of life for {patience:.0f} s and was given up"
        log.error("%s: line %s", self._why, jobs)
        life.disown()
        break_into(hung)
        self._given_up.append(hung)
        self._thread, self._jobs, self._wary = thread, [], True
        for id in reversed(jobs):
            self._stopped.discard(id)
            self.outbox.put(Done(id, Outcome.FAILED, message=f"{self._why}; the engine starts again"))
        thread.start()

    # -- the thread ----------------------------------------------------------------------------------------------------

    def _run(self, hung: Lifeform | None) -> None:
        step_back()
        try:
            self._pulse.rest()
            if self._open(hung) and self._awaken():
                self._greet_warnings()
            self._serve()
        except BaseException as error:
            # A fault of the engine itself, not of a job: say so, and end rather than hang.
            if self._pulse.mine:
                self._fail(error)
        finally:
            if self._pulse.mine:
                self._close()

    def _open(self, hung: Lifeform | None = None) -> bool:
        """Open journal and mind, which need no torch; ``hung`` is the life whose place it takes."""
        self._life = None
        try:
            self._life = Lifeform(self.home, self.config, self.config_path)
            self._life.hung = hung
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
        if life.hung is not None and self._urgent_since is not None:
            self._show(EngineState.FAILED, self._why)  # whoever panics has it loaded
            return False
        try:
            self._show(EngineState.IMPORTING, "importing torch")
            with models_imported():
                self._show(EngineState.LOADING, "loading")
                if life.hung is None:
                    life.awaken(self._report)
                else:
                    self.outbox.put(Notice("warning", f"{self._why}. {rescue(life, self._report).told}"))
        except Exception as error:
            self._fail(error)
            return False
        self._show(EngineState.AWAKE)
        return True

    def _report(self, doing: str, fraction: float) -> None:
        self._pulse.rest()
        if self._leaving.is_set():
            raise Leaving
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
            self._pulse.rest()
            impulse = self._impulse(began)
            try:
                return self._inbox.get(timeout=self._rest(impulse))
            except queue.Empty:
                impulse = self._impulse(began)  # someone may have begun to type meanwhile
                if impulse is not None and impulse.seconds <= 0:
                    number = next(self._ids)
                    self._wondering = number if impulse.line == QUESTION else None
                    return Submit(number, impulse.line)

    def _rest(self, impulse: Impulse | None) -> float | None:
        """Seconds that it may wait for a command; None for ever."""
        seconds = None if impulse is None else impulse.seconds
        if self._life is None or self._life.journal.write_waiting():
            return seconds
        return _RETRY_SECONDS if seconds is None else min(seconds, _RETRY_SECONDS)

    def _impulse(self, began: float) -> Impulse | None:
        """What it will do of its own accord; ``began`` is when it had nothing to do any more."""
        if self._wary or self._life is None:
            return None
        return next_impulse(self._life, time.monotonic() - max(began, self._stirred), time.time())

    def _attend(self, aside: Callable[[], AbstractContextManager[None]]) -> None:
        """In the middle of a long job, answer what the user said meanwhile, and wait until it is quiet again."""
        self._pulse.beat()
        life = self._life
        if self._inbox.empty() or life is None:
            return
        sleeper, quiet = self._jobs[-1], life.config.controls_config.sleep_quiet_seconds
        with aside():
            while not (self._leaving.is_set() or sleeper in self._stopped or life.waking):
                self._pulse.rest()
                try:
                    command = self._inbox.get(timeout=_HELD_SECONDS if life.paused else quiet)
                except queue.Empty:
                    if life.paused:
                        continue  # held until it is told to go on; a Stop is only seen by looking
                    break
                match command:
                    case Submit(_, line) if (spec := command_in(line)) is not None and (spec.long or spec.urgent):
                        self._held.append(command)
                    case Submit(id, line):
                        self._do(id, line)
                    case Stop(id):
                        self.stop(id)
                    case Shutdown():
                        break

    def _do(self, id: int, line: str) -> None:
        """Run one submitted line from :class:`Started` to :class:`Done`."""
        self._pulse.beat()
        self._waiting.discard(id)
        intent = parse(line)
        if intent.spec is not None and intent.spec.urgent:
            self._urgent_since = None
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
            lambda: self._cancelled(id),
            enter=self._show,
            attend=self._attend,
        )
        self.outbox.put(Started(id, intent.spec.name if intent.spec else "chat"))
        self._speed = Speedometer()
        try:
            done = self._outcome(id, intent, call, before)
            self._pulse.beat()
        finally:
            if self._pulse.mine:
                self._jobs.remove(id)
                self._stopped.discard(id)
        if self.outbox.latest.state.busy:
            rebuilt = before is EngineState.FAILED and self._life is not None and self._life.composition is not None
            self._show(EngineState.AWAKE if rebuilt else before, "" if rebuilt else note)
        else:
            self._show(self.outbox.latest.state, self.outbox.latest.note)
        if id == self._wondering:
            self._wondering, done = None, unasked(done)
        self.outbox.put(done)
        if self._life is not None and self._life.journal.waiting:
            self.outbox.put(Notice("warning", what_waits(self._life.journal)))
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
            if intent.needs_model and life.composition is None:
                raise Refused(f"no model is loaded: {self._why}")
            if intent.spec is not None and intent.spec.alone and len(self._jobs) > 1:
                raise must_wait(intent.spec.name)
            self._show(state_during(intent, before))
            answer = intent.spec.handler(life, call) if intent.spec else life.chat(call, intent.text)
        except REFUSALS as error:
            return Done(id, Outcome.REFUSED, message=str(error))
        except Exception as error:
            log.exception("job %d failed: %s", id, intent.spec.name if intent.spec else "chat")
            return Done(id, Outcome.FAILED, message=f"{one_line(error)} (the engine goes on)")
        if not isinstance(answer, Answer):
            return Done(id, Outcome.STOPPED if call.cancelled() else Outcome.OK)
        stopped = answer.stats.stop_reason == "stopped"
        return Done(id, Outcome.STOPPED if stopped else Outcome.OK, text=answer.text, stats=answer.stats)

    def _cancelled(self, id: int) -> bool:
        self._pulse.beat()
        return id in self._stopped or self._leaving.is_set()

    def _emit(self, event: Event) -> None:
        self._pulse.beat()
        self.outbox.put(event)
        if isinstance(event, TextChunk) and (speed := self._speed.count(event.tokens)) is not None:
            latest = self.outbox.latest
            self.outbox.latest = replace(latest, version=latest.version + 1, tokens_per_second=speed)

    # -- states --------------------------------------------------------------------------------------------------------

    def _show(self, state: EngineState, note: str = "") -> None:
        """Replace the snapshot; say so when the state is another."""
        self._pulse.beat()
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
        if isinstance(error, Leaving):
            return
        self._why = one_line(error)
        log.error("the engine failed", exc_info=error)
        report = "" if self.home.read_only else write_report(self.home.log_dir, error)
        self._show(EngineState.FAILED, self._why)
        self.outbox.put(EngineFailed(self._why, report))

    def _close(self) -> None:
        self._watchdog.end()
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
