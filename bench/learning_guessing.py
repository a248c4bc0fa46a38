"""What an answer will probably be: worked out for many questions at once, so that each can be checked in one pass.

Decoding one token after another reads all weights for each of them, and asking hundreds of questions that way takes
longer than learning did. A guess changes nothing about an answer (Leviathan et al., 2023): the model reads the guessed
tokens in one pass, every token is still the likeliest one by its own logits, and the first that is not what was
guessed ends the guess.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

    from engine.composition.bridge import Influence
    from engine.composition.composition import Composition, Utterance
    from engine.composition.prompt import Prompt
    from engine.learning.learner import Learner
    from engine.lifeform import Lifeform

MakeLearner = Callable[["Composition", "Influence", Sequence[int]], "Learner"]
"""As :func:`engine.learning.learners.learner_for`."""


@dataclass(frozen=True, slots=True)
class Guess:
    """Tokens that an answer may consist of, and whether the gate would probably open for its question."""

    ids: tuple[int, ...] = ()
    opens: bool = False


def guesses(
    life: Lifeform, prompts: Sequence[Prompt], tokens: int, *, influence: bool, learner: MakeLearner | None = None
) -> list[Guess]:
    """Guess the greedy answers to ``prompts`` with the gate open, in batches and half precision.

    Args:
        life: Who is to answer. Nothing about it is changed.
        prompts: Conversations of one message, all with the same preamble.
        tokens: Most tokens of each answer.
        influence: Whether the scaffold is heard; without it the bare base is guessed.
        learner: Makes the learner that this life sleeps with, where that is another than usual.

    Returns:
        A guess for each prompt; empty ones where this composition cannot answer in batches.
    """
    from engine.learning.learners import learner_for

    composition = life.composed
    if not prompts or not composition.can_learn or (influence and not composition.learned):
        return [Guess()] * len(prompts)
    first, threshold = prompts[0], life.config.core_config.gate_threshold
    preamble = first.ids[: first.preamble]
    batched = (learner or learner_for)(composition, life.influence(), preamble)
    replies = batched.answers([p.ids[p.preamble :] for p in prompts], tokens, lambda: None, influence=influence)
    end = min(composition.base.end_ids, default=0)
    return [
        Guess((*reply.ids, *([end] if len(reply.ids) < tokens else [])), reply.recognition >= threshold)
        for reply in replies
    ]


class Checked:
    """An utterance that is shown a guess, and gives its logits token by token like any other."""

    def __init__(self, utterance: Utterance, guess: Sequence[int]) -> None:
        self._utterance, self._guess = utterance, list(guess)
        self._ahead: torch.Tensor | None = None
        self._shown = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._utterance, name)

    def logits(self, token: int) -> torch.Tensor:
        """As :meth:`Utterance.logits`."""
        place, self._shown = self._shown, self._shown + 1
        if place == 0 and self._guess:
            self._ahead = self._utterance.read([token, *self._guess[:-1]])
        if self._ahead is not None:
            if place < len(self._guess) and (place == 0 or token == self._guess[place - 1]):
                return self._ahead[place]
            self._ahead = None
            self._utterance.keep(place)
        return self._utterance.logits(token)
