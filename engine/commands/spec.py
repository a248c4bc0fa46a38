"""The words in which commands are described and carried out: what one takes, what it is given, how it says no."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from engine.api import EngineState, Event, Output, Progress

if TYPE_CHECKING:
    from engine.lifeform import Lifeform
    from engine.voice import Answer

ArgumentKind = Literal["text", "int", "float", "choice", "path", "key", "value", "command", "style", "rest"]
"""How an argument is read.

``text`` one word or quoted text · ``int`` · ``float`` · ``choice`` one of ``choices`` · ``path`` a file · ``key``
a setting or a section · ``value`` the text of a setting · ``command`` a command's name · ``style`` a style of mimic ·
``rest`` all that is left.
"""

Area = Literal["speech", "learning", "control"]


class Refused(Exception):
    """Bad input: one line that says what is wrong and what would be right. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a command, in its place."""

    name: str
    kind: ArgumentKind
    required: bool = True
    choices: tuple[str, ...] = ()
    """For ``choice`` all there are; for ``int`` and ``float`` words that stand for something, such as ``auto``."""
    help: str = ""
    default: Any = None
    quoted: bool = False
    """For ``rest``: without a slash before the command it must be quoted, or stand on lines of its own."""

    @property
    def usage(self) -> str:
        """As usage lines show it: ``<file>``, ``[n]``, ``[on|off]``."""
        match self.kind:
            case "choice":
                shown = "|".join(self.choices)
            case _:
                shown = "|".join((self.name, *self.choices))
        return f"<{shown}>" if self.required else f"[{shown}]"


@dataclass(frozen=True, slots=True)
class Flag:
    """An option that may stand before or after the arguments: ``--name``, or ``--name value``."""

    name: str
    """Without the dashes. Its value goes under the same name with underscores."""
    kind: Literal["switch", "int", "float", "path"] = "switch"
    help: str = ""

    @property
    def key(self) -> str:
        """Where its value is found among the arguments."""
        return self.name.replace("-", "_")

    @property
    def usage(self) -> str:
        """As usage lines show it."""
        value = {"switch": "", "int": " N", "float": " X", "path": " FILE"}[self.kind]
        return f"[--{self.name}{value}]"


def _nothing(*_: object) -> None:
    """For callers that neither watch nor interrupt."""


@dataclass(slots=True)
class Call:
    """One run of a command: its arguments, and the way its output goes."""

    id: int
    args: Mapping[str, Any]
    """Every argument and flag of the command, those not given with their default."""
    emit: Callable[[Event], None]
    cancelled: Callable[[], bool]
    """True once the user asked to stop. Long work looks at every step, and returns early."""
    enter: Callable[[EngineState, str], None] = _nothing
    """Shows what the engine is doing from now on, in a state and a few words."""
    attend: Callable[[Callable[[], AbstractContextManager[None]]], None] = _nothing
    """Long work calls this between its steps: what the user said meanwhile is answered, inside the given context."""
    quit: bool = field(default=False, init=False)
    """Set by a handler after which the program ends."""

    def output(self, text: str) -> None:
        """Say whole lines."""
        self.emit(Output(self.id, text))

    def report(self, doing: str, done: float) -> None:
        """Say what is being done, and how far it is, in [0, 1]."""
        self.progress(doing, done, 1.0)

    def progress(self, label: str, done: float, total: float) -> None:
        """Say how far the work is."""
        self.emit(Progress(self.id, label, done, total))


Handler = Callable[["Lifeform", Call], "Answer | None"]
"""Carries a command out. Returns the answer where one was generated.

Raises:
    Refused: The input is no good; nothing was changed.
    ConfigError, JournalError, StateError, WeightsError: Likewise; they say what is wrong by themselves.
"""


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """All that is known about one command. Parsing, completion, the palette, help and ``sovl exec`` live on it."""

    name: str
    """One or more words: ``tune cross``."""
    area: Area
    summary: str
    """One line: what it does."""
    handler: Handler
    arguments: tuple[Argument, ...] = ()
    flags: tuple[Flag, ...] = ()
    aliases: tuple[str, ...] = ()
    help: str = ""
    """A paragraph more."""
    examples: tuple[str, ...] = ()
    confirm: bool = False
    """The terminal app asks before it runs."""
    multiline: bool = False
    """May be given several lines without a slash before it."""
    needs_model: bool = False
    """Waits until a model is loaded."""
    long: bool = False
    """Takes minutes, and lets chat come between its steps."""
    alone: bool = False
    """Refused while a long job runs: it would take the models from under it."""
    urgent: bool = False
    """Ends whatever runs, and comes before all that waits."""
    answer_label: str = ""
    """What plain text shows before the streamed answer."""

    @property
    def usage(self) -> str:
        """One line: the name and what may follow."""
        return " ".join((self.name, *(one.usage for one in self.arguments), *(flag.usage for flag in self.flags)))
