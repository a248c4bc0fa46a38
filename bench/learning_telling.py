"""One day in a lifeform's life: it is told things in ordinary chat, falls asleep, and the program ends.

All of it goes in at the engine's front door, as from the terminal.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.learning_failure import BenchError
from bench.learning_prompts import SMALL_TALK

TURNS_PER_CONVERSATION = 12
"""After so many turns a new conversation begins, as people do."""
_LINE_SECONDS = 600.0
_POLL_SECONDS = 0.02
_STORY = {"sleep_phase", "dreamt", "training_step", "memory_audited", "woke"}
"""Events that tell of a sleep."""


@dataclass(slots=True)
class Day:
    """What came of a day.

    Attributes:
        turns: Things said, small talk included.
        telling_seconds: From the first thing said to the last answer.
        sleep_seconds: From ``sleep`` to being awake again; None when it did not sleep.
        phase_seconds: How long each phase of the sleep took.
        sleep_story: What the engine said of the sleep: phases, dreams, training steps, verdicts, waking.
        sleep_lines: What the command printed.
        sleep_events: What the journal holds about sleeps, the newest last.
        before: SHA-256 of each saved weight file before the day.
        after: The same at its end.
    """

    turns: int = 0
    telling_seconds: float = 0.0
    sleep_seconds: float | None = None
    phase_seconds: dict[str, float] = field(default_factory=dict)
    sleep_story: list[dict[str, Any]] = field(default_factory=list)
    sleep_lines: list[str] = field(default_factory=list)
    sleep_events: list[dict[str, Any]] = field(default_factory=list)
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """A JSON-ready object."""
        return asdict(self)


def day_plan(statements: Sequence[str], seed: int) -> list[str]:
    """``statements`` in a seeded order among at least as many turns of small talk."""
    chance = random.Random(f"day {seed}")
    rounds = -(-len(statements) // len(SMALL_TALK))
    small_talk = [line for _ in range(rounds) for line in chance.sample(SMALL_TALK, len(SMALL_TALK))]
    lines = [*statements, *small_talk[: len(statements)]]
    chance.shuffle(lines)
    return lines


def can_sleep() -> bool:
    """Whether the engine knows the command."""
    from engine import parse

    return parse("/sleep").kind == "command"


def live_a_day(home: Path, lines: Sequence[str], *, sleep: bool) -> Day:
    """Say ``lines`` to the lifeform in ``home``, let it sleep, and quit.

    Raises:
        BenchError: The engine failed, a line failed, or there is no ``sleep`` command.
    """
    from engine import Engine, Home, load_config

    if sleep and not can_sleep():
        raise BenchError(
            "this engine has no command sleep yet; without it only --control floor, icl, icl-own and retrieval work"
        )
    day = Day(turns=len(lines), before=weight_files(home))  # telling changes no weights
    with Home(home).open() as opened:
        config, _ = load_config(opened.config_path)
        engine = Engine(opened, config)
        driver = _Driver(engine)
        engine.start()
        try:
            started = time.perf_counter()
            for number, line in enumerate(lines):
                if number % TURNS_PER_CONVERSATION == 0:
                    driver.say("/new")
                driver.say("\\" + line)
            day.telling_seconds = time.perf_counter() - started
            if sleep:
                started = time.perf_counter()
                day.sleep_lines = driver.say("/sleep", None)
                driver.until_awake()
                day.sleep_seconds = time.perf_counter() - started
                day.sleep_story = driver.story
                day.phase_seconds = _phases(driver.story, day.sleep_seconds)
            driver.say("/quit")
        finally:
            engine.shutdown()
            if not engine.join(_LINE_SECONDS):
                raise BenchError("the engine did not end", 1)
    day.after = weight_files(home)
    day.sleep_events = sleep_events(home)
    return day


def weight_files(home: Path) -> dict[str, str]:
    """SHA-256 of every saved weight file in ``home``."""
    files = sorted((home / "state").glob("*.safetensors"))
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def sleep_events(home: Path) -> list[dict[str, Any]]:
    """What the journal in ``home`` says about sleeps, oldest first."""
    from engine.home import Home
    from engine.memory.journal import Journal
    from engine.memory.record import JournalEvent

    with Journal.open(Home(home).journal_path, read_only=True) as journal:
        entries = journal.last_entries(100_000)
    return [entry.data for entry in entries if isinstance(entry, JournalEvent) and entry.kind == "sleep"]


def _phases(story: Sequence[dict[str, Any]], total: float) -> dict[str, float]:
    """Seconds in each phase: from its announcement to the next one's, or to the end."""
    starts = [(entry["phase"], entry["second"]) for entry in story if entry["event"] == "sleep_phase"]
    ends = [*(second for _, second in starts[1:]), total]
    seconds: dict[str, float] = {}
    for (phase, start), end in zip(starts, ends, strict=True):
        seconds[phase] = seconds.get(phase, 0.0) + end - start
    return seconds


class _Driver:
    """Says lines to an engine and waits for their end.

    Attributes:
        story: Events of the last line that tell of a sleep, each with the ``second`` at which it was seen.
    """

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self.story: list[dict[str, Any]] = []
        self._since = time.perf_counter()

    def say(self, line: str, patience: float | None = _LINE_SECONDS) -> list[str]:
        """Submit ``line`` and wait for its end; returns what was printed for it."""
        from engine.api import Closed, Done, EngineFailed, Outcome, Output

        job = self._engine.submit(line)
        self.story, self._since = [], time.perf_counter()
        until = time.monotonic() + patience if patience else None
        printed: list[str] = []
        while True:
            for event in self._events():
                match event:
                    case Done(id=id, outcome=outcome, message=message) if id == job:
                        if outcome is not Outcome.OK:
                            raise BenchError(f"{line!r} ended as {outcome.value}: {message or 'no reason given'}", 1)
                        return printed
                    case Output(id=id, text=text) if id == job:
                        printed.append(text)
                    case EngineFailed(message=message):
                        raise BenchError(f"the engine failed: {message}", 1)
                    case Closed():
                        raise BenchError(f"the engine ended before it had done {line!r}", 1)
                    case _:
                        pass
            if until is not None and time.monotonic() > until:
                raise BenchError(f"{line!r} took more than {patience:.0f} seconds", 1)

    def until_awake(self) -> None:
        """Wait until nothing goes on in the background either."""
        while self._engine.outbox.latest.gestating or self._engine.outbox.latest.state.busy:
            for _ in self._events():
                pass

    def _events(self) -> Iterator[Any]:
        from engine.api import as_json

        events = self._engine.outbox.drain()
        if not events:
            time.sleep(_POLL_SECONDS)
        for event in events:
            told = as_json(event)
            if told["event"] in _STORY:
                self.story.append({**told, "second": time.perf_counter() - self._since})
            yield event
