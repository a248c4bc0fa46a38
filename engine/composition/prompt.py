"""A conversation as the base reads it: its chat template, cut from the oldest turn to what fits.

What a person typed is never taken for a control token: a message that spells ``<|im_end|>`` is read as those
characters.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

_PLAIN_TEMPLATE = (
    "{% for m in messages %}{{ {'user': 'User', 'assistant': 'Assistant', 'system': 'System'}[m['role']] }}: "
    "{{ m['content'] }}\n{% endfor %}{% if add_generation_prompt %}Assistant:{% endif %}"
)
"""For models without a chat template of their own."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """A conversation, ready to be read.

    Attributes:
        ids: Token ids of the base.
        text: The same as text, for a scaffold with another tokenizer.
        dropped: Turns left out from the oldest on, because they did not fit.
        preamble: How many of ``ids`` come before anything that was said: the system message and the template's
            beginning. They are the same in every prompt.
        question: Index of the token at which the newest message begins: the scaffold has a part in what follows.
        own: What the model itself says in it, examples included, oldest first.
        meant: Ids of the newest message as what was learned is recalled from it, where that is not as it was typed.
    """

    ids: list[int]
    text: str
    dropped: int = 0
    preamble: int = 0
    question: int = 0
    own: tuple[str, ...] = ()
    meant: tuple[int, ...] = ()

    @property
    def apart(self) -> tuple[list[int], list[int]]:
        """Ids of the preamble and of the newest message: together, a fresh conversation that begins with it."""
        if self.meant:
            return self.ids[: self.preamble], list(self.meant)
        start = max(self.preamble, min(self.question, len(self.ids) - 2))
        return self.ids[: self.preamble], self.ids[start:]


class PromptTooLong(ValueError):
    """The newest message alone does not fit; its text is one clear line."""


def build_prompt(
    tokenizer: Any, turns: Sequence[Turn], *, limit: int, system: str = "", examples: Sequence[Turn] = ()
) -> Prompt:
    """Render ``turns`` with room for an answer; what does not fit into ``limit`` tokens is left out.

    The examples leave first, all of them, and then the oldest exchanges.

    Args:
        tokenizer: The base's.
        turns: User and assistant in turn, the newest last and from the user.
        limit: Most tokens of prompt.
        system: A system message; empty leaves the template's own.
        examples: User and assistant in turn, as if they had been said before: how one talks.

    Raises:
        PromptTooLong: When the newest message alone is longer than ``limit``.
    """
    head = [Turn("system", system)] if system else []
    ways = [(examples, 0)] if examples else []
    for before, dropped in (*ways, *(((), dropped) for dropped in range(0, len(turns), 2))):
        kept = [*before, *turns[dropped:]]
        text, ids = _render(tokenizer, [*head, *kept])
        if len(ids) <= limit:
            preamble = _beginning(tokenizer, head, kept[:1], ids)
            question = _beginning(tokenizer, [*head, *kept[:-1]], kept[-1:], ids) if len(kept) > 1 else preamble
            own = tuple(turn.text for turn in kept if turn.role == "assistant")
            return Prompt(ids, text, dropped, preamble, question, own)
    raise PromptTooLong(
        f"this message is {len(ids):,} tokens long; at most {limit:,} fit (context_length less room for the answer)"
    )


def _beginning(tokenizer: Any, before: Sequence[Turn], turn: Sequence[Turn], ids: Sequence[int]) -> int:
    """How many of ``ids`` come before the text of ``turn``: as many as do when another text stands in its place."""
    other = "b" if turn[0].text.strip().startswith("a") else "a"
    _, replaced = _render(tokenizer, [*before, Turn("user", other)])
    return next(i for i, (a, b) in enumerate(zip(ids, [*replaced, -1], strict=False)) if a != b)


def _render(tokenizer: Any, turns: Sequence[Turn]) -> tuple[str, list[int]]:
    """Text and ids of a conversation. Template and messages are cut into tokens apart where a message needs it."""
    template = tokenizer.chat_template or _PLAIN_TEMPLATE
    contents = [turn.text.strip() for turn in turns]

    def fill(texts: Sequence[str]) -> str:
        messages = [{"role": turn.role, "content": text} for turn, text in zip(turns, texts, strict=True)]
        rendered: str = tokenizer.apply_chat_template(
            messages, chat_template=template, add_generation_prompt=True, tokenize=False
        )
        return rendered

    text = fill(contents)
    specials = [token for token in tokenizer.all_special_tokens if token]
    if not any(special in content for content in contents for special in specials):
        return text, list(tokenizer(text, add_special_tokens=False)["input_ids"])

    mark = secrets.token_hex(8)
    marked = fill([f"{mark}{index}{mark}" for index in range(len(contents))])
    ids: list[int] = []
    pieces: list[str] = []
    for index, content in enumerate(contents):
        before, marked = marked.split(f"{mark}{index}{mark}", 1)
        ids += tokenizer(before, add_special_tokens=False)["input_ids"]
        ids += tokenizer(content, add_special_tokens=False, split_special_tokens=True)["input_ids"]
        pieces += [before, content]
    ids += tokenizer(marked, add_special_tokens=False)["input_ids"]
    return "".join([*pieces, marked]), ids
