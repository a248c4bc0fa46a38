"""How fast an answer comes."""

from __future__ import annotations

import time

_EVERY = 0.25
"""Seconds between two figures."""


class Speedometer:
    """Counts the tokens of one answer."""

    def __init__(self) -> None:
        self._tokens = 0
        self._since: float | None = None

    def count(self, tokens: int) -> float | None:
        """Take note of tokens that came. Returns tokens per second, now and then."""
        now = time.monotonic()
        if self._since is None:
            self._since = now  # the first token's time is the prompt's, not the decoder's
            return None
        self._tokens += tokens
        if now - self._since <= _EVERY:
            return None
        speed = self._tokens / (now - self._since)
        self._tokens, self._since = 0, now
        return speed
