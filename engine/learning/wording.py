"""Prompts and answers as tokens, in the form in which a night asks, trains and is asked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import torch

from engine.composition.frozen import FrozenModel
from engine.composition.prompt import Prompt, PromptTooLong, Turn, build_prompt

_STRESS = 4.0
"""How much more a token of the value, and the one that ends it, counts than the words around it."""


class Wording:
    """Puts conversations in the base's token ids."""

    def __init__(self, base: FrozenModel, system: str) -> None:
        """``system`` is what every conversation begins with."""
        self._base, self._system = base, system

    @property
    def preamble(self) -> list[int]:
        """Token ids that begin every prompt."""
        prompt = self.prompt("Hello")
        return prompt.ids[: prompt.preamble]

    @property
    def end(self) -> int:
        """The token that ends an answer."""
        own = self._base.tokenizer.eos_token_id
        return int(own) if own in self._base.end_ids else min(self._base.end_ids)

    def prompt(self, text: str) -> Prompt:
        """A fresh conversation that asks ``text``."""
        return self._built([Turn("user", text)])

    def ids(self, text: str) -> list[int]:
        """Token ids of a fresh conversation that asks ``text``, behind the preamble."""
        prompt = self.prompt(text)
        return prompt.ids[prompt.preamble :]

    def tokens(self, text: str) -> list[int]:
        """Token ids of ``text`` by itself."""
        return list(self._base.tokenizer(text, add_special_tokens=False)["input_ids"])

    def fits(self, text: str, room: int) -> bool:
        """Whether a fresh conversation that asks ``text`` leaves room for ``room`` tokens of an answer."""
        limit = self._base.context_limit - room
        if self._frame + len(text.encode(errors="replace")) <= limit:
            return True  # no token is less than a byte
        try:
            return len(self.prompt(text).ids) <= limit
        except PromptTooLong:
            return False

    @cached_property
    def _frame(self) -> int:
        """Tokens of a conversation that asks next to nothing."""
        return len(self.prompt("a").ids)

    def after(self, turns: Sequence[tuple[str, str]], text: str) -> list[int]:
        """Token ids, preamble included, of a conversation that asks ``text`` after pairs of question and answer."""
        said = [turn for user, assistant in turns for turn in (Turn("user", user), Turn("assistant", assistant))]
        return self._built([*said, Turn("user", text)]).ids

    def answer(self, text: str, value: str) -> tuple[list[int], torch.Tensor]:
        """An answer as tokens with its end, and how much each counts ``[A]``: ``value`` is what must not be missed."""
        encoded = self._base.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        start = text.casefold().rfind(value.casefold())
        span = range(start, start + len(value)) if start >= 0 else range(0)
        weights = [
            _STRESS if span and first <= span.stop and last > span.start else 1.0
            for first, last in encoded["offset_mapping"]
        ]
        return [*encoded["input_ids"], self.end], torch.tensor([*weights, 1.0])

    def _built(self, turns: list[Turn]) -> Prompt:
        return build_prompt(self._base.tokenizer, turns, limit=self._base.context_limit, system=self._system)
