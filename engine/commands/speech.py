"""Commands by which it speaks: generate, echo, flare, debate, glitch, mimic."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING

from .refusing import refusing
from .spec import Argument, Call, CommandSpec, Flag, Handler, Refused

if TYPE_CHECKING:
    from engine.lifeform import Lifeform
    from engine.voice import Answer

LONGEST_TEXT = 1000
"""Characters that a speech command takes; generate takes what fits into the context."""
_RULE = "-" * 20


def spoken(act: Callable[[Lifeform, Call], Answer]) -> Handler:
    """An act of speech as a handler: one that is not possible is refused, one stopped before a word answers nothing."""

    @wraps(act)
    def handler(life: Lifeform, call: Call) -> Answer | None:
        from engine.speech import Interrupted, NothingToSay

        with refusing(NothingToSay):
            try:
                return act(life, call)
            except Interrupted:
                return None

    return handler


@spoken
def generate(life: Lifeform, call: Call) -> Answer:
    """Answer one prompt by itself, outside the conversation."""
    budget, temperature = call.args["max_tokens"], call.args["temperature"]
    if budget is not None and budget < 1:
        raise Refused(f"max_tokens is a whole number from 1, not {budget}; quote a prompt that ends in a number.")
    if temperature is not None and not 0.0 <= temperature <= 2.0:
        raise Refused(f"The temperature is a number from 0 to 2, and 0 takes the likeliest word; not {temperature:g}.")
    call.output("--- Generating Response ---")
    try:
        return life.generate(call, call.args["prompt"], budget, temperature)
    finally:
        call.output(_RULE)


@spoken
def echo(life: Lifeform, call: Call) -> Answer:
    """Say a text back, and wonder about it."""
    from engine.speech.echo import echo as echoed

    text = spoken_text(call, "text", "echo")
    return echoed(life, call, text)


@spoken
def flare(life: Lifeform, call: Call) -> Answer:
    """Burst out."""
    from engine.speech.flare import flare as flared

    text = None if call.args["text"] is None else spoken_text(call, "text", "flare")
    return flared(life, call, text)


@spoken
def debate(life: Lifeform, call: Call) -> Answer:
    """Argue with itself."""
    from engine.speech.debate import MOST_ROUNDS, ROUNDS
    from engine.speech.debate import debate as debated

    topic, rounds = spoken_text(call, "topic", "debate"), call.args["rounds"]
    if rounds is None:
        rounds = ROUNDS
    if not 1 <= rounds <= MOST_ROUNDS:
        raise Refused(f"A debate has 1 to {MOST_ROUNDS} rounds, not {rounds}; quote a topic that ends in a number.")
    return debated(life, call, topic, rounds)


@spoken
def glitch(life: Lifeform, call: Call) -> Answer:
    """Make the best of a prompt that is spoilt."""
    from engine.speech.glitch import glitch as glitched

    text = spoken_text(call, "prompt", "glitch")
    return glitched(life, call, text)


@spoken
def mimic(life: Lifeform, call: Call) -> Answer:
    """Say something in a style."""
    from engine.speech.mimic import mimic as mimicked

    text = spoken_text(call, "prompt", "mimic")
    return mimicked(life, call, call.args["style"], text)


def spoken_text(call: Call, argument: str, command: str) -> str:
    """The text that a speech command was given, without control characters."""
    given: str = call.args[argument]
    text = "".join(one for one in given if one.isspace() or unicodedata.category(one) not in ("Cc", "Cs")).strip()
    if not text:
        raise Refused(f"{command} needs a {argument} that can be read; this one holds control characters only.")
    if len(text) > LONGEST_TEXT:
        raise Refused(f"{command} takes up to {LONGEST_TEXT:,} characters; this {argument} has {len(text):,}.")
    return text


SPEECH = (
    CommandSpec(
        "generate",
        "speech",
        "Generates a response using the current model state.",
        generate,
        arguments=(
            Argument("prompt", "rest", help="what to answer, quoted or not"),
            Argument("max_tokens", "int", required=False, help="the longest answer, in tokens"),
        ),
        flags=(
            Flag("max-tokens", "int", help="the same, for a prompt that ends in a number"),
            Flag("temperature", "float", help="sampling temperature; 0 takes the likeliest word every time"),
        ),
        help="The prompt stands alone: the conversation is neither read nor continued. A question is answered in one "
        "sentence, unless max_tokens is given.",
        examples=("generate Hello, how are you?", 'generate "Hello, how are you?" 40'),
        needs_model=True,
        multiline=True,
        answer_label="Response: ",
    ),
    CommandSpec(
        "flare",
        "speech",
        "Triggers an outburst at the greatest temperament there is.",
        flare,
        arguments=(Argument("text", "rest", required=False, quoted=True, help="what to burst out over"),),
        help="Without a text it bursts out over the calm. Afterwards the temperament is what it was.",
        examples=("flare", 'flare "This is too calm!"'),
        needs_model=True,
        multiline=True,
    ),
    CommandSpec(
        "echo",
        "speech",
        "Repeats a text with something to wonder about.",
        echo,
        arguments=(Argument("text", "rest", quoted=True, help="what to say back"),),
        help="Of several thoughts it takes the one that keeps closest to the text.",
        examples=('echo "The sky is blue"',),
        needs_model=True,
        multiline=True,
    ),
    CommandSpec(
        "debate",
        "speech",
        "Argues for and against a topic, each side answering the other.",
        debate,
        arguments=(
            Argument("topic", "rest", quoted=True, help="a claim, a question, or a thing"),
            Argument("rounds", "int", required=False, help="arguments and rebuttals, from 1 to 5; 2 when not given"),
        ),
        flags=(Flag("rounds", "int", help="the same, for a topic that ends in a number"),),
        help="The temperament swings up for the side that is for it, down for the other one, and comes back.",
        examples=('debate "AI will replace artists"', 'debate "AI will replace artists" 1'),
        needs_model=True,
        multiline=True,
    ),
    CommandSpec(
        "glitch",
        "speech",
        "Spoils a prompt, and makes the best of it.",
        glitch,
        arguments=(Argument("prompt", "rest", quoted=True, help="what to spoil"),),
        help="Shows the noise, what it heard in it, and how sure it was before and after. It always answers; with "
        "enable_error_listening off it answers what it was given without asking what was meant.",
        examples=('glitch "H3ll0 W0rld! こんにちは 123###"',),
        needs_model=True,
        multiline=True,
    ),
    CommandSpec(
        "mimic",
        "speech",
        "Says something in a style.",
        mimic,
        arguments=(
            Argument("style", "style", help="shakespeare, pirate, tech, noir, child, or one of your own"),
            Argument("prompt", "rest", quoted=True, help="what to say"),
        ),
        help="The scaffold's influence is turned up meanwhile. Your own styles go into styles.toml in the home folder: "
        '[name] with examples = [[plain, styled], …], and perhaps beginnings = […] and marks = "words, …".',
        examples=('mimic shakespeare "Explain AI"',),
        needs_model=True,
        multiline=True,
    ),
)
