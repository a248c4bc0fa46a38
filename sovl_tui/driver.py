"""What the app needs of an engine. The real one and the scripted one of the tests both are it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from engine import Home
from engine.api import Outbox


class Driver(Protocol):
    """The engine's front door as the app uses it. No method blocks but :meth:`join`."""

    @property
    def home(self) -> Home:
        """The lifeform's folder; the app keeps the prompt's history and crash reports there."""
        ...

    @property
    def config_path(self) -> Path:
        """The file of settings that ``config save`` writes."""
        ...

    @property
    def outbox(self) -> Outbox:
        """Events and the newest snapshot."""
        ...

    def start(self) -> None:
        """Start the engine's thread."""
        ...

    def submit(self, line: str) -> int:
        """Queue a line; its id comes back in the events about it."""
        ...

    def stir(self) -> None:
        """Say that someone is typing: what the lifeform does of its own accord can wait."""
        ...

    def stop(self, id: int | None = None) -> None:
        """End a job, the running one without ``id``."""
        ...

    def restart(self) -> None:
        """Load again after a failure."""
        ...

    def shutdown(self) -> None:
        """Ask for the end; the event ``Closed`` says when it came."""
        ...

    def join(self, timeout: float) -> bool:
        """Wait for the thread; False when it still runs after ``timeout`` seconds."""
        ...
