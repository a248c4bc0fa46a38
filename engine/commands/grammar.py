r"""What a line means: chat or a command. Asked when Enter is pressed, and while typing.

``/word …`` is always a command. Without the slash a line is a command when it begins with a command's name *and* the
rest fits what that command takes; otherwise it is chat, so ``save me a seat`` is said and ``history 5`` is done. A name
all alone is always that command, and gets its usage line where it needs more. Several lines are chat, unless a slash
leads them or the command takes several. A leading ``\`` says a line as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

from .fitting import Misfit, fit
from .registry import COMMANDS, LONGEST_NAME, closest, find
from .spec import CommandSpec
from .wording import excerpt

_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Intent:
    """What Enter does with a line."""

    kind: Literal["chat", "command", "error", "empty"]
    text: str = ""
    """For chat what is said; otherwise the line without the blanks around it."""
    spec: CommandSpec | None = None
    """The command; for an error the one that was meant, where that is known. Always None for chat."""
    args: dict[str, Any] = field(default_factory=dict)
    """For a command, all its arguments and flags."""
    instead: CommandSpec | None = None
    """For chat, the command whose name it begins with and whose arguments it does not fit."""
    message: str = ""
    """For an error, the one line that says what is wrong and what would be right."""

    @property
    def needs_model(self) -> bool:
        """Whether a model must be loaded to carry it out."""
        return self.spec is None or self.spec.needs_model


def command_in(line: str) -> CommandSpec | None:
    """The command that ``line`` carries out; None for chat, and for a command with bad arguments."""
    intent = parse(line)
    return intent.spec if intent.kind == "command" else None


def parse(line: str) -> Intent:
    """What ``line`` means. Takes any text, and never raises."""
    text = line.strip()
    if not text:
        return Intent("empty")
    if text.startswith("\\"):
        return Intent("chat", text[1:].strip() or text)
    slash = text.startswith("/")
    body = text[1:].lstrip() if slash else text
    named = _named(body)
    if named is None:
        return Intent("error", text, message=_unknown(body)) if slash else Intent("chat", text)
    command, rest = named
    if not slash and "\n" in text and not command.multiline:
        return Intent("chat", text)
    try:
        return Intent("command", text, command, fit(command, rest, careful=not slash))
    except Misfit as misfit:
        if slash or not rest.strip():
            return Intent("error", text, command, message=f"{misfit} Usage: {command.usage}")
        return Intent("chat", text, instead=command)


def hint(line: str) -> str:
    """What Enter would do with ``line``, in a few words to show while typing; empty for an empty line."""
    intent = parse(line)
    match intent.kind:
        case "empty":
            return ""
        case "command" if intent.spec is not None:
            return f"Enter runs {intent.spec.name}: {intent.spec.summary}"
        case "error":
            begun = [] if intent.spec else _beginning_with(line.strip().removeprefix("/").lstrip())
            return f"Commands: {', '.join(begun)}" if begun else intent.message
        case _ if intent.instead is not None:
            return f"Enter says it; the command would be {intent.instead.usage}"
        case _:
            return "Enter says it"


def _named(body: str) -> tuple[CommandSpec, str] | None:
    """The command with the longest name that ``body`` begins with, and what stands behind the name."""
    words = list(islice(_WORD.finditer(body), LONGEST_NAME))
    for count in range(len(words), 0, -1):
        command = find(" ".join(word.group() for word in words[:count]))
        if command is not None and not words[0].group().startswith("/"):
            return command, body[words[count - 1].end() :]
    return None


def _unknown(body: str) -> str:
    words = body[:200].split()
    if not words:
        return "A command's name goes behind the slash; /help lists them."
    under = _beginning_with(f"{words[0]} ")
    if under:
        return f"/{words[0].casefold()} needs a word more: {', '.join(f'/{name}' for name in under)}."
    if _is_setting(setting := words[0].casefold()):
        return f"{setting} is a setting: /config {setting} shows it, /config {setting} VALUE changes it."
    near = closest(body)
    return f"There is no command /{excerpt(words[0], 40)}; " + (
        f"did you mean /{near}?" if near else "/help lists them all."
    )


def _is_setting(word: str) -> bool:
    from engine.config import keys  # here: it brings pydantic, which few lines need

    return word in {known.name for known in keys()}


def _beginning_with(start: str) -> list[str]:
    wanted = start.casefold()
    return [command.name for command in COMMANDS if command.name.startswith(wanted)]
