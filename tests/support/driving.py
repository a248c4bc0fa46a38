"""Driving the engine in tests as any client does: lines in, events out."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine import Config, Engine, Home
from engine.api import Done, Event, Outcome, TextChunk

PATIENCE = 600.0
"""Seconds after which something has hung: on a busy machine all takes ten times as long, and that is no fault."""


def tiny_config(folder: Path, **settings: Any) -> Config:
    """A configuration for a tiny model; ``settings`` are keys and values."""
    config = Config()
    for key, value in {
        "base_model_name": str(folder),
        "scaffold_model_name": str(folder),
        "max_new_tokens": 12,
        **settings,
    }.items():
        config.set(key, value)
    return config


@dataclass
class Driver:
    """An engine, and all it has said so far."""

    engine: Engine
    events: list[Event] = field(default_factory=list)

    def drain(self) -> list[Event]:
        """What is new."""
        new = self.engine.outbox.drain()
        self.events += new
        return new

    def until(self, ready: Callable[[], bool], what: str = "") -> None:
        """Wait for something to become true."""
        end = time.monotonic() + PATIENCE
        while not ready():
            self.drain()
            assert time.monotonic() < end, f"waited in vain {what}; got {self.events[-5:]}"
            time.sleep(0.005)
        self.drain()

    def done(self, id: int) -> Done | None:
        """How line ``id`` ended, if it has."""
        return next((e for e in self.events if isinstance(e, Done) and e.id == id), None)

    def wait(self, id: int) -> Done:
        """Wait until line ``id`` is finished."""
        self.until(lambda: self.done(id) is not None, f"for line {id}")
        done = self.done(id)
        assert done is not None
        return done

    def say(self, line: str) -> Done:
        """Submit a line and wait until it is finished."""
        return self.wait(self.engine.submit(line))

    def tell(self, facts: Iterable[str]) -> None:
        """Say all of these; each must be answered."""
        for fact in facts:
            assert self.say(fact).outcome is Outcome.OK

    @contextmanager
    def paced(self, kind: type[Event]) -> Iterator[Callable[[int], None]]:
        """Inside the block, jobs stand still at each of their events of ``kind``.

        The function given lets them go on to the n-th such event from where they are. So the test, and not how fast
        the machine is, decides at which point of a job something else happens.
        """
        emit, free = self.engine._emit, threading.Event()
        there, go = threading.Semaphore(0), threading.Semaphore(0)
        standing = False

        def emit_and_stand(event: Event) -> None:
            emit(event)
            if isinstance(event, kind) and not free.is_set():
                there.release()
                go.acquire(timeout=PATIENCE)

        def step(count: int = 1) -> None:
            nonlocal standing
            for _ in range(count):
                if standing:
                    go.release()
                standing = there.acquire(timeout=PATIENCE)
                assert standing, f"waited in vain for {kind.__name__}"
            self.drain()

        self.engine._emit = emit_and_stand  # type: ignore[method-assign]
        try:
            yield step
        finally:
            free.set()
            go.release()

    def streamed(self, id: int) -> str:
        """All the text that was streamed for line ``id``."""
        return "".join(e.text for e in self.events if isinstance(e, TextChunk) and e.id == id)

    def of(self, kind: type[Any]) -> list[Any]:
        """All events of one kind so far."""
        return [e for e in self.events if isinstance(e, kind)]


@contextmanager
def running(home: Path, config: Config, *, read_only: bool = False) -> Iterator[Driver]:
    """An engine on its thread, in ``home``; closed and joined at the end."""
    opened = Home(home).open(read_only=read_only)
    engine = Engine(opened, config)
    driver = Driver(engine)
    engine.start()
    try:
        yield driver
    finally:
        engine.shutdown()
        ended = engine.join(PATIENCE)
        driver.drain()
        opened.release()
        assert ended, "the engine thread did not end"


def pretend_learned(prefix: Path, adapters: dict[str, Any]) -> None:
    """Put trained-looking adapters into a saved state, as a sleep would have left them."""
    import hashlib

    from safetensors.torch import save

    data = save(adapters)
    prefix.with_name(prefix.name + "_scaffold.safetensors").write_bytes(data)
    meta_path = prefix.with_name(prefix.name + "_meta.json")
    meta = json.loads(meta_path.read_text())
    meta["checksums"]["_scaffold.safetensors"] = hashlib.sha256(data).hexdigest()
    meta_path.write_text(json.dumps(meta))
