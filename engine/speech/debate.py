"""``debate``: it argues with itself, each side answering what the other one said last.

It is asked for a reason, then for one against, and so on in one conversation, so each side sees the argument before it.
An argument begins with what it is about, a rebuttal with what it grants the other side; a small model agrees with all
that it reads, but not behind ``but``. Of several ways to put it the one is taken that speaks for its side and not as
well for the other. The temperament swings up for the side that is for it, down for the one that is against it,
and is afterwards what it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.api import Passage, TextChunk
from engine.composition.prompt import Turn
from engine.interaction import write_down
from engine.speech import Interrupted
from engine.speech.attempts import Attempt, Wish, best_of, several
from engine.speech.checking import Flaw, Rules, new_words, windows, words_of
from engine.speech.claims import Matter, conceded, is_many, matter_of
from engine.speech.examples import speech_data
from engine.speech.flare import swung_to
from engine.speech.likelihood import log_likelihood
from engine.speech.meaning import kinship
from engine.speech.prompting import in_chat
from engine.speech.topics import content_words
from engine.voice import Answer

if TYPE_CHECKING:
    from engine.composition.frozen import FrozenModel
    from engine.lifeform import Lifeform
    from engine.voice import Listener

ROUNDS = 2
MOST_ROUNDS = 5
SWING = 0.2
"""How far the temperament moves with the stance."""
_TOKENS = 32
_MOST_WORDS = 16
"""Words of its own that an argument may have: it loses the thread in longer ones."""
_RUNNING_ON = (Flaw.CIRCLES, Flaw.LONG, Flaw.UNFINISHED)
_FEWEST_TOLD = 4
"""Words of one that is cut short."""
_TEMPERATURE = 0.5
_PER_LEAD = 2
_SIDES = ("For", "Against")
_OTHER_SIDE, _OTHER_MATTER = 0.5, 0.4
"""How much it counts against an argument that it is likely for the other side, or about any other matter."""
_ANYTHING = "We should do this"
_AGAIN = 4
"""Words in a row that were said before."""
_HEARD = 0.5
"""How much it counts against an argument that all its words were in others before."""
_KINSHIP = 0.4
"""How much kindred words count beside likelihood."""


def debate(life: Lifeform, listener: Listener, topic: str, rounds: int) -> Answer:
    """Argue for and against ``topic``, ``rounds`` times each.

    A stop ends it where it is; what was said until then is kept.

    Raises:
        Interrupted: When it was stopped before the first argument was there.
    """
    subject = " ".join(topic.split()).rstrip(".!… ")
    resting = life.temperament.score
    said: list[Attempt] = []
    scores: list[float] = []
    for turn in range(2 * rounds):
        against = turn % 2 == 1
        score = min(1.0, max(0.0, resting + (-SWING if against else SWING)))
        with swung_to(life, score):
            try:
                argument = _argument(life, listener, subject, [one.text for one in said])
            except Interrupted:
                if not said:
                    raise
                break
            stance, number = ("against", "[Rebuttal]") if against else ("for", f"[Argument {turn // 2 + 1}]")
            note = f"{stance}, temperament {resting:.2f} → {life.temperament.score:.2f}"
            listener.emit(Passage(listener.id, stance, f'{number} "', closing='"', note=note))
            listener.emit(TextChunk(listener.id, argument.text, argument.stats.tokens))
        said.append(argument)
        scores.append(score)
    reason = "stopped" if listener.cancelled() else said[-1].stats.stop_reason
    stats = replace(said[-1].stats, tokens=sum(one.stats.tokens for one in said), stop_reason=reason)
    transcript = _so_far([one.text for one in said]).rstrip()
    write_down(life, "debate", topic, transcript, stats, extra={"rounds": rounds, "stance_temperament": scores})
    return Answer(said[-1].text, stats)


def _argument(life: Lifeform, listener: Listener, subject: str, said: Sequence[str]) -> Attempt:
    """The next argument: of several the one that speaks most for its side."""
    side = _SIDES[len(said) % 2]
    found = several(life, listener, _wishes(life, subject, said), f"arguing {side.casefold()}")

    def worth(text: str) -> float:
        reason = _reason(text)
        near = _KINSHIP * kinship(life.composed, reason, subject)
        return _strength(life.composed.base, reason, subject, said) + near

    return _cut_short(best_of(found, worth))


def _cut_short(argument: Attempt) -> Attempt:
    """An argument that runs on, as far as its first comma; what stands before that mostly makes sense by itself."""
    reason = _reason(argument.text)
    told, *further = reason.split(", ")
    if argument.flaw not in _RUNNING_ON or not further or len(told.split()) < _FEWEST_TOLD:
        return argument
    return replace(argument, text=f"{argument.text.removesuffix(reason)}{told}.")


def _strength(base: FrozenModel, reason: str, subject: str, said: Sequence[str]) -> float:
    """How much ``reason`` speaks for its side of this matter, and not for the other one or in any matter at all."""
    stances = speech_data()["debate"]["stances"]
    own, other = stances if len(said) % 2 == 0 else reversed(stances)
    likely = log_likelihood(base, reason, own.replace("{subject}", subject))
    elsewhere = _OTHER_SIDE * log_likelihood(base, reason, other.replace("{subject}", subject))
    elsewhere += _OTHER_MATTER * log_likelihood(base, reason, own.replace("{subject}", _ANYTHING))
    old = {window for one in said for window in windows(words_of(_reason(one)), _AGAIN)}
    repeated = any(window in old for window in windows(words_of(reason), _AGAIN))
    own_words = new_words(reason, [subject])
    heard = 1.0 - len(new_words(reason, [subject, *said])) / max(1, len(own_words))
    return likely - elsewhere - float(repeated) - _HEARD * heard


def _wishes(life: Lifeform, subject: str, said: Sequence[str]) -> list[Wish]:
    """Ways to make the next argument; it has to say something that none has said."""
    data = speech_data()["debate"]
    asked: list[str] = data["question" if subject.endswith("?") else "claim"]
    whole = subject if subject.endswith("?") else f"{subject}."
    turns = []
    for turn in range(len(said) + 1):
        turns.append(Turn("user", asked[_kind(turn)].replace("{subject}", whole)))
        turns += [Turn("assistant", said[turn])] if turn < len(said) else []
    matter = matter_of(subject)
    good = (len(said) % 2 == 0) != matter.against
    # Of two that are compared each side speaks well of its own.
    listed = data["never"][0 if good or matter.kind == "compared" else 1].split(",")
    never = frozenset(word.strip() for word in listed) - set(words_of(subject))
    rules = Rules(
        fewest=2,
        most=_MOST_WORDS,
        sources=tuple(said),
        known=(subject, *said),
        news=1,
        never=never,
        each_once=True,
        again=frozenset(content_words(f"{matter.thing} {matter.other}")),
    )
    return [
        Wish(in_chat(life, turns, lead, _TOKENS), lead, rules, _TOKENS, temperature)
        for lead in _leads(matter, said, good=good)
        for temperature in (0.0, *[_TEMPERATURE] * (_PER_LEAD - 1))
    ]


def _leads(matter: Matter, said: Sequence[str], *, good: bool) -> list[str]:
    """How the next argument may begin: with its matter, or with what the other side said of it."""
    data = speech_data()["debate"]
    ways = data["good" if good else "bad"][matter.kind]
    if len(said) % 2 == 0:
        beginning = data["beginnings"][min(1, len(said))]
        return [f"{beginning} {_filled(way, matter.thing, matter.other)}" for way in ways]
    grants, unsure = data["granted"]
    granted = conceded(_reason(said[-1]), matter.thing)
    capital = f"{granted[:1].upper()}{granted[1:]}"
    pronoun = "they" if is_many(matter.thing) else "it"
    beginning = grants.replace("{granted}", capital) if granted else unsure
    return [f"{beginning} {_filled(way, pronoun if granted else matter.thing, matter.other)}" for way in ways]


def _filled(way: str, thing: str, other: str) -> str:
    """``way`` with what it speaks of, and its verb in the form that goes with that."""
    many = is_many(other if "{other}" in way else thing)
    words = [word.split("|")[-1 if many else 0] for word in way.split()]
    return " ".join(words).replace("{thing}", thing).replace("{other}", other)


def _kind(turn: int) -> int:
    """The first argument, the first rebuttal, a later argument, a later rebuttal: 0 to 3."""
    return turn if turn < 2 else 2 + turn % 2


def _reason(argument: str) -> str:
    """What stands behind ``One good reason is that``, and behind what it granted the other side."""
    return argument.partition(" is that ")[2] or argument.partition(", but ")[2] or argument


def _so_far(said: Sequence[str]) -> str:
    """The debate, a line for each argument."""
    return "".join(f"{_SIDES[turn % 2]}: {one}\n" for turn, one in enumerate(said))
