"""``glitch``: a prompt is spoilt, and it makes the best of it: what was done, what it heard, how sure it still is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.api import Output, Passage
from engine.composition.prompt import Turn
from engine.interaction import live_through
from engine.speech.answering import Asked, answer
from engine.speech.attempts import Wish, attempt
from engine.speech.checking import Rules, in_english
from engine.speech.corruption import corrupt
from engine.speech.leads import likeliest
from engine.speech.likelihood import log_probability
from engine.speech.prompting import in_chat
from engine.speech.recovery import Recovered, common_words, recover
from engine.voice import Answer

if TYPE_CHECKING:
    from engine.lifeform import Lifeform
    from engine.voice import Listener

_GLANCE_TOKENS = 16
"""Tokens of an answer by which it is seen how sure it is."""
_TOKENS = 60
_MOST_WORDS = 35
_BEFORE = "Somebody says:"
"""What is read before a sentence whose likelihood decides which words were meant."""
_CAREFUL = 0.5
"""Sampling temperature of the answer: chaos was enough."""


def glitch(life: Lifeform, listener: Listener, text: str) -> Answer:
    """Spoil ``text``, make out what was meant, and answer that; always answers.

    With ``enable_error_listening`` off it does not ask itself what was meant, and answers the spoilt text.

    Raises:
        Interrupted: When it was stopped before the answer began.
    """
    spoilt = corrupt(text, life.dice())
    sure_before, sure_after = _sureness(life, listener, text), _sureness(life, listener, spoilt.text)
    listener.emit(
        Passage(listener.id, "noise", "Noise: ", spoilt.text, note=spoilt.told or "there was nothing to spoil")
    )
    meant = spoilt.text
    if life.config.controls_config.enable_error_listening:
        base = life.composed.base
        recovered = recover(
            spoilt.text,
            common_words(base.tokenizer.get_vocab()),
            lambda sentence: log_probability(base, sentence, _BEFORE),
        )
        listener.emit(Passage(listener.id, "heard", "", _guess(recovered)))
        meant = recovered.text or spoilt.text
    listener.emit(Passage(listener.id, "answer", "Response: "))
    rules = Rules(fewest=5, most=_MOST_WORDS, known=(meant,), news=2, english=in_english(meant))
    lead = likeliest(life.composed.base, meant)
    said = answer(life, listener, Asked(meant, rules, _TOKENS, _CAREFUL, lead, brief=True))
    noise = dict(spoilt.noise)
    figures = {"given": text, "meant": meant, "noise": noise, "sure_before": sure_before, "sure_after": sure_after}
    live_through(life, "glitch", spoilt.text, said.text, said.stats, learn=False, extra=figures)
    listener.emit(
        Output(listener.id, f"Confidence: {_shown(sure_before)} before the noise, {_shown(sure_after)} after")
    )
    return Answer(said.text, said.stats)


def _sureness(life: Lifeform, listener: Listener, text: str) -> float | None:
    """How sure it is of its answer to ``text``, in [0, 1]; None where confidence is not tracked."""
    prompt = in_chat(life, [Turn("user", text)], "", _GLANCE_TOKENS)
    rules = Rules(sentences=_GLANCE_TOKENS, finished=False)
    return attempt(life, listener, Wish(prompt, "", rules, _GLANCE_TOKENS, temperature=0.0)).stats.confidence


def _guess(recovered: Recovered) -> str:
    flair = f" with {' and '.join(recovered.flair)} flair" if recovered.flair else ""
    if not recovered.text:
        return f"I sense chaos{flair}, and cannot make out a word."
    meant = recovered.text.rstrip(".!?")
    return f"I sense chaos. Did you mean: '{meant}'{flair}?"


def _shown(value: float | None) -> str:
    return "N/A" if value is None else f"{value:.2f}"
