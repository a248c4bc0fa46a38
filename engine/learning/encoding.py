"""A row as the models read it: token ids of prompt and answer, cut to length where it must be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.composition.prompt import PromptTooLong, Turn, build_prompt
from engine.learning.dataset import Row

_LEAST_PROMPT = 2
"""Tokens of a prompt that must stay behind the preamble: one to read, and one from which the answer begins."""
_LEAST_TURN = 6
"""Tokens of an exchange: no template says less around what was said."""
_ANYTHING = 2**31
CHARACTERS_PER_TOKEN = 16
"""Texts are cut to so many characters for each token that fits before they are cut into tokens: more than any needs."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A row in token ids.

    Attributes:
        prompt: What stands behind the preamble, up to where the answer begins.
        answer: The answer and the end token.
        cut: Whether the prompt lost its beginning.
    """

    prompt: tuple[int, ...]
    answer: tuple[int, ...]
    cut: bool = False


class Encoder:
    """Encodes rows for one base, as chat would have put them.

    Attributes:
        preamble: Token ids that begin every prompt.
        longest: Most tokens of a row, its preamble and answer included.
        end: The token that ends an answer, if there is one.
    """

    def __init__(self, tokenizer: Any, end_ids: frozenset[int], system: str, longest: int) -> None:
        """Args:
        tokenizer: The base's.
        end_ids: Token ids that end an answer.
        system: ``system_prompt``.
        longest: Most tokens of a row, its preamble and answer included.
        """
        self._tokenizer, self._system, self.longest = tokenizer, system, longest
        # In the plain template for models without one of their own, the answer stands behind a colon and a blank.
        self._before_answer = "" if tokenizer.chat_template else " "
        eos = tokenizer.eos_token_id
        end = eos if eos in end_ids else min(end_ids, default=None)
        self.end: tuple[int, ...] = () if end is None else (end,)
        prompt = build_prompt(tokenizer, [Turn("user", "a")], limit=_ANYTHING, system=system)
        self.preamble = tuple(prompt.ids[: prompt.preamble])

    def encode(self, row: Row) -> Encoded | None:
        """``row`` in token ids; None when its answer leaves no room for a prompt."""
        text = self._before_answer + row.answer
        ids = self._tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
        answer = (*ids, *self.end)
        room = self.longest - len(answer)
        if room < len(self.preamble) + _LEAST_PROMPT:
            return None
        prompt, cut = self._prompt(row.turns, room)
        return Encoded(prompt, answer, cut)

    def question(self, text: str) -> tuple[int, ...]:
        """Token ids behind the preamble of a prompt that stands alone, cut to length."""
        return self._prompt([Turn("user", text)], self.longest)[0]

    def _prompt(self, turns: Sequence[Turn], room: int) -> tuple[tuple[int, ...], bool]:
        # No more turns than could ever fit, so that finding those that do takes no time; the first is the user's.
        turns = turns[-(room // _LEAST_TURN * 2 + 1) :]
        try:
            prompt = build_prompt(self._tokenizer, turns, limit=room, system=self._system)
            ids, cut = prompt.ids, prompt.dropped > 0
        except PromptTooLong:
            ids = build_prompt(self._tokenizer, turns[-1:], limit=_ANYTHING, system=self._system).ids
            cut = True
        start = len(self.preamble)
        # A template may begin otherwise for some text; then what is left of it stands for the usual beginning.
        return tuple(ids[max(start, len(ids) - room + start) :]), cut
