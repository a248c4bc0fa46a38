"""What the lifeform is compared with: facts in the prompt, a retrieved line in the prompt, plain LoRA, other dreams.

A control differs from the real thing in one respect only. Those that change the prompt are here as functions of the
question, those that change the night as settings of the home, or as something that is entered while it lives its days.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.learning_asking import Asker
from bench.learning_facts import Fact
from bench.learning_judge import normalised

if TYPE_CHECKING:
    from engine.lifeform import Lifeform

Nights = Callable[[Sequence[Fact], int], AbstractContextManager[None]]
"""Entered while a day is lived: given all facts that are ever told and the seed, it makes that day's night another."""
MakeAsker = Callable[["Lifeform", Sequence[str]], Asker]
"""Makes what is asked from an awake lifeform and the taught answers."""

PLAIN_LORA_RATE = 2e-3
"""Learning rate of plain LoRA: what served it well in trials with rows like these. The default of 5e-3 is for adapters
that are heard through keys and values alone; those that act on the answer itself have more leverage."""


@dataclass(frozen=True, slots=True)
class Control:
    """How a system is made and asked.

    Attributes:
        name: As ``--control`` takes it.
        about: One line for the reader of the table.
        tells: Whether the facts are told in chat.
        sleeps: Whether it then sleeps.
        in_prompt: Which lines are put before a question: ``all``, ``own``, ``retrieved`` or none.
        settings: Settings of its home.
        nights: What is different about its nights.
        asker: Makes what is asked in place of the lifeform as it is.
    """

    name: str
    about: str
    tells: bool = True
    sleeps: bool = True
    in_prompt: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    nights: Nights | None = None
    asker: MakeAsker | None = None


def _others_dreams(facts: Sequence[Fact], seed: int) -> AbstractContextManager[None]:
    from bench.learning_other_dreams import nights_of_others_dreams

    return nights_of_others_dreams(facts, seed)


def _plain_lora(_facts: Sequence[Fact], _seed: int) -> AbstractContextManager[None]:
    from bench.learning_plain_lora import nights_of_plain_lora

    return nights_of_plain_lora()


def _ask_plain_lora(life: Lifeform, forbidden: Sequence[str]) -> Asker:
    from bench.learning_plain_lora import ask_plain_lora

    return ask_plain_lora(life, forbidden)


CONTROLS = {
    control.name: control
    for control in (
        Control("sovl", "told, slept, restarted"),
        Control("no-dreams", "the same without dreams", settings={"controls_config.enable_dreaming": False}),
        Control("others-dreams", "the same with somebody else's dreams", nights=_others_dreams),
        Control(
            "plain-lora",
            "LoRA in a copy of the base, equal rows, gate and number of trained parameters",
            settings={"training_config.learning_rate": PLAIN_LORA_RATE},
            nights=_plain_lora,
            asker=_ask_plain_lora,
        ),
        Control("floor", "the base, told nothing", tells=False, sleeps=False),
        Control("icl", "the base, all facts in the prompt", tells=False, sleeps=False, in_prompt="all"),
        Control("icl-own", "the base, the right fact in the prompt", tells=False, sleeps=False, in_prompt="own"),
        Control("retrieval", "the base, the best journal line in the prompt", sleeps=False, in_prompt="retrieved"),
    )
}


# -- retrieval ---------------------------------------------------------------------------------------------------------

_STOP_WORDS = frozenset(
    normalised(
        "a an the is are was were be am do does did has have had i me my mine you your he she it its his her they them "
        "of in on at to for from by with into as and or not no what which who whose whom where when why how that this "
        "there tell name please can could would should will"
    ).split()
)
_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> frozenset[str]:
    """The words of ``text`` that carry something."""
    found = frozenset(_WORD.findall(normalised(text)))
    return (found - _STOP_WORDS) or found


def best_line(question: str, lines: Sequence[str]) -> str:
    """The line that shares the most telling words with ``question``, as log memories do it; empty when none shares any.

    A shared word counts by how rare it is among the lines (inverse document frequency); of equals the shorter line
    wins, then the later one.
    """
    bags = [words(line) for line in lines]
    occurrences = Counter(word for bag in bags for word in bag)
    wanted = words(question)

    def worth(place: int) -> tuple[float, int, int]:
        shared = wanted & bags[place]
        return sum(math.log(1 + len(lines) / occurrences[word]) for word in shared), -len(bags[place]), place

    best = max(range(len(lines)), key=worth, default=None)
    return lines[best] if best is not None and wanted & bags[best] else ""


def said_lines(home: Path) -> list[str]:
    """What the user said in chat in ``home``, oldest first."""
    from engine.home import Home
    from engine.memory.journal import Journal

    with Journal.open(Home(home).journal_path, read_only=True) as journal:
        return [record.prompt for record in journal if record.command == "chat"]


def put_before(lines: Sequence[str], question: str) -> str:
    """``question`` with ``lines`` before it, in one message."""
    return " ".join([*(line for line in lines if line), question])
