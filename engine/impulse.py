"""What the lifeform does of its own accord once it is quiet: it falls asleep when it is tired, or asks something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.lifeform import Lifeform

QUESTION = "/spark --ask"
"""The command by which it asks something."""


@dataclass(frozen=True, slots=True)
class Impulse:
    """Something it will do by itself.

    Attributes:
        line: The command, as a user would give it.
        seconds: How long from now, should it stay quiet; 0 for now.
    """

    line: str
    seconds: float


def next_impulse(life: Lifeform, quiet: float, now: float) -> Impulse | None:
    """What comes first; None when nothing will, however long it stays quiet.

    Args:
        life: Whose impulse.
        quiet: Seconds since anything was said or typed.
        now: Unix seconds.
    """
    controls = life.config.controls_config
    waiting: list[Impulse] = []
    if life.tired:
        waiting.append(Impulse("/sleep", max(0.0, controls.sleep_quiet_seconds - quiet)))
    if controls.enable_curiosity and life.composition is not None and not life.read_only:
        seconds = life.curiosity.seconds_until_asking(
            now,
            quiet,
            controls.curiosity_silence_seconds,
            controls.curiosity_cooldown_seconds,
            # Nothing was said yet that a question could follow, but a newborn greets the world with one.
            greeting=not controls.has_woken,
        )
        if seconds is not None:
            waiting.append(Impulse(QUESTION, seconds))
    return min(waiting, key=lambda one: one.seconds, default=None)
