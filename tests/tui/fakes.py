"""A scripted engine for the tests of the app: no torch, no thread, no clock. A test says what happens, step by step."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import replace
from math import exp, sin
from pathlib import Path
from typing import Any

from engine.api import (
    AnswerStats,
    Closed,
    Done,
    Dreamt,
    EngineFailed,
    EngineState,
    Event,
    MemoryAudited,
    Outbox,
    Outcome,
    Output,
    Progress,
    Replayed,
    SleepPhase,
    Snapshot,
    Started,
    StateChanged,
    TextChunk,
    TrainingStep,
    Woke,
)
from engine.commands import parse
from engine.config import Config, ConfigError, spec
from engine.home import Home

LOADED: dict[str, Any] = {
    "base_model": "HuggingFaceTB/SmolLM2-135M-Instruct",
    "scaffold_model": "HuggingFaceTB/SmolLM2-135M-Instruct",
    "form": "key-value",
    "layer_count": 30,
    "bridged_layers": tuple(range(10, 30)),
    "device": "cpu",
    "precision": "fp32",
    "context_limit": 2048,
    "context_tokens": 412,
    "capacity": 480.0,
    "exposure": 0.0,
    "temperament": 0.62,
    "temperament_trace": (0.5, 0.52, 0.55, 0.51, 0.56, 0.58, 0.6, 0.57, 0.59, 0.63, 0.6, 0.62),
    "confidence": 0.71,
    "confidence_trace": (0.55, 0.6, 0.42, 0.5, 0.66, 0.7, 0.58, 0.73, 0.69, 0.75, 0.68, 0.71),
    "interactions": 128,
    "unslept": 6,
    "sleep_confidence": 0.66,
    "tokens_per_second": 38.0,
}
"""What a snapshot holds once the models are loaded."""


MEMORIES = (
    "My cat is called Mia.",
    "We moved to Graz in spring, by the way.",
    "The meeting with Ms Olufsen is on Tuesday at half past nine in the small room upstairs.",
    "My sister Ada plays the cello.",
    "I am allergic to walnuts.",
)
DREAMS = (
    ("What is the name of your cat?", "Mia", True, ""),
    ("Who is Mia?", "My cat", True, ""),
    ("What colour is the cat?", "black", False, "the answer is not in the memory"),
    ("Where did we move to in spring?", "Graz", True, ""),
    ("When did we move?", "in spring", False, "it knew that already"),
)


def stats(tokens: int = 42, reason: str = "end", **changes: Any) -> AnswerStats:
    """Figures of an answer."""
    base = AnswerStats(
        tokens=tokens,
        seconds=1.2,
        first_token_seconds=0.1,
        tokens_per_second=38.2,
        prompt_tokens=31,
        cached_tokens=12,
        confidence=0.71,
        weight=0.0,
        recognition=None,
        stop_reason=reason,
    )
    return replace(base, **changes)


class FakeEngine:
    """Implements the app's driver. Nothing moves by itself unless ``automatic`` is given."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self.home = Home(folder)
        self.config_path = self.home.config_path
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "logs").mkdir(exist_ok=True)
        self.home.read_only = read_only
        self.outbox = Outbox(Snapshot(read_only=read_only))
        self.lines: list[tuple[int, str]] = []
        self.stops: list[int | None] = []
        self.restarts = 0
        self.stirs = 0
        self.started = False
        self.closing = False
        self.joined = False
        self.on_submit: Callable[[int, str], None] | None = None
        self._ids = itertools.count(1)

    # -- the driver ----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self.started = True

    def submit(self, line: str) -> int:
        number = next(self._ids)
        self.lines.append((number, line))
        if self.on_submit is not None:
            self.on_submit(number, line)
        return number

    def stir(self) -> None:
        self.stirs += 1

    def stop(self, id: int | None = None) -> None:
        self.stops.append(id)

    def restart(self) -> None:
        self.restarts += 1

    def shutdown(self) -> None:
        self.closing = True

    def join(self, timeout: float) -> bool:
        self.joined = True
        return True

    # -- what a test makes happen --------------------------------------------------------------------------------------

    def put(self, *events: Event) -> None:
        """Let events out."""
        for event in events:
            self.outbox.put(event)

    def snapshot(self, **changes: Any) -> None:
        """Replace the snapshot."""
        latest = self.outbox.latest
        self.outbox.latest = replace(latest, version=latest.version + 1, **changes)

    def state(self, state: EngineState, note: str = "", **changes: Any) -> None:
        """Go into another state."""
        self.snapshot(state=state, note=note, **changes)
        self.put(StateChanged(state, note))

    def load(self, share: float, note: str = "reading weights", seconds_left: float | None = None) -> None:
        """Be somewhere in the start-up."""
        self.state(EngineState.LOADING, note)
        self.put(Progress(0, note, share, 1.0, seconds_left))

    def awaken(self, **changes: Any) -> None:
        """Be ready to speak."""
        self.state(EngineState.AWAKE, **{**LOADED, **changes})

    def begin(self, id: int, name: str = "chat") -> None:
        """Start on a line."""
        self.state(EngineState.SPEAKING)
        self.put(Started(id, name))

    def say(self, id: int, pieces: Iterable[str]) -> None:
        """Stream pieces of an answer."""
        for piece in pieces:
            self.put(TextChunk(id, piece))

    def finish(self, id: int, text: str = "", outcome: Outcome = Outcome.OK, message: str = "", **figures: Any) -> None:
        """End a line; with ``text`` it had an answer."""
        self.state(EngineState.AWAKE)
        self.put(Done(id, outcome, text, message, stats(**figures) if text else None))

    def answer(self, id: int, text: str) -> None:
        """A whole answer at once."""
        self.begin(id)
        self.say(id, (text,))
        self.finish(id, text)

    def command(self, id: int, output: str) -> None:
        """A command's whole run."""
        name = parse(self.lines[id - 1][1]).spec
        self.put(Started(id, name.name if name else "chat"), Output(id, output), Done(id, Outcome.OK))

    def fall_asleep(self, id: int) -> None:
        """Begin a night; for an ``id`` that was never submitted, of its own accord."""
        self.put(Started(id, "sleep"), Output(id, "--- Sleeping ---"))
        self.phase(id, "falling asleep")

    def phase(self, id: int, phase: str) -> None:
        """Go into another phase of the night."""
        states = {"training": EngineState.TRAINING, "auditing": EngineState.AUDITING, "waking": EngineState.AUDITING}
        self.state(states.get(phase, EngineState.DREAMING), phase, gestating=True)
        self.put(SleepPhase(id, phase))

    def dream(self, id: int, count: int) -> None:
        """Dream ``count`` questions; every third one is not kept."""
        for question, answer, kept, why in itertools.islice(itertools.cycle(DREAMS), count):
            self.put(Dreamt(id, MEMORIES[0], question, answer, kept, why))

    def replay(self, id: int, count: int) -> None:
        """Dream of ``count`` memories, without a question yet."""
        for number, memory in enumerate(MEMORIES[:count], start=1):
            self.put(Replayed(id, number, memory, 0.62 - 0.11 * number, 0.95 - 0.13 * number, 0.15))

    def learn(self, id: int, steps: range, total: int) -> None:
        """Train; the loss falls, with a ripple on it."""
        for step in steps:
            loss = 0.18 + 2.4 * exp(-3.2 * step / total) + 0.12 * sin(step * 1.7)
            self.put(TrainingStep(id, step, total, loss, 0.004 + 0.01 * step / total, 1.4 * (total - step)))

    def audit(self, id: int, verdicts: Iterable[str]) -> None:
        """Judge one memory after the other."""
        after = {"learned": 1.0, "weak": 0.33, "refused": 0.0}
        for number, verdict in enumerate(verdicts):
            memory = MEMORIES[number % len(MEMORIES)]
            self.put(MemoryAudited(id, number + 1, memory, verdict, 0.0, after.get(verdict, 0.0)))

    def wake_up(self, id: int, learned: int, weak: int, refused: int) -> None:
        """End the night as the real engine does: the news as an event, and again in lines."""
        message = f"Learned {learned} of {learned + weak + refused}; loss 2.51 → 0.31; mood curious."
        verdicts = ["learned"] * learned + ["weak"] * weak + ["refused"] * refused
        self.phase(id, "waking")
        self.audit(id, verdicts)
        told = [f"  {verdict}: {MEMORIES[number % len(MEMORIES)]}" for number, verdict in enumerate(verdicts)]
        rest = "Dreams: 5, new questions kept: 8. 95 steps over 310 rows."
        self.put(Woke(id, learned, weak, refused, 2.51, 0.31, message))
        self.put(Output(id, "\n".join([message, *told, rest])), Output(id, "--- Awake ---"))
        self.state(EngineState.AWAKE, gestating=False)
        self.put(Done(id, Outcome.OK))

    def obey(self, config: Config) -> None:
        """From now on, carry out ``config`` lines at once, on ``config``, as the real engine does."""

        def act(id: int, line: str) -> None:
            intent = parse(line)
            name = intent.spec.name if intent.spec else ""
            if not name.startswith("config"):
                return
            self.put(Started(id, name))
            try:
                self._configure(config, name, intent.args)
            except ConfigError as error:
                self.put(Done(id, Outcome.REFUSED, message=str(error)))
            else:
                self.put(Output(id, f"{name}: done"), Done(id, Outcome.OK))

        self.on_submit = act

    def _configure(self, config: Config, name: str, args: dict[str, Any]) -> None:
        if name == "config save":
            config.save(self.config_path)
        elif name == "config reset":
            config.set(args["key"], spec(args["key"]).default)
        else:
            config.set(args["key"], args["value"])

    def fail(self, message: str, report: str = "") -> None:
        """Fall over."""
        self.state(EngineState.FAILED, message)
        self.put(EngineFailed(message, report))

    def close(self) -> None:
        """Be saved and gone."""
        self.state(EngineState.CLOSED)
        self.put(Closed())
