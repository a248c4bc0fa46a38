"""What of a conversation the base reads before it answers.

A large model reads everything that was said. A small one catches its own manner: what it said badly it says again, and
after ten turns it says little else. So it is shown how one talks (a few exchanges of ours, the in-context alignment of
Lin et al., "The Unlocking Spell on Base LLMs", 2024), then the exchanges that answer what is asked now, and the last
one. The rest stays in the conversation and in the journal, and is learned in sleep.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Sequence
from functools import cache
from typing import TYPE_CHECKING

from engine.composition.prompt import Turn
from engine.resources import resource

if TYPE_CHECKING:
    from engine.lifeform import Lifeform

_NARROW = 1024
"""Hidden width under which a base counts as small; up to here it is nearly always under half a billion parameters."""
_SMALL_SEES = 1
"""Exchanges that a small base is shown of the conversation, besides those that answer the question."""
_ANSWERING = 2
"""Earlier exchanges that are shown because they answer what is asked."""
_REMEMBERED = 200
"""Turns of a conversation that are kept, besides the newest, where not all are shown."""
_ALIKE = 2
"""Sentences that begin alike in an answer after examples: the second one says nothing new."""
_ASKS_FOR = re.compile(
    r"(?:^|[.!?,] )(?:and |so |but |oh )?(?:how|what|what's|why|who|who's|where|when|which|whose)\b[^.!?]*\?\W*$", re.I
)
"""A last sentence that asks for something."""
_SENTENCE = 300
"""Characters at the end of a message in which that is looked for."""
_NEITHER_NOR = ("No", "Yes", "no", "yes", "NO", "YES", "Nope", "Yep", "Yeah")
CHOOSE = -1
"""As a setting: the lifeform chooses, by the size of its base."""


@cache
def all_examples() -> tuple[Turn, ...]:
    """Our own examples of how one talks, user and assistant in turn: ``data/small_talk.toml``."""
    data = tomllib.loads(resource("data/small_talk.toml").read_text(encoding="utf-8"))
    return tuple(turn for said, answer in data["exchanges"] for turn in (Turn("user", said), Turn("assistant", answer)))


def examples(life: Lifeform) -> Sequence[Turn]:
    """The examples that are shown before a conversation."""
    wanted = life.config.controls_config.example_exchanges
    if wanted == CHOOSE:
        wanted = len(all_examples()) if _is_small(life) else 0
    return all_examples()[: 2 * wanted]


def alike(examples: Sequence[Turn]) -> int:
    """How many sentences of an answer that begin alike are one too many; 0 where no brief examples are followed."""
    return _ALIKE if examples else 0


def beside_the_point(life: Lifeform, text: str, examples: Sequence[Turn]) -> frozenset[int]:
    """Tokens with which no answer to ``text`` begins, where brief ``examples`` are followed.

    Whoever asks how, what or why is not answered by yes or no, but a small model that goes on like a chat says so.
    """
    if not examples or not _ASKS_FOR.search(text[-_SENTENCE:]):
        return frozenset()
    tokenizer = life.composed.base.tokenizer
    begun = (
        tokenizer(before + word, add_special_tokens=False)["input_ids"] for word in _NEITHER_NOR for before in ("", " ")
    )
    return frozenset(ids[0] for ids in begun if len(ids) == 1)


def shown(life: Lifeform, turns: Sequence[Turn], answering: Sequence[int] = ()) -> list[Turn]:
    """The turns that the base reads of ``turns``, the newest last: all of them, or the exchanges that matter now.

    Args:
        life: Whose base reads.
        turns: The conversation; the last one is to be answered.
        answering: See :meth:`engine.conversation.Conversation.answering`.
    """
    wanted = life.config.controls_config.history_exchanges
    if wanted == CHOOSE:
        if not _is_small(life):
            return list(turns)
        wanted = _SMALL_SEES
    last = max(0, len(turns) - 1 - 2 * wanted)
    if not last:
        return list(turns)
    earlier = [at for at in answering if at < last]
    return [*(turn for at in earlier[-_ANSWERING:] for turn in turns[at : at + 2]), *turns[last:]]


def told_meanwhile(life: Lifeform, messages: Collection[str]) -> bool:
    """Whether one of ``messages`` of the running conversation was said after the last sleep; none before the first."""
    if not messages or not life.composed.learned:
        return False
    spoken = life.journal.conversation(life.conversation.id, len(life.conversation.turns))
    return any(one.slept_at is None and one.prompt in messages for one in spoken)


def kept(turns: Sequence[Turn], read: Sequence[Turn], dropped: int) -> list[Turn]:
    """The turns that stay in the conversation: what no longer fits before the base's eyes leaves it.

    Args:
        turns: The conversation.
        read: What :func:`shown` made of it.
        dropped: How many of ``read`` did not fit.
    """
    return list(turns[dropped:] if len(read) == len(turns) else turns[-_REMEMBERED - 1 :])


def _is_small(life: Lifeform) -> bool:
    return int(life.composed.base.model.get_input_embeddings().embedding_dim) < _NARROW
