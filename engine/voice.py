"""One answer, from the prompt to its figures: the composition listens, the decoder speaks, somebody hears it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from engine.api import AnswerStats, Event, TextChunk

if TYPE_CHECKING:
    import torch

    from engine.composition.bridge import Influence
    from engine.composition.composition import Composition
    from engine.composition.decoder import Sampling, Spoken
    from engine.composition.prompt import Prompt


class Listener(Protocol):
    """Who asked for an answer: takes its text as it comes, and may lose patience."""

    id: int

    def emit(self, event: Event) -> None:
        """Take an event."""

    def cancelled(self) -> bool:
        """Whether to stop."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer, and its figures."""

    text: str
    stats: AnswerStats


def speak_to(
    listener: Listener,
    composition: Composition,
    prompt: Prompt,
    influence: Influence,
    sampling: Sampling,
    *,
    memory_rate: float | None,
    chance: torch.Generator,
    tracked: bool,
) -> tuple[Spoken, Answer]:
    """Answer a prompt, streaming to ``listener``, who may stop it at any layer of the prompt and at any token.

    Args:
        listener: Takes the text.
        composition: What computes.
        prompt: What is answered.
        influence: How loudly the scaffold may speak.
        sampling: How tokens are chosen.
        memory_rate: ``memory_decay_rate`` where the token map's memory takes part; else None.
        chance: Where chance comes from.
        tracked: Whether confidence is computed.
    """
    from engine.composition.composition import Cancelled
    from engine.composition.decoder import Spoken, speak

    started = time.perf_counter()
    spoken = Spoken(stop_reason="stopped")
    utterance = None
    base = composition.base
    try:
        utterance = composition.listen(prompt, influence, memory_rate=memory_rate, cancelled=listener.cancelled)
        for piece in speak(
            utterance,
            prompt.ids[-1],
            base.tokenizer,
            base.end_ids,
            sampling,
            chance,
            listener.cancelled,
            started,
            in_view=prompt.ids,
            own=prompt.own,
        ):
            if isinstance(piece, Spoken):
                spoken = piece
            else:
                listener.emit(TextChunk(listener.id, piece.text, piece.tokens))
    except Cancelled:
        pass  # stopped while it was still reading: nothing was said
    stats = AnswerStats(
        tokens=len(spoken.ids),
        seconds=time.perf_counter() - started,
        first_token_seconds=spoken.first_token_seconds,
        tokens_per_second=spoken.tokens_per_second,
        prompt_tokens=len(prompt.ids),
        cached_tokens=utterance.cached_tokens if utterance else 0,
        confidence=spoken.confidence if tracked else None,
        weight=utterance.weight if utterance else 0.0,
        recognition=utterance.recognition if utterance else None,
        stop_reason=spoken.stop_reason,
    )
    return spoken, Answer(spoken.text, stats)
