"""The console commands: one table from which parsing, completion, palette, help and ``sovl exec`` live.

To add a command, write one function ``handler(life, call)`` in the file of its area and one :class:`CommandSpec` in the
table at that file's end. Nothing here imports torch, and a lifeform only for its type.
"""

from .completion import Completion, complete
from .grammar import Intent, command_in, hint, parse
from .help import explained
from .registry import COMMANDS, closest, find
from .spec import Argument, Call, CommandSpec, Flag, Refused
from .words import quoted

__all__ = [
    "COMMANDS",
    "Argument",
    "Call",
    "CommandSpec",
    "Completion",
    "Flag",
    "Intent",
    "Refused",
    "closest",
    "command_in",
    "complete",
    "explained",
    "find",
    "hint",
    "parse",
    "quoted",
]
