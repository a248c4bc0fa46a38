"""All commands there are, and how one is found by its name."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from .configuring import CONFIGURING
from .control import CONTROL
from .evaluating import EVALUATING
from .help import explained, overview
from .keeping import KEEPING
from .learning import LEARNING
from .pondering import PONDERING
from .records import RECORDS
from .sleeping import SLEEPING
from .spec import Argument, Call, CommandSpec, Refused
from .speech import SPEECH
from .wording import excerpt

if TYPE_CHECKING:
    from engine.lifeform import Lifeform


def find(name: str) -> CommandSpec | None:
    """The command called ``name`` or having it as an alias, whatever its case and spaces; a slash may lead it."""
    return _BY_NAME.get(" ".join(name.casefold().removeprefix("/").split()))


def closest(name: str) -> str | None:
    """The command name or alias most like ``name``, for someone who mistyped it."""
    words = name[:100].casefold().removeprefix("/").split()
    for count in range(min(LONGEST_NAME, len(words)), 0, -1):
        near = get_close_matches(" ".join(words[:count]), _BY_NAME, n=1, cutoff=0.6)
        if near:
            return near[0]
    return None


def _help(life: Lifeform, call: Call) -> None:
    """List the commands, or explain one."""
    wanted = call.args["command"]
    if wanted is None:
        call.output(overview(COMMANDS))
        return
    match = find(wanted)
    if match is None:
        near = closest(wanted)
        raise Refused(
            f"There is no command '{excerpt(wanted, 40)}'; "
            + (f"did you mean '{near}'?" if near else "help lists all.")
        )
    call.output(explained(match))


_HELP = CommandSpec(
    "help",
    "control",
    "Lists the commands, or explains one.",
    _help,
    arguments=(Argument("command", "command", required=False),),
    examples=("help", "help tune cross"),
)

COMMANDS: tuple[CommandSpec, ...] = (
    *SPEECH,
    *PONDERING,
    *LEARNING,
    *SLEEPING,
    *EVALUATING,
    *RECORDS,
    *KEEPING,
    *CONFIGURING,
    *CONTROL[:-1],
    _HELP,
    CONTROL[-1],
)
"""In the order of the help, the way out last."""

_BY_NAME = {name: command for command in COMMANDS for name in (command.name, *command.aliases)}

LONGEST_NAME = max(len(name.split()) for name in _BY_NAME)
"""In words."""
