"""From the base's tokens to the scaffold's, and the memory of which tokens mattered.

Equal tokenizers need no map. Otherwise both cut the same text, and the map says which stretch of one belongs to which
stretch of the other; nothing is dropped or replaced. The memory is a sparse multiplier per scaffold token that
interactions raise and time takes back to 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from engine.composition.frozen import same_tokenizer

LOWEST, HIGHEST = 0.1, 2.0
_FORGOTTEN = 1e-4
"""A multiplier nearer to 1 than this is 1 again, and not stored."""


@dataclass(frozen=True, slots=True)
class Span:
    """Base tokens ``[base_start, base_end)`` and scaffold tokens ``[start, end)`` that cover the same text."""

    base_start: int
    base_end: int
    start: int
    end: int


class TokenMap:
    """Carries text from the base's tokenizer to the scaffold's.

    Attributes:
        identity: Whether both cut every text alike, so that ids can be handed over as they are.
    """

    def __init__(self, base_tokenizer: Any, scaffold_tokenizer: Any) -> None:
        self._base, self._scaffold = base_tokenizer, scaffold_tokenizer
        self.identity = same_tokenizer(base_tokenizer, scaffold_tokenizer)

    def scaffold_ids(self, base_ids: Sequence[int]) -> list[int]:
        """The scaffold's ids of the text that the base cut into ``base_ids``.

        Only what is a control token to the base may become one of the scaffold's.
        """
        if self.identity:
            return list(base_ids)
        control = set(self._base.all_special_ids)
        ids: list[int] = []
        for is_control, run in groupby(base_ids, control.__contains__):
            text = self._base.decode(list(run), skip_special_tokens=False, clean_up_tokenization_spaces=False)
            ids += self._scaffold(text, add_special_tokens=False, split_special_tokens=not is_control)["input_ids"]
        return ids

    def align(self, text: str) -> list[Span]:
        """The finest stretches of ``text`` at whose ends both tokenizers cut, in order, covering every token of both.

        Both tokenizers must report offsets (all fast tokenizers do).
        """
        base, own = (
            _cuts(tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"])
            for tokenizer in (self._base, self._scaffold)
        )
        spans: list[Span] = []
        i0 = j0 = 0
        for character in sorted(base.keys() & own.keys()):
            i, j = base[character], own[character]
            spans.append(Span(i0, i, j0, j))
            i0, j0 = i, j
        return spans


def _cuts(offsets: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Characters behind which a token ends, each with the number of tokens up to there.

    A character whose bytes are shared by several tokens ends with the last of them; the last token always ends at the
    end of the text.
    """
    cuts: dict[int, int] = {}
    for index, (_, end) in enumerate(offsets):
        following = offsets[index + 1][0] if index + 1 < len(offsets) else end
        if following >= end:
            cuts[end] = index + 1
    return cuts


@dataclass(slots=True)
class TokenMemory:
    """Multipliers m in [0.1, 2] per scaffold token, 1 where nothing is stored.

    One call of :meth:`interaction` is one step of time: everything decays toward 1 by ``m ← 1 + rate·(m − 1)``, then
    the prompt's tokens move by ``+0.1·c·(1 − m/2)``. Decay is applied when a token is next looked at.
    """

    step: int = 0
    _stored: dict[int, tuple[float, int]] = field(default_factory=dict)
    """Token id to (multiplier, the step it is from)."""

    def interaction(self, ids: Sequence[int], confidence: float, rate: float) -> None:
        """Let one interaction pass.

        Args:
            ids: The prompt's scaffold tokens; repeated ones move once.
            confidence: c in [0, 1] of the answer.
            rate: ``memory_decay_rate`` in [0, 1].
        """
        self.step += 1
        for token in set(ids):
            m = self.multiplier(token, rate)
            moved = min(HIGHEST, max(LOWEST, m + 0.1 * confidence * (1.0 - m / 2.0)))
            self._stored[token] = (moved, self.step)

    def settle(self, rate: float) -> None:
        """Apply all decay that is due, and drop what came back to 1. For before ``rate`` changes, and for saving."""
        settled = {token: self.multiplier(token, rate) for token in self._stored}
        self._stored = {token: (m, self.step) for token, m in settled.items() if abs(m - 1.0) > _FORGOTTEN}

    def multiplier(self, token: int, rate: float) -> float:
        """m of one token, now."""
        stored = self._stored.get(token)
        if stored is None:
            return 1.0
        m, since = stored
        return 1.0 + rate ** (self.step - since) * (m - 1.0)

    def multipliers(self, ids: Sequence[int], rate: float) -> list[float] | None:
        """m of each token, or None when all of them are 1."""
        if not any(token in self._stored for token in ids):
            return None
        values = [self.multiplier(token, rate) for token in ids]
        return values if any(abs(m - 1.0) > _FORGOTTEN for m in values) else None

    def __len__(self) -> int:
        return len(self._stored)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: ``step`` and ``tokens``, each ``[id, multiplier, step it is from]``."""
        return {"step": self.step, "tokens": [[token, m, since] for token, (m, since) in self._stored.items()]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TokenMemory:
        """The inverse of :meth:`to_dict`.

        Raises:
            ValueError: For multipliers out of [0.1, 2], steps from the future, or another structure.
        """
        try:
            step = int(data["step"])
            stored = {int(token): (float(m), int(since)) for token, m, since in data["tokens"]}
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"this is no token map memory: {error}") from error
        for token, (m, since) in stored.items():
            if not LOWEST <= m <= HIGHEST or not 0 <= since <= step:
                raise ValueError(
                    f"token {token} has multiplier {m} from step {since}; {LOWEST} to {HIGHEST} is possible"
                )
        return cls(step, stored)
