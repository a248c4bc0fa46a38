"""What the lifeform is compared with: facts in the prompt, a retrieved line in the prompt, plain LoRA, other dreams.

A control differs from the real thing in one respect only. Those that change the prompt are here as functions of the
question, those that change the night as settings of the home, and one, plain LoRA, as an asker of its own.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.learning_asking import Asker
from bench.learning_facts import Fact
from bench.learning_judge import normalised

MakeAsker = Callable[[Path, Sequence[Fact], int], Asker]
"""Makes what is asked instead of the lifeform, from a home in which the facts were told and which never slept, the
facts, and the seed. The journal there has what was said; nothing in it may be changed."""
Prepare = Callable[[Path, Sequence[Fact], int], None]
"""Prepares a home before each of its days: given the home, all facts told up to that day's end, and the seed."""


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
        asker: Makes what is asked in place of the lifeform.
        prepare: Called before each day begins.
        missing: What this version lacks for it, in one line; empty when it can be measured.
    """

    name: str
    about: str
    tells: bool = True
    sleeps: bool = True
    in_prompt: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    asker: MakeAsker | None = None
    prepare: Prepare | None = None
    missing: str = ""


CONTROLS = {
    control.name: control
    for control in (
        Control("sovl", "told, slept, restarted"),
        Control("no-dreams", "the same without dreams", settings={"controls_config.enable_dreaming": False}),
        Control(
            "others-dreams",
            "the same with somebody else's dreams",
            missing="nothing in this version hands one life's dreams to another",
        ),
        Control(
            "plain-lora",
            "LoRA in a copy of the base, equal rows, gate and number of trained parameters",
            sleeps=False,
            missing="nothing in this version trains a plain LoRA copy of the base",
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
