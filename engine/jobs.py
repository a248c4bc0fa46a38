"""What a line may come to: how it is refused, and what the engine does meanwhile."""

from __future__ import annotations

from engine.api import Done, EngineState, Outcome
from engine.commands import Intent, Refused
from engine.composition.model_folder import WeightsError
from engine.composition.prompt import PromptTooLong
from engine.config import ConfigError
from engine.gestation import CannotSleep
from engine.home import HomeError
from engine.memory.journal import Journal
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


def must_wait(name: str) -> Refused:
    """What the command ``name`` gets to hear while a long job runs."""
    return Refused(f"{name} has to wait for the long job that runs; stop it first (a sleep: wake).")


def unasked(done: Done) -> Done:
    """How a job ends that nobody asked for: nobody needs to hear that it was given up."""
    return Done(done.id, Outcome.OK) if done.outcome is Outcome.STOPPED else done


def what_waits(journal: Journal) -> str:
    """What is said while another program writes to the journal."""
    return f"{journal.path}: {journal.waiting} entries wait in memory until another program has finished writing there"
