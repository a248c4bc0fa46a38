"""How far a part of a night is that has no steps to count: it is told before every token, and tells whoever watches."""

from __future__ import annotations

import math
import time

from engine.api import Progress
from engine.learning.learner import BATCH, Heed
from engine.learning.night import Watcher

_READING = 3
"""Times a learner pauses before the first token of such a batch."""
_SECONDS = 0.25
"""Between two reports: a screen needs no more, and a log wants no more."""


class Pace:
    """Heeds like the function given, and counts. What is not needed, because answers end early, is never waited for."""

    def __init__(self, watcher: Watcher, label: str, heed: Heed, prompts: int, tokens: int, rounds: int = 1) -> None:
        """Expect ``rounds`` times ``prompts`` answers of at most ``tokens`` tokens each."""
        self._watcher, self._label, self._heed = watcher, label, heed
        self._each = math.ceil(prompts / BATCH) * (tokens + _READING)
        self._planned = max(1, rounds * self._each)
        self._done = 0
        self._began = self._told = time.monotonic()

    def __call__(self) -> None:
        """Called before every token."""
        self._done = min(self._done + 1, self._planned)
        now = time.monotonic()
        if now - self._told >= _SECONDS:
            self._told = now
            left = (now - self._began) / self._done * (self._planned - self._done)
            self._watcher.emit(Progress(self._watcher.id, self._label, self._done, self._planned, left))
        self._heed()
        self._began += time.monotonic() - now  # what was said meanwhile took none of this

    def once_more(self) -> None:
        """Expect as many answers again as one round has."""
        self._planned += self._each
