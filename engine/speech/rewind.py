"""``rewind``: something the user said before, what it said then, and what it says now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.api import Output, Passage
from engine.composition.prompt import PromptTooLong
from engine.interaction import live_through
from engine.learning.verb_forms import reading
from engine.memory.record import Interaction
from engine.speech import NothingToSay
from engine.speech.answering import Asked, answer
from engine.speech.checking import Rules, first_sentence_end, in_english, words_of
from engine.speech.leads import leads, likeliest
from engine.speech.naming import in_a_sentence
from engine.speech.recent import recent
from engine.speech.topics import topics, well_named
from engine.speech.writing import kind_of
from engine.voice import Answer

if TYPE_CHECKING:
    from engine.lifeform import Lifeform
    from engine.voice import Listener

MOST_STEPS = 500
_EARLIER = 2
"""Things said before it that are read again, so that ``and why?`` means what it meant."""
_TOKENS = 60
_MOST_WORDS = 35
_TEMPERATURE = 0.5
_SYMPATHY = "It must be"
"""How it begins where nothing was asked: it would rather tell the same of itself."""
_FEWEST_TOLD = 4
"""Words of something that is told."""
_THE_USER = frozenset({"i", "i'm", "i'd", "i'll", "me", "my", "we", "we're", "us", "our"})
"""Words that would make the user's affair its own."""
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_SHOWN = 400


def rewind(life: Lifeform, listener: Listener, steps: int) -> Answer:
    """Answer the ``steps``-th last thing that the user said anew, beside the answer of then.

    Raises:
        NothingToSay: When not so much was said yet.
        Interrupted: When it was stopped before a sentence was there.
    """
    said = recent(life, MOST_STEPS)
    if not said:
        raise NothingToSay("There is nothing to go back to yet; say something first.")
    if not 1 <= steps <= len(said):
        raise NothingToSay(f"rewind goes back 1 to {len(said)} steps here, not {steps}.")
    then = said[-steps]
    note = "confidence N/A" if then.confidence_score is None else f"confidence {then.confidence_score:.2f}"
    listener.emit(Passage(listener.id, "then", "", _told(life, then, steps), note=note))
    listener.emit(Passage(listener.id, "now", "Now I think: "))
    asks = then.prompt.rstrip().endswith("?")
    rules = Rules(
        fewest=5,
        most=_MOST_WORDS,
        known=(then.prompt,),
        news=2,
        never=frozenset() if asks else _THE_USER,
        english=in_english(then.prompt),
    )
    try:
        told = _with_what_came_before(life, then)
        tells = not asks and _tells(then.prompt)
        lead = _SYMPATHY if tells else likeliest(life.composed.base, then.prompt)
        asked = Asked(told, rules, _TOKENS, _TEMPERATURE, lead, brief=asks)
        said_now = answer(life, listener, asked)
    except PromptTooLong as error:
        raise NothingToSay(f"what was said then no longer fits into context_length: {error}") from error
    figures = {"rewind": steps, "of": then.id, "confidence_then": then.confidence_score}
    live_through(life, "rewind", then.prompt, said_now.text, said_now.stats, learn=False, extra=figures)
    listener.emit(Output(listener.id, _change(then.confidence_score, said_now.stats.confidence)))
    return Answer(said_now.text, said_now.stats)


def _tells(prompt: str) -> bool:
    """Whether ``prompt`` tells something, in English, and does not merely greet or ask for something."""
    words = words_of(prompt)
    kind = kind_of(prompt)
    written = kind is not None and kind.name != "beginning"  # what is told may lack its full stop
    asks_for = written or leads(prompt) or reading(words[0] if words else "", "base")
    return len(words) >= _FEWEST_TOLD and in_english(prompt) and not asks_for


def _change(then: float | None, now: float | None) -> str:
    """How sure it is now, beside how sure it was."""
    if now is None or then is None:
        return "Confidence: N/A"
    return f"Confidence: {then:.2f} then, {now:.2f} now ({now - then:+.2f})"


def _with_what_came_before(life: Lifeform, then: Interaction) -> str:
    """What was said then, behind what the user had said before it in that conversation.

    Its own answers are not read again: a bad one would only bring forth the next.
    """
    if then.command != "chat":
        return then.prompt
    earlier = [one for one in life.journal.conversation(then.conversation_id) if one.command == "chat"]
    before = [one.prompt for one in earlier if one.id < then.id][-_EARLIER:]
    return " ".join([*(" ".join(text.split())[:_SHOWN] for text in before), then.prompt])


def _told(life: Lifeform, then: Interaction, steps: int) -> str:
    number = _NUMBERS[steps].capitalize() if steps < len(_NUMBERS) else str(steps)
    about = sorted(topics(then.prompt), key=well_named, reverse=True)
    verb = "asked about" if then.prompt.rstrip().endswith("?") else "spoke of"
    what = in_a_sentence(life.composed.base, about[0]) if about else f"'{_cut(then.prompt)}'"
    answered = f"I said: '{_cut(_whole(then.response))}'" if then.response.strip() else "I said nothing."
    return f"{number} exchange{'' if steps == 1 else 's'} ago, you {verb} {what}. {answered}"


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def _whole(answer: str) -> str:
    """``answer`` without the sentence that its budget cut off; with it where there is no other."""
    end = 0
    while (found := first_sentence_end(answer, end)) is not None:
        end = found + 1 if answer[found : found + 1] == "\n" else found
    return answer[:end].rstrip() or answer
