"""The lifeform, without any screen.

This is the front door: :class:`Engine` and what crosses the seam. Importing it is light; torch and the models come in
on the engine's own thread, after :meth:`Engine.start`.
"""

from engine.api import Outbox, Snapshot
from engine.commands import parse
from engine.config import Config, ConfigError, load_config
from engine.diary import Diary, read_diary
from engine.escaping import visible
from engine.home import Home, HomeError, HomeInUse
from engine.memory.memories import Memory
from engine.memory.nights import NightDream, NightMemory, NightQuestion, NightRecord
from engine.memory.query import EVENTS, OWN, STATES, Query, QueryError, read_query, read_time, with_condition
from engine.memory.reader import Edge, JournalLine, JournalReader
from engine.memory.record import Interaction, JournalError, JournalEvent
from engine.resources import resource
from engine.runtime import Engine
from engine.version import __version__

__all__ = [
    "EVENTS",
    "OWN",
    "STATES",
    "Config",
    "ConfigError",
    "Diary",
    "Edge",
    "Engine",
    "Home",
    "HomeError",
    "HomeInUse",
    "Interaction",
    "JournalError",
    "JournalEvent",
    "JournalLine",
    "JournalReader",
    "Memory",
    "NightDream",
    "NightMemory",
    "NightQuestion",
    "NightRecord",
    "Outbox",
    "Query",
    "QueryError",
    "Snapshot",
    "__version__",
    "load_config",
    "parse",
    "read_diary",
    "read_query",
    "read_time",
    "resource",
    "visible",
    "with_condition",
]
