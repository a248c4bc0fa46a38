"""``generate``: one prompt, answered by itself.

What it asks for decides how: a question is answered in a sentence that is begun for it, a list, a poem, a story or a
letter is begun as such a text begins, behind examples of its kind, and the beginning of a story is gone on with. The
first sentence is the best of several; what follows is shown as long as it goes nowhere a small model gets lost: no
circles, no slip into the language of a place that the prompt names. Where no first sentence is any good (code, a word,
another language), the answer streams as it comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.composition.prompt import Turn
from engine.interaction import live_through, prompt_of, speak
from engine.speech.answering import Asked, go_on_from, openings
from engine.speech.checking import Rules, in_another_language
from engine.speech.leads import likeliest
from engine.speech.writing import Kind, kind_of
from engine.voice import Answer

if TYPE_CHECKING:
    from engine.lifeform import Lifeform
    from engine.voice import Listener

_LEAST = 32
"""Budget in tokens below which it is not worth a choice."""
_USUAL_SENTENCES = 1
"""Most that it says to a question when it was given no budget: a small model says nothing more of sense after that."""
_ANY = 10_000
_FEWEST, _FEWEST_IN = 5, {"list": 1, "poem": 3}
"""Words of a first sentence, of the first entry of a list, and of the first line of a poem."""


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
    kind = kind_of(text)
    chosen = None
    if temperature != 0.0 and budget >= _LEAST and not in_another_language(text):
        lead = likeliest(life.composed.base, text) if kind is None else kind.lead
        asked = _asked(text, lead, kind, budget, temperature, told_to_be_long=max_new_tokens is not None)
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


def _asked(
    text: str, lead: str, kind: Kind | None, budget: int, temperature: float | None, *, told_to_be_long: bool
) -> Asked:
    sentences = _ANY if told_to_be_long else kind.sentences if kind is not None else _USUAL_SENTENCES
    name = kind.name if kind is not None else ""
    rules = Rules(
        sentences=sentences,
        fewest=_FEWEST_IN.get(name, _FEWEST),
        most=_ANY,
        known=(text,),
        news=0 if name == "poem" else 1 if name == "list" else 2,
        english=True,
        adds=1 if name == "poem" else 2,
        finished=name != "poem",
        paragraphs=told_to_be_long or name in ("list", "poem"),
    )
    if kind is None:
        return Asked(text, rules, budget, temperature, lead, brief=not told_to_be_long)
    return Asked(text, rules, budget, temperature, lead, shown=kind.shown, begun=name == "beginning")
