"""``generate``: one prompt, answered by itself.

The first sentence is the best of several; to a question it is the answer. Where a list or a text is asked for, or a
budget was given, what follows is shown as long as it goes nowhere a small model gets lost: no circles, no slip into the
language of a place that the prompt names. Where no first sentence is any good (code, a word,
another language), the answer streams as it comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.composition.prompt import Turn
from engine.interaction import live_through, prompt_of, speak
from engine.speech.answering import Asked, go_on_from, openings
from engine.speech.checking import Rules, in_another_language, words_of
from engine.speech.examples import speech_data
from engine.voice import Answer

if TYPE_CHECKING:
    from engine.lifeform import Lifeform
    from engine.voice import Listener

_LEAST = 32
"""Budget in tokens below which it is not worth a choice."""
_USUAL_SENTENCES, _LISTED_SENTENCES = 1, 5
"""Most that it says when it was given no budget: a small model says nothing more of sense after that. A question is
answered in a sentence, where a list or a text is asked for it may be more."""
_ANY = 10_000
_FEWEST = 6
"""Words of a first sentence."""


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
        temperature: Taken instead of the mood's; 0 always takes the likeliest token, so there is nothing to choose.

    Raises:
        PromptTooLong: When ``text`` is longer than fits.
        Interrupted: When it was stopped before a word was shown.
    """
    budget = max_new_tokens or life.config.controls_config.max_new_tokens
    long = max_new_tokens is not None or _asks_for_more(text)
    sentences = _ANY if max_new_tokens else _LISTED_SENTENCES if long else _USUAL_SENTENCES
    rules = Rules(
        sentences=sentences, fewest=_FEWEST, most=_ANY, known=(text,), news=2, english=True, adds=2, paragraphs=long
    )
    chosen = None
    if temperature != 0.0 and budget >= _LEAST and not in_another_language(text):
        brief = str(speech_data()["answer"]["brief"])
        asked = Asked(text, rules, budget, temperature, ways=("{text}",) if long else (brief,))
        found = openings(life, listener, asked)
        if found[0].flaw is None:
            chosen = go_on_from(life, listener, found, asked)
    if chosen is not None:
        answer = Answer(chosen.text, chosen.stats)
    else:
        prompt = prompt_of(life, [Turn("user", text)], max_new_tokens)
        _, answer = speak(life, listener, prompt, max_new_tokens=max_new_tokens, temperature=temperature)
    live_through(life, "generate", text, answer.text, answer.stats)
    return answer


def _asks_for_more(text: str) -> bool:
    """Whether ``text`` asks for a list, or a text of some length."""
    more = {word.strip() for word in speech_data()["answer"]["lists"].split(",")}
    return bool(more & set(words_of(text)))
