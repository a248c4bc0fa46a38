"""``generate``: one prompt, answered by itself; an answer that begins in another language is not shown, but begun anew.

A small model slips into the language of a place or a dish that the prompt names. The first words are held back until
their language can be told; from then on the answer streams.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.api import Event, TextChunk
from engine.composition.prompt import Turn
from engine.interaction import live_through, prompt_of, speak
from engine.speech.checking import in_another_language, words_of
from engine.voice import Answer

if TYPE_CHECKING:
    from engine.lifeform import Lifeform
    from engine.voice import Listener

_TRIES = 3
_HELD_WORDS = 10
"""Words by which the language is told."""


def generate(
    life: Lifeform,
    listener: Listener,
    text: str,
    max_new_tokens: int | None = None,
    temperature: float | None = None,
) -> Answer:
    """Answer ``text`` outside the conversation.

    Args:
        life: Who answers.
        listener: Takes the text as it comes.
        text: The prompt.
        max_new_tokens: The budget; ``max_new_tokens`` of the configuration by default.
        temperature: Taken instead of the mood's; 0 always takes the likeliest token, so it is tried once.

    Raises:
        PromptTooLong: When ``text`` is longer than fits.
    """
    prompt = prompt_of(life, [Turn("user", text)], max_new_tokens)
    tries = 1 if in_another_language(text) or temperature == 0.0 else _TRIES
    for left in reversed(range(tries)):
        beginning = _Beginning(listener, choosy=left > 0)
        spoken, answer = speak(life, beginning, prompt, max_new_tokens=max_new_tokens, temperature=temperature)
        beginning.end()
        if not beginning.foreign:
            break
    live_through(life, "generate", text, spoken.text, answer.stats)
    return answer


class _Beginning:
    """Listens in the listener's place: holds the first words back, and gives up what begins in another language."""

    def __init__(self, listener: Listener, *, choosy: bool) -> None:
        self.id = listener.id
        self.foreign = False
        self._listener = listener
        self._holding = choosy
        self._held: list[TextChunk] = []

    def emit(self, event: Event) -> None:
        """Hand an event on, the first words when their language is known."""
        if not self._holding or not isinstance(event, TextChunk):
            self._listener.emit(event)
            return
        self._held.append(event)
        # The last word may go on in the next piece.
        if len(words_of(self._text)) > _HELD_WORDS:
            self._decide()

    def cancelled(self) -> bool:
        """Whether to stop: the user wants it, or the answer is given up."""
        return self.foreign or self._listener.cancelled()

    def end(self) -> None:
        """No more text will come."""
        if self._holding and not self.foreign:
            self._decide()

    @property
    def _text(self) -> str:
        return "".join(chunk.text for chunk in self._held)

    def _decide(self) -> None:
        self.foreign = in_another_language(self._text) and not self._listener.cancelled()
        if not self.foreign:
            self._holding = False
            for chunk in self._held:
                self._listener.emit(chunk)
