"""Prompts for the speech commands: a few examples and then the matter at hand, or a question in the chat's own form.

The examples are data (``data/speech.toml``). A prompt may begin the answer, too: a small model that finds ``I wonder
why`` written already goes on wondering.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.composition.prompt import Prompt, PromptTooLong, Turn
from engine.interaction import prompt_of, room_for_prompt
from engine.speech.examples import Examples
from engine.speech.topics import content_words

if TYPE_CHECKING:
    from engine.lifeform import Lifeform


def after_examples(life: Lifeform, examples: Examples, thing: str, lead: str, tokens: int) -> Prompt:
    """The examples, then ``thing`` and the beginning of what is said of it; examples that do not fit are left out.

    Raises:
        PromptTooLong: When ``thing`` alone does not fit.
    """
    tokenizer = life.composed.base.tokenizer
    limit = room_for_prompt(life, tokens)

    def ids_of(text: str) -> list[int]:
        # Nothing in here is a control token, whatever a person typed.
        return list(tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"])

    last = examples.written(thing, lead).rstrip()
    for start in range(len(examples.pairs) + 1):
        shown = [examples.written(*pair) for pair in examples.pairs[start:]]
        before = (f"{examples.head}\n\n" if examples.head else "") + "".join(f"{one}\n" for one in shown)
        ids = ids_of(before + last)
        if len(ids) <= limit:
            question = _common(ids_of(before), ids)
            return Prompt(ids, before + last, 0, question, question)
    raise PromptTooLong(f"this text is too long to speak about: {len(ids_of(last)):,} tokens; at most {limit:,} fit")


def words_shown(examples: Examples, thing: str) -> frozenset[str]:
    """The words of the examples that ``thing`` has not: they would be theirs where it is spoken of."""
    shown = {word for pair in examples.pairs for one in pair for word in content_words(one)}
    return frozenset(shown - set(content_words(thing)))


def in_chat(life: Lifeform, turns: Sequence[Turn], lead: str, tokens: int) -> Prompt:
    """The turns in the chat's own form, and the beginning of the answer.

    Raises:
        PromptTooLong: When the newest turn does not fit.
    """
    prompt = prompt_of(life, turns, tokens)
    if not lead:
        return prompt
    more = life.composed.base.tokenizer(lead, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    return replace(prompt, ids=[*prompt.ids, *more], text=prompt.text + lead)


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """Length of the common beginning, the last token of ``other`` left out."""
    pairs = zip(one, other[:-1], strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), max(0, len(other) - 1)))
