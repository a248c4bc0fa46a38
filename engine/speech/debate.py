"""``debate``: it argues with itself, each side answering what the other one said last.

It is asked for a reason, then for one against, and so on in one conversation, so each side sees the argument before it;
asked so, a small model stays with the matter. Of several ways to put it the one is taken that speaks for its side and
not as well for the other. The temperament swings up for the side that is for it, down for the one that is against it,
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
from engine.speech.checking import Rules
from engine.speech.examples import speech_data
from engine.speech.flare import swung_to
from engine.speech.likelihood import affinity
from engine.speech.prompting import in_chat
from engine.voice import Answer

if TYPE_CHECKING:
    from engine.lifeform import Lifeform
    from engine.voice import Listener

ROUNDS = 2
MOST_ROUNDS = 5
SWING = 0.2
"""How far the temperament moves with the stance."""
_TOKENS = 45
_TEMPERATURE = 0.5
_SIDES = ("For", "Against")


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
    stats = replace(said[-1].stats, stop_reason="stopped") if listener.cancelled() else said[-1].stats
    transcript = _so_far([one.text for one in said]).rstrip()
    write_down(life, "debate", topic, transcript, stats, extra={"rounds": rounds, "stance_temperament": scores})
    return Answer(said[-1].text, stats)


def _argument(life: Lifeform, listener: Listener, subject: str, said: Sequence[str]) -> Attempt:
    """The next argument: of several the one that speaks most for its side."""
    side, other = _SIDES[len(said) % 2], _SIDES[1 - len(said) % 2]
    found = several(life, listener, _wishes(life, subject, said), f"arguing {side.casefold()}")
    contexts = [f"Debate: {subject}\n{one}:" for one in (side, other)]
    return best_of(found, lambda text: affinity(life.composed.base, _reason(text), *contexts))


def _wishes(life: Lifeform, subject: str, said: Sequence[str]) -> list[Wish]:
    """Ways to make the next argument; it has to say something that none has said."""
    asked: list[str] = speech_data()["debate"]["question" if subject.endswith("?") else "claim"]
    whole = subject if subject.endswith("?") else f"{subject}."
    turns = []
    for turn in range(len(said) + 1):
        turns.append(Turn("user", asked[_kind(turn)].replace("{subject}", whole)))
        turns += [Turn("assistant", said[turn])] if turn < len(said) else []
    rules = Rules(fewest=3, most=35, sources=tuple(said), known=(subject, *said), news=1, each_once=True)
    leads: list[str] = speech_data()["debate"]["leads"][_kind(len(said))]
    return [Wish(in_chat(life, turns, lead, _TOKENS), lead, rules, _TOKENS, _TEMPERATURE) for lead in leads]


def _kind(turn: int) -> int:
    """The first argument, the first rebuttal, a later argument, a later rebuttal: 0 to 3."""
    return turn if turn < 2 else 2 + turn % 2


def _reason(argument: str) -> str:
    """What stands behind ``One good reason is that``: the beginnings are alike in all arguments of a side."""
    return argument.partition(" is that ")[2] or argument


def _so_far(said: Sequence[str]) -> str:
    """The debate, a line for each argument."""
    return "".join(f"{_SIDES[turn % 2]}: {one}\n" for turn, one in enumerate(said))
