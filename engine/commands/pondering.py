"""Commands by which it looks back and inward: spark, reflect, muse, rewind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .spec import Argument, Call, CommandSpec, Flag
from .speech import spoken

if TYPE_CHECKING:
    from engine.lifeform import Lifeform
    from engine.voice import Answer


@spoken
def spark(life: Lifeform, call: Call) -> Answer:
    """Ask a question of its own, and answer it."""
    from engine.speech.spark import spark as sparked

    return sparked(life, call, ask=call.args["ask"])


@spoken
def reflect(life: Lifeform, call: Call) -> Answer:
    """Name what kept coming up."""
    from engine.speech.reflect import reflect as reflected

    return reflected(life, call)


@spoken
def muse(life: Lifeform, call: Call) -> Answer:
    """Have a whimsical thought."""
    from engine.speech.muse import muse as mused

    return mused(life, call)


@spoken
def rewind(life: Lifeform, call: Call) -> Answer:
    """Answer something of before anew."""
    from engine.speech.rewind import rewind as rewound

    steps = 1 if call.args["steps"] is None else call.args["steps"]
    return rewound(life, call, steps)


PONDERING = (
    CommandSpec(
        "spark",
        "speech",
        "Generates a curiosity-driven question, and answers it.",
        spark,
        flags=(Flag("ask", help="only asks, and leaves the answer to you"),),
        help="Of several questions about what it was unsure of, dreamt of or never came back to, it asks the one whose "
        "answer it knows least and that is least like its earlier ones.",
        examples=("spark", "spark --ask"),
        needs_model=True,
    ),
    CommandSpec(
        "reflect",
        "speech",
        "Reflects on what kept coming up in the last three interactions.",
        reflect,
        help="Shows the theme, the words and interactions that it was found in, and a thought on it.",
        examples=("reflect",),
        needs_model=True,
    ),
    CommandSpec(
        "muse",
        "speech",
        "Has a whimsical thought, inspired by recent interactions.",
        muse,
        help="Takes the topic that is most recent, least certain and least mused on.",
        examples=("muse",),
        needs_model=True,
    ),
    CommandSpec(
        "rewind",
        "speech",
        "Recalls something you said before, and answers it anew.",
        rewind,
        arguments=(Argument("steps", "int", required=False, help="how many exchanges back; 1 when not given"),),
        help="Shows the answer of then and that of now, and how sure it was of each.",
        examples=("rewind", "rewind 2"),
        needs_model=True,
    ),
)
