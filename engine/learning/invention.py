"""Names that nobody has: people, countries, things, put together from syllables."""

from __future__ import annotations

import random

from engine.learning.word_lists import listed

_START = listed("swaps", "syllable_starts")
_MIDDLE = ["a", "e", "i", "o", "u"]
_JOIN = ["l", "r", "n", "m", "v", "d", "st", "nd", "rk", "lb", "sh", "lv", "rn", "mb", "ss", "ll", "tt"]
_END = ["an", "el", "in", "or", "is", "ath", "ex", "ia", "or", "os", "ell", "een", "um"]
_THING_ENDS = listed("swaps", "thing_ends")


def invented_name(rng: random.Random) -> str:
    """A name of two or three syllables: ``Dravel``, ``Kumbia``."""
    return (
        rng.choice(_START)
        + rng.choice(_MIDDLE if rng.random() < 0.9 else ["ei", "ao"])
        + rng.choice(_JOIN)
        + rng.choice(_END)
    )


def invented_thing(rng: random.Random) -> str:
    """A made-up device: ``stelloscope``."""
    start = rng.choice(_START).lower() + rng.choice(_MIDDLE) + rng.choice(_JOIN) + rng.choice("aeio")
    return start + rng.choice(_THING_ENDS)
