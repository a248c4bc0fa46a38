"""Notices that a job hangs: its thread gives no sign of life, and perhaps never will again.

A thread cannot be ended from outside. It is left to itself instead, and another one takes its place; should it ever
come back, its next sign of life ends it.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from engine.threads import GivenUp

LOOK_SECONDS = 0.5
"""Between two looks."""


class Pulse:
    """Signs of life of the one thread that works; whoever else gives one has been given up."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.clock = clock
        self._lock = threading.Lock()
        self._owner: threading.Thread | None = None
        self._last = math.inf

    @property
    def mine(self) -> bool:
        """Whether the calling thread is the one that works."""
        return threading.current_thread() is self._owner

    @property
    def silence(self) -> float:
        """Seconds since the last sign of life; negative while it rests."""
        return self.clock() - self._last

    def beat(self) -> None:
        """A sign of life; raises :class:`GivenUp` in a thread that is no longer the one that works."""
        self._beat(self.clock())

    def rest(self) -> None:
        """As :meth:`beat`; until the next one nothing is expected, for it waits for somebody else."""
        self._beat(math.inf)

    def _beat(self, now: float) -> None:
        with self._lock:
            if not self.mine:
                raise GivenUp
            self._last = now

    def pass_to(self, thread: threading.Thread, silence: float = -math.inf) -> bool:
        """Let ``thread`` be the one that works, unless the present one gave a sign of life within ``silence`` seconds.

        Returns whether it is.
        """
        with self._lock:
            if self.silence < silence:
                return False
            self._owner, self._last = thread, math.inf
            return True


class Watchdog:
    """Looks now and then, on a thread of its own, until told to end."""

    def __init__(self, look: Callable[[], None]) -> None:
        self._look = look
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sovl-watchdog", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def end(self) -> None:
        """Look no more; when this returns, it does not."""
        self._ended.set()
        if self._thread.ident is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            self._look()
