"""What the user said lately, as the speech commands look back on it: no play, and nothing it asked itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.memory.record import Interaction

if TYPE_CHECKING:
    from engine.lifeform import Lifeform

SAID = frozenset({"chat", "generate"})
"""Commands whose prompt is something the user said to it."""
_LOOKED_THROUGH = 500


def recent(life: Lifeform, count: int) -> list[Interaction]:
    """The newest ``count`` things the user said, with their answers, oldest first."""
    found = [one for one in life.journal.last(_LOOKED_THROUGH) if one.command in SAID and not one.is_system_question]
    return found[-count:]
