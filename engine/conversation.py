"""The running conversation: what was said in it, and which of that answers what is asked now."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.composition.prompt import Turn

if TYPE_CHECKING:
    from engine.learning.meanwhile import Heard


@dataclass(slots=True)
class Conversation:
    """What was said since the conversation began, as the base's chat template takes it."""

    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    turns: list[Turn] = field(default_factory=list)
    _heard: Heard | None = None

    def answering(self, question: str) -> list[int]:
        """Which of ``turns`` are the user's and tell what answers ``question``: their indices, the oldest first."""
        if self._heard is None:
            from engine.learning.meanwhile import Heard

            self._heard = Heard()
        said = [at for at, turn in enumerate(self.turns) if turn.role == "user"]
        told = self._heard.answering(question, [self.turns[at].text for at in said])
        return [said[index] for index in told]
