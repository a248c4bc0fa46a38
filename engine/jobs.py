"""What a line may come to: how it is refused, and what the engine does meanwhile."""

from __future__ import annotations

from engine.api import EngineState
from engine.commands import Intent, Refused
from engine.composition.model_folder import WeightsError
from engine.composition.prompt import PromptTooLong
from engine.config import ConfigError
from engine.gestation import CannotSleep
from engine.home import HomeError
from engine.memory.record import JournalError
from engine.state_files import StateError


class Leaving(Exception):
    """Raised inside loading when the program is told to end."""


REFUSALS = (Refused, ConfigError, HomeError, JournalError, PromptTooLong, StateError, WeightsError, CannotSleep)


def state_during(intent: Intent, before: EngineState) -> EngineState:
    """What the engine is doing while a line is carried out."""
    if intent.spec is not None and intent.spec.urgent:
        return EngineState.WORKING
    return EngineState.SPEAKING if intent.needs_model else before
