"""Not saying the same again: what would go on with a stretch that was said before is made less likely.

After DRY, "don't repeat yourself" (P. E. Weidmann, text-generation-webui and llama.cpp, 2024). A small model that reads
its own last answer likes to begin the next one with it, and then cannot get away; a check for loops sees nothing wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

import torch

_ALLOWED = 5
"""Tokens that may be the same as earlier in the conversation: names and what was asked have to be said again."""
_ALLOWED_OWN = 2
"""Tokens that may be the same as in an earlier answer: a small model that begins as before goes on as before."""
_ALLOWED_NOW = 3
"""Tokens that may be the same as earlier in the same answer."""
_ALLOWED_AT_ONCE = 1
"""Tokens of a stretch that was said twice in a row which may be said a third time: a cat, a cat, …"""
_BASE = 1.75
"""What each further one multiplies the penalty by, as in the original."""
_LONGEST = 24
"""Tokens at which a repetition is as bad as it gets."""
_BETWEEN = -1
"""Stands between two answers; no token of a vocabulary."""


class DontRepeat:
    """Keeps in mind what was said, and lowers the logits of what would repeat more than a few tokens of it."""

    def __init__(
        self, said: Sequence[int], breakers: Collection[int], multiplier: float, own: Sequence[Sequence[int]] = ()
    ) -> None:
        """Begin to speak.

        Args:
            said: Tokens that are in view: the conversation so far.
            breakers: Tokens across which nothing counts as a repetition, such as the marks between turns.
            multiplier: Penalty of the first token too many, in nats.
            own: Tokens of each earlier answer that is in view; of these even less is said again.
        """
        self._breakers, self._multiplier = {*breakers, _BETWEEN}, multiplier
        self._history: list[int] = []
        self._places: defaultdict[int, list[int]] = defaultdict(list)
        for answer in own:
            self._push_all([*answer, _BETWEEN])
        self._own_until = len(self._history)
        self._push_all(said)
        self._begins = len(self._history)

    def push(self, token: int) -> None:
        """Take note of the next token."""
        self._places[token].append(len(self._history))
        self._history.append(token)

    def _push_all(self, tokens: Sequence[int]) -> None:
        for token in tokens:
            self.push(token)

    def _allowed(self, place: int, length: int) -> int:
        if place >= self._begins:
            return _ALLOWED_AT_ONCE if length >= len(self._history) - 1 - place else _ALLOWED_NOW
        return _ALLOWED_OWN if place < self._own_until else _ALLOWED

    def penalised(self, logits: torch.Tensor) -> torch.Tensor:
        """``logits [vocabulary]`` with what would repeat too much made less likely; themselves where nothing would."""
        excess: dict[int, int] = {}
        history, last = self._history, len(self._history) - 1
        if last < 0 or history[last] in self._breakers:
            return logits
        for place in self._places[history[last]][:-1]:
            length = 1
            while length < min(place + 1, _LONGEST) and history[place - length] == history[last - length]:
                if history[place - length] in self._breakers:
                    break
                length += 1
            follows = history[place + 1]
            over = length - self._allowed(place, length)
            if over >= 0 and follows not in self._breakers:
                excess[follows] = max(over, excess.get(follows, 0))
        if not excess:
            return logits
        lowered = logits.clone()
        for token, over in excess.items():
            lowered[token] -= self._multiplier * _BASE**over
        return lowered
