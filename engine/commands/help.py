"""The help texts, drawn from what each command says of itself."""

from __future__ import annotations

from collections.abc import Sequence

from .spec import CommandSpec

_COLUMN = 26
"""Where the summaries begin: that leaves them room in a narrow window."""


def overview(commands: Sequence[CommandSpec]) -> str:
    """All commands by area, one line each, or two where the usage reaches into the summaries' column."""
    lines = []
    for area in dict.fromkeys(command.area for command in commands):
        lines.append(f"--- {area.capitalize()} ---")
        for one in commands:
            if one.area == area and len(one.usage) > _COLUMN - 2:
                lines += [one.usage, f"{'':{_COLUMN}}{one.summary}"]
            elif one.area == area:
                lines.append(f"{one.usage:{_COLUMN}}{one.summary}")
    lines.append("Anything else you type is said to the lifeform. help COMMAND explains one.")
    return "\n".join(lines)


def explained(command: CommandSpec) -> str:
    """All that is known about one command, in lines."""
    lines = [command.usage, f"  {command.summary}"]
    if command.help:
        lines.append(f"  {command.help}")
    about = [(one.usage, one.help) for one in command.arguments] + [(one.usage, one.help) for one in command.flags]
    lines += [f"  {usage}  {text}" for usage, text in about if text]
    if command.aliases:
        lines.append(f"  Also: {', '.join(command.aliases)}")
    lines += [f"  Example: {example}" for example in command.examples]
    return "\n".join(lines)
