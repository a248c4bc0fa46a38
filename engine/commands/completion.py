"""How a line that is being typed could go on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from .registry import COMMANDS, LONGEST_NAME, find
from .spec import Argument, CommandSpec

_MOST = 100


@dataclass(frozen=True, slots=True)
class Completion:
    """One way to go on."""

    text: str
    """The whole line as it would be then."""
    summary: str
    """One line about it."""


def complete(line: str) -> list[Completion]:
    """How ``line``, typed so far, could go on, likeliest first. Takes any text, and never raises.

    Behind a slash everything is offered; without one, only what continues a word already begun.
    """
    typed = line.lstrip()
    slash = typed.startswith("/")
    body = typed[1:] if slash else typed
    if "\n" in typed or not typed or len(typed) > 1000:
        return []
    found = [*_names(body, "/" if slash else ""), *_arguments(typed, body)]
    return [one for one in islice(found, _MOST) if one.text != typed]


def _names(body: str, prefix: str) -> Iterator[Completion]:
    wanted = " ".join(body.casefold().split()) + (" " if body[-1:].isspace() else "")
    for command in COMMANDS:
        for name in (command.name, *command.aliases):
            # Aliases only once they are begun: nobody needs `quit` and `exit` in one list.
            if name.startswith(wanted) and (wanted or name == command.name):
                yield Completion(prefix + name, command.summary)


def _arguments(typed: str, body: str) -> Iterator[Completion]:
    words = body.split()
    if body[-1:].isspace() or not words:
        words.append("")
    partial = words.pop()
    for count in range(min(LONGEST_NAME, len(words)), 0, -1):
        command = find(" ".join(words[:count]))
        if command is None:
            continue
        before = typed[: len(typed) - len(partial)]
        for text, summary in _offers(command, words[count:], partial):
            yield Completion(before + text, summary)
        return


def _offers(command: CommandSpec, given: list[str], partial: str) -> Iterator[tuple[str, str]]:
    """What may stand in the place of ``partial``, behind the words ``given``, with a line about each."""
    if partial.startswith("--"):
        yield from ((f"--{flag.name}", flag.help) for flag in command.flags if f"--{flag.name}".startswith(partial))
        return
    if command.arguments and command.arguments[0].kind == "command":
        start = " ".join((*given, partial)).casefold()
        skipped = len(start) - len(partial)
        yield from ((one.name[skipped:], one.summary) for one in COMMANDS if one.name.startswith(start))
    elif len(given) < len(command.arguments):
        yield from _choices(command.arguments[len(given)], given, partial)


def _choices(argument: Argument, given: list[str], partial: str) -> Iterator[tuple[str, str]]:
    start = partial.casefold()
    match argument.kind:
        case "key":
            yield from _keys(start)
        case "value":
            yield from _values(given[0], start)
        case "style":
            yield from _styles(start)
        case _:
            yield from ((word, argument.help) for word in argument.choices if word.startswith(start))


def _keys(start: str) -> Iterator[tuple[str, str]]:
    from engine.config import SECTIONS, keys  # here: it brings pydantic, which few lines need

    for name in SECTIONS:
        if start and name.startswith(start):
            yield name, "all keys of this section"
    known = list(keys())
    yield from ((key.name, key.help) for key in known if key.name.startswith(start))
    yield from ((key.name, key.help) for key in known if start in key.name and not key.name.startswith(start))
    yield from ((key.dotted, key.help) for key in known if "." in start and key.dotted.startswith(start))


def _values(key: str, start: str) -> Iterator[tuple[str, str]]:
    from engine.config import ConfigError, spec

    try:
        known = spec(key)
    except ConfigError:
        return
    words = ("true", "false") if known.kind == "switch" else known.choices
    if known.nullable:
        words = (*words, "null")
    yield from ((word, known.help) for word in words if word.startswith(start))


def _styles(start: str) -> Iterator[tuple[str, str]]:
    from engine.speech.styles import shipped_styles  # here: it reads a file

    yield from ((one.name, one.about) for one in shipped_styles() if one.name.startswith(start))
