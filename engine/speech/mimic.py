"""``mimic``: the same in another's voice, with the scaffold's influence turned up meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.api import Passage, TextChunk
from engine.composition.prompt import Turn
from engine.interaction import write_down
from engine.speech.attempts import Wish, best_of, several
from engine.speech.checking import Rules
from engine.speech.likelihood import log_likelihood
from engine.speech.prompting import after_examples, in_chat
from engine.speech.styles import Style, style_called
from engine.speech.topics import content_words
from engine.voice import Answer

if TYPE_CHECKING:
    from engine.lifeform import Lifeform
    from engine.voice import Listener

CANDIDATES = 8
_LIKELY = 0.3
"""How much it counts, per nat, that it is what one would say."""
_TOKENS = 44
_TEMPERATURE = 0.7
_I = frozenset({"i", "i'm", "i've", "i'll", "i'd"})
_STATING = _I | {"we", "he", "she", "it", "they", "there", "this", "that", "these", "those"}
_STATING |= {"my", "our", "his", "her", "their", "the", "a", "an"}
"""Words that a plain statement begins with."""
_ENDS = ".!… "
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*'?|'[^\W_]+")


def mimic(life: Lifeform, listener: Listener, name: str, text: str) -> Answer:
    """Say ``text`` in the style called ``name``: of several attempts the one most like it that keeps to the matter.

    Raises:
        NothingToSay: When there is no such style.
        Interrupted: When it was stopped before it had something.
    """
    style = style_called(name, life.home.path)
    before = life.weight
    with influence_raised(life):
        raised = life.weight
        found = several(life, listener, _wishes(life, style, text), "finding the voice")
    base, plain = life.composed.base, " ".join(text.split())
    best = best_of(found, lambda said: _likeness(said, style, text) + _LIKELY * log_likelihood(base, said, f"{plain}."))
    note = f"in the style of {style.name}, influence {before:.2f} → {raised:.2f}"
    listener.emit(Passage(listener.id, "mimicry", note=note))
    listener.emit(TextChunk(listener.id, best.text, best.stats.tokens))
    write_down(life, "mimic", text, best.text, best.stats, extra={"style": style.name})
    return Answer(best.text, best.stats)


@contextmanager
def influence_raised(life: Lifeform) -> Iterator[None]:
    """While entered, the scaffold may speak as loudly as it ever may; then as before, whatever happened."""
    before = life.pinned_weight
    life.pin_weight(life.config.controls_config.scaffold_weight_cap)
    try:
        yield
    finally:
        life.pin_weight(before)


def _wishes(life: Lifeform, style: Style, text: str) -> list[Wish]:
    """In the chat's own form it keeps to the matter, after written examples to the style: both, in turn."""
    plain = " ".join(text.split())
    told = plain.rstrip(_ENDS).casefold()
    rules = Rules(fewest=4, most=40, sources=style.examples.said, about=frozenset(content_words(text)), each_once=True)
    wishes = []
    for number in range(CANDIDATES):
        lead = _begun(style.beginnings[number // 2 % len(style.beginnings)], plain)
        if number % 2:
            prompt = after_examples(life, style.examples, plain, lead, _TOKENS)
        else:
            prompt = in_chat(life, _asked_for(style, plain), lead, _TOKENS)
        enough = replace(rules, fewest=1) if told and told in lead.casefold() else rules
        wishes.append(Wish(prompt, lead, enough, _TOKENS, _TEMPERATURE))
    return wishes


def _begun(beginning: str, plain: str) -> str:
    """``beginning`` with the plain text in it; its tone alone where that is no plain statement, to be gone on from."""
    told = plain.rstrip(_ENDS)
    first, _, rest = told.partition(" ")
    if "{" in beginning and (told.endswith("?") or not rest or first.casefold() not in _STATING):
        return beginning.partition("{")[0].rstrip()
    small = first if first[:1] == "I" and first.casefold() in _I else first.casefold()
    return beginning.replace("{text}", f"{small} {rest}").replace("{Text}", f"{first[:1].upper()}{first[1:]} {rest}")


def _asked_for(style: Style, plain: str) -> list[Turn]:
    pairs = [*style.examples.pairs, (plain, "")]
    turns = [turn for one, styled in pairs for turn in (Turn("user", _asked(style, one)), Turn("assistant", styled))]
    return turns[:-1]


def _asked(style: Style, plain: str) -> str:
    return f"Say this like {style.name}: {plain}"


def _likeness(said: str, style: Style, text: str) -> float:
    """How well it hits the style (by its marks) and the matter (by the words of the text)."""
    words = [word.casefold() for word in _WORD.findall(said)]
    marks = sum(word in style.marks for word in words) / max(1, len(words))
    wanted = set(content_words(text))
    kept = len(wanted & set(words)) / max(1, len(wanted))
    return marks + kept
